//! Escapes characters that are invisible or that change how the text around them is shown.
//!
//! Control characters move a terminal's cursor or begin its commands. Line separators begin lines
//! that look like those of another event. Bidirectional controls reorder the text that is shown
//! (<https://trojansource.codes>). None of them reaches the reader of a log or an answer.

use std::borrow::Cow;
use std::fmt::Write;

/// Returns `true` for a character that is escaped.
///
/// Control characters are escaped, and Unicode's default-ignorable ones. The joiners U+200C and
/// U+200D are among them: text with a joiner differs from text without, and looks the same in most
/// fonts. So a line shows an emoji of a family, or a word of Persian, in its parts. U+FE0F stays,
/// which only asks for an emoji's colours.
pub(crate) fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{17b4}'
                | '\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{fe00}'..='\u{fe0e}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

/// Returns `true` if a text has none of them. Tests bytes first, because few texts are not ASCII.
fn is_seen(text: &str, but: impl Fn(char) -> bool) -> bool {
    let plain = |byte: u8| (0x20..0x7f).contains(&byte);
    text.bytes().all(plain) || !text.chars().any(|c| is_unseen(c) && !but(c))
}

/// Escapes each of them in plain text, such as `\u{1b}`; lines stay lines.
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

/// Escapes each of them in JSON, without a change of meaning. Those of ASCII can only stand between
/// its tokens.
pub(crate) fn in_json(json: &str) -> Cow<'_, str> {
    let kept = |c: char| c.is_ascii() && c != '\u{7f}';
    if is_seen(json, kept) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if is_unseen(c) && !kept(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
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
    fn text_that_is_hidden_from_people_is_spelled_out() {
        let hidden = [
            0xad, 0x180e, 0x200b, 0x200c, 0x200d, 0x2060, 0x2061, 0x2064, 0x3164, 0xfe00, 0xfeff,
            0xfff9, 0xfffb, 0xe0001, 0xe0041, 0xe007f, 0xe0100,
        ];
        for c in hidden.into_iter().filter_map(char::from_u32) {
            let text = format!("a{c}b");
            assert_eq!(spelled_out(&text), format!("a\\u{{{:x}}}b", u32::from(c)));
            let json = serde_json::to_string(&text).expect("a string");
            let safe = in_json(&json);
            assert!(safe.is_ascii(), "{safe}");
            assert_eq!(serde_json::from_str::<String>(&safe).expect("JSON"), text);
        }
    }

    #[test]
    fn what_shows_nothing_is_spelled_out_and_all_else_stays() {
        for text in [
            "",
            "plain\tand\nlines",
            "größe 😀 مرحبا 日本 ❤\u{fe0f} e\u{301}",
        ] {
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
