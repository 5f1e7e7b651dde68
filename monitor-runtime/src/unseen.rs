//! Characters that show nothing and change how what is around them is shown.
//!
//! Control characters move a terminal's cursor or begin its commands; line separators begin lines that
//! look like somebody else's; bidirectional controls have text read in another order than it stands
//! (<https://trojansource.codes>). None of them gets through to whoever reads a log or an answer.

use std::borrow::Cow;
use std::fmt::Write;

pub(crate) fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{2069}'
        )
}

/// Whether a text has none: mostly told by a look at bytes, since few texts are not ASCII.
fn is_seen(text: &str, but: impl Fn(char) -> bool) -> bool {
    let plain = |byte: u8| (0x20..0x7f).contains(&byte);
    text.bytes().all(plain) || !text.chars().any(|c| is_unseen(c) && !but(c))
}

/// Plain text with each of them spelled out, such as `\u{1b}`; lines stay lines.
pub(crate) fn spelled_out(text: &str) -> Cow<'_, str> {
    let kept = |c| c == '\n' || c == '\t';
    if is_seen(text, kept) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_unseen(c) && !kept(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// JSON that means the same and has none of them; those of ASCII can stand between its tokens only.
pub(crate) fn in_json(json: &str) -> Cow<'_, str> {
    let kept = |c: char| c.is_ascii() && c != '\u{7f}';
    if is_seen(json, kept) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if is_unseen(c) && !kept(c) {
            // All of them are one unit of UTF-16.
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_nothing_is_spelled_out_and_all_else_stays() {
        for text in ["", "plain\tand\nlines", "größe 😀 مرحبا 日本"] {
            assert!(matches!(spelled_out(text), Cow::Borrowed(same) if same == text));
            assert!(matches!(in_json(text), Cow::Borrowed(same) if same == text));
        }
        let text = "a\u{1b}[31m\r\u{9b}2J\u{7f}\u{202e}b\u{2028}\u{0}";
        assert_eq!(
            spelled_out(text),
            r"a\u{1b}[31m\u{d}\u{9b}2J\u{7f}\u{202e}b\u{2028}\u{0}"
        );
        let json = serde_json::to_string(text).expect("a string");
        let safe = in_json(&json);
        assert!(!safe.chars().any(is_unseen), "{safe}");
        assert_eq!(serde_json::from_str::<String>(&safe).expect("JSON"), text);
    }
}
