//! Removes secrets, headers, bodies and backtraces from the text of an error.

use crate::base::redact::without_secrets;

/// Removes everything from an error's text that must not be logged or sent.
pub(super) fn cleaned(mut text: String) -> String {
    cut_backtrace(&mut text);
    cut_messages(&mut text);
    without_secrets(text)
}

/// Titles of backtraces: anyhow's and eyre's, color-eyre's.
const TITLES: [&str; 2] = ["Stack backtrace:", "━ BACKTRACE ━"];
/// The beginning of a backtrace of the standard library in a `Debug` text.
const LISTED: &str = "Backtrace [";

/// Cuts a backtrace, which is several kilobytes long.
fn cut_backtrace(text: &mut String) {
    if let Some(at) = first(text, &TITLES) {
        let before = text[..at].trim_end_matches(['━', ' ', '\n']).len();
        end_at(text, before, "");
    }
    if let Some(at) = first(text, &[LISTED]) {
        end_at(text, at + LISTED.len(), "..");
    }
}

/// Fields of requests and responses from which on their text is cut.
const HEADERS: [&str; 3] = ["headers: {", "metadata: {", "trailers: {"];

/// Cuts the `Debug` text of a request or a response from its headers on: `Response { status: 500,
/// version: HTTP/1.1, .. }`.
///
/// Everything behind is cut, too, because a header's value may look like the end of the response.
fn cut_messages(text: &mut String) {
    if let Some(at) = first(text, &HEADERS) {
        end_at(text, at, "..");
    }
}

fn first(text: &str, marks: &[&str]) -> Option<usize> {
    marks.iter().filter_map(|mark| text.find(mark)).min()
}

/// Ends a text at `at`, and closes the open brackets.
fn end_at(text: &mut String, at: usize, rest: &str) {
    text.truncate(at);
    let (mut open, mut quoted) = (Vec::new(), false);
    for letter in text.chars() {
        match letter {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' => open.push(")"),
            '[' => open.push("]"),
            '{' => open.push(" }"),
            ')' | ']' | '}' => drop(open.pop()),
            _ => {}
        }
    }
    text.push_str(rest);
    text.push_str(if quoted { "\"" } else { "" });
    open.iter().rev().for_each(|close| text.push_str(close));
}

#[cfg(test)]
mod tests {
    use http::header::{AUTHORIZATION, SET_COOKIE};

    use super::*;

    fn response() -> http::Response<&'static str> {
        http::Response::builder()
            .status(500)
            .header(SET_COOKIE, "session=s3cr3t\"}\\")
            .header(AUTHORIZATION, "Bearer s3cr3t")
            .body("s3cr3t")
            .expect("a response")
    }

    #[derive(Debug)]
    #[expect(dead_code, reason = "shown by `Debug`")]
    enum Holder {
        Response(http::Response<&'static str>),
        Parts {
            parts: http::response::Parts,
            after: u8,
        },
    }

    #[test]
    fn a_response_shows_its_status_wherever_it_is_held() {
        let parts = response().into_parts().0;
        let texts = [
            format!("{:?}", response()),
            format!("{:#?}", response()),
            format!("{:?}", Holder::Response(response())),
            format!("{:#?}", Holder::Response(response())),
            format!("{:?}", Holder::Parts { parts, after: 7 }),
            format!("upstream: {:?}", format!("{:?}", response())),
            format!("{:?}, {:?}", response(), response()),
        ];
        for text in texts {
            let shown = cleaned(text.clone());
            assert!(!shown.contains("s3cr3t"), "{shown}");
            assert!(shown.contains("status: 500"), "{shown}");
        }
        let held = cleaned(format!("{:?}", Holder::Response(response())));
        assert_eq!(
            held,
            "Response(Response { status: 500, version: HTTP/1.1, .. })"
        );
    }

    #[test]
    fn a_backtrace_is_cut() {
        let cases = [
            (
                "it failed!\n\nStack backtrace:\n   0: a\n   1: b",
                "it failed!",
            ),
            (
                "AppError(it failed!\n\nStack backtrace:\n   0: a)",
                "AppError(it failed!)",
            ),
            (
                "A { error: it failed!\n\nCaused by:\n    b\n\nStack backtrace:\n   0: a }",
                "A { error: it failed!\n\nCaused by:\n    b }",
            ),
            ("  0: no\n\n ━━━━ BACKTRACE ━━━━\n  1: a", "  0: no"),
            (
                "A { trace: Backtrace [{ fn: \"a]\" }, { fn: \"b\" }], id: 7 }",
                "A { trace: Backtrace [..] }",
            ),
            ("Stack backtrace:", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(cleaned(text.to_owned()), expected);
        }
    }
}
