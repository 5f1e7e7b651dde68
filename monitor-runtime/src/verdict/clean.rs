//! Takes out of the text of an error: secrets, headers and bodies, backtraces.

use crate::redact::without_secrets;

/// Takes out of an error's text what no log line and no event shows.
pub(super) fn cleaned(mut text: String) -> String {
    cut_backtrace(&mut text);
    cut_messages(&mut text);
    without_secrets(text)
}

/// Titles of backtraces: anyhow's and eyre's, color-eyre's.
const TITLES: [&str; 2] = ["Stack backtrace:", "━ BACKTRACE ━"];
/// A backtrace of the standard library's, by `Debug`.
const LISTED: &str = "Backtrace [";

/// Cuts a backtrace, which is several kilobytes.
fn cut_backtrace(text: &mut String) {
    if let Some(at) = first(text, &TITLES) {
        let before = text[..at].trim_end_matches(['━', ' ', '\n']).len();
        end_at(text, before, "");
    }
    if let Some(at) = first(text, &[LISTED]) {
        end_at(text, at + LISTED.len(), "..");
    }
}

/// Fields of requests and responses behind which nothing is shown of them.
const HEADERS: [&str; 3] = ["headers: {", "metadata: {", "trailers: {"];

/// Cuts what a request or a response shows of itself by `Debug`, from its headers on:
/// `Response { status: 500, version: HTTP/1.1, .. }`.
///
/// All that follows is cut, too: a value of a header may look like its end.
fn cut_messages(text: &mut String) {
    if let Some(at) = first(text, &HEADERS) {
        end_at(text, at, "..");
    }
}

fn first(text: &str, marks: &[&str]) -> Option<usize> {
    marks.iter().filter_map(|mark| text.find(mark)).min()
}

/// Ends a text there, with the brackets closed that are open.
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
