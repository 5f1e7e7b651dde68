//! Writes values as JSON (RFC 8259), in the form of `serde_json`, and with invisible characters
//! escaped.

use std::error::Error;
use std::fmt::{self, Write};

use serde::Serialize;

use super::error_chain::sources;
use crate::base::escape::is_unseen;
use crate::base::fields::clashes;
use crate::base::redact::{HIDDEN, hidden, is_secret_field, may_hold_a_secret};
use crate::base::unwind::caught;

/// Bytes of a `Debug` or `Display` text, which may never end. Longer texts are cut.
pub(super) const MAX_SHOWN: usize = 256 * 1024;

/// Writes a number, a `bool` or bytes. A float that JSON has no number for becomes `null`.
pub(super) fn push_value(out: &mut Vec<u8>, value: impl Serialize) {
    // Writing to a `Vec` cannot fail, and none of these values can fail to serialize.
    let _ = serde_json::to_writer(out, &value);
}

/// Writes a string in quotes.
pub(super) fn push_str(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    push_escaped(out, text.as_bytes());
    out.push(b'"');
}

/// Writes `"name":`.
pub(super) fn push_name(out: &mut Vec<u8>, name: &str) {
    push_str(out, name);
    out.push(b':');
}

/// Writes `"name":` of a field of a span, whose own name has the key `name`.
pub(super) fn push_name_in_span(out: &mut Vec<u8>, name: &str) {
    push_name(out, name);
    if clashes(name, "name") {
        out.truncate(out.len() - 2);
        out.extend_from_slice(b"_\":");
    }
}

/// Writes the value of a field without the secrets in it; `value` writes the value itself.
#[inline]
pub(super) fn push_safely(out: &mut Vec<u8>, name: &'static str, value: impl FnOnce(&mut Vec<u8>)) {
    if is_secret_field(name) {
        return push_str(out, HIDDEN);
    }
    let start = out.len();
    value(out);
    if let Some(text) = hidden_in(&out[start..]) {
        out.truncate(start);
        push_str(out, &text);
    }
}

/// Returns the text of a string in quotes without its secrets; `None` if it has none.
fn hidden_in(json: &[u8]) -> Option<String> {
    if !may_hold_a_secret(json) {
        return None;
    }
    // Most strings contain no escape, and equal the text they stand for.
    let inside = json
        .strip_prefix(b"\"")
        .and_then(|json| json.strip_suffix(b"\""))?;
    if inside.contains(&b'\\') {
        hidden(&serde_json::from_slice::<String>(json).ok()?)
    } else {
        hidden(str::from_utf8(inside).ok()?)
    }
}

/// Writes text of user code as a string in quotes. Its formatting may panic, return an error, or
/// never end.
pub(super) fn push_shown(out: &mut Vec<u8>, value: fmt::Arguments<'_>) {
    out.push(b'"');
    let mut shown = Shown {
        room: MAX_SHOWN,
        out: &mut *out,
    };
    // An error means that the bound was reached or that the user's code failed. In both cases the
    // text so far stays.
    if caught(|| shown.write_fmt(value)).is_none() {
        out.extend_from_slice(b"<panicked while formatting>");
    }
    out.push(b'"');
}

/// Writes the field of an error, and another with the texts of its sources if it has any.
pub(super) fn push_error(out: &mut Vec<u8>, name: &'static str, error: &(dyn Error + 'static)) {
    push_safely(out, name, |out| push_shown(out, format_args!("{error}")));
    if is_secret_field(name) {
        return;
    }
    let sources = sources(error);
    if !sources.is_empty() {
        out.push(b',');
        push_name(out, &format!("{name}.sources"));
        for (at, text) in sources.iter().enumerate() {
            out.push(if at == 0 { b'[' } else { b',' });
            push_str(out, text);
        }
        out.push(b']');
    }
}

/// Escapes the text that is written through it, up to a bound.
struct Shown<'a> {
    room: usize,
    out: &'a mut Vec<u8>,
}

impl Write for Shown<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.len() <= self.room {
            self.room -= text.len();
            push_escaped(self.out, text.as_bytes());
            return Ok(());
        }
        let mut ends = (0..=self.room).rev();
        let end = ends.find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        push_escaped(self.out, &text.as_bytes()[..end]);
        if self.room > 0 {
            self.out.extend_from_slice("…".as_bytes());
        }
        self.room = 0;
        Err(fmt::Error)
    }
}

/// Writes the content of a string, without quotes; `text` is UTF-8.
fn push_escaped(out: &mut Vec<u8>, text: &[u8]) {
    if is_plain(text) {
        out.extend_from_slice(text);
        return;
    }
    let mut rest = text;
    while let Some(at) = rest.iter().position(|&byte| needs_escape(byte)) {
        out.extend_from_slice(&rest[..at]);
        rest = push_special(out, &rest[at..]);
    }
    out.extend_from_slice(rest);
}

/// Writes the first character, escaped if necessary, and returns the text behind it.
fn push_special<'t>(out: &mut Vec<u8>, text: &'t [u8]) -> &'t [u8] {
    if text[0] < 0x7f {
        push_escape(out, text[0]);
        return &text[1..];
    }
    let length = match text[0] {
        0x7f => 1,
        0x80..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    };
    let (first, rest) = text.split_at(length.min(text.len()));
    match str::from_utf8(first).ok().and_then(|c| c.chars().next()) {
        Some(c) if is_unseen(c) => {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = std::io::Write::write_fmt(out, format_args!("\\u{unit:04x}"));
            }
        }
        _ => out.extend_from_slice(first),
    }
    rest
}

/// Returns `true` for a byte that a JSON string cannot hold as it is (RFC 8259, section 7), or that
/// may begin a character to escape.
const fn needs_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\' || byte >= 0x7f
}

/// Returns `true` if no byte of the text needs an escape, as is common. Tests eight bytes at a
/// time.
fn is_plain(text: &[u8]) -> bool {
    let Some(last) = text.last_chunk() else {
        return !text.iter().any(|&byte| needs_escape(byte));
    };
    // The last chunk overlaps the one before, so that no rest remains.
    let (chunks, _) = text.as_chunks();
    chunks.iter().all(|chunk| is_plain_chunk(*chunk)) && is_plain_chunk(*last)
}

/// Returns `true` if none of eight bytes needs an escape. Uses the bit tricks "has a byte less than
/// n" and "has a zero byte" of Sean Anderson's list:
/// <https://graphics.stanford.edu/~seander/bithacks.html#HasLessInWord>.
const fn is_plain_chunk(chunk: [u8; 8]) -> bool {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let bytes = u64::from_le_bytes(chunk);
    let quote = bytes ^ (ONES * b'"' as u64);
    let backslash = bytes ^ (ONES * b'\\' as u64);
    let control = bytes.wrapping_sub(ONES * 0x20) & !bytes;
    let quote = quote.wrapping_sub(ONES) & !quote;
    let backslash = backslash.wrapping_sub(ONES) & !backslash;
    let delete = bytes ^ (ONES * 0x7f);
    let delete = delete.wrapping_sub(ONES) & !delete;
    (control | quote | backslash | delete | bytes) & HIGH == 0
}

fn push_escape(out: &mut Vec<u8>, byte: u8) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x0c => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => {
            out.extend_from_slice(br"\u00");
            out.push(HEX[usize::from(byte >> 4)]);
            out.push(HEX[usize::from(byte & 0xf)]);
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn strings_are_what_serde_json_makes_of_them() {
        let all: String = (0..0x250).filter_map(char::from_u32).collect();
        let mixed = "plain, \"quoted\" \\ and \u{1b}[31mred\u{1b}[0m \u{2028} 😀";
        for text in ["", "plain", &all, mixed] {
            let expected = serde_json::to_string(text).expect("a string");
            let expected = crate::base::escape::in_json(&expected).into_owned();
            assert_eq!(written(|out| push_str(out, text)), expected);
            assert_eq!(
                written(|out| push_shown(out, format_args!("{text}"))),
                expected
            );
        }
    }

    #[test]
    fn a_special_byte_is_found_wherever_it_stands() {
        for byte in 0..=255 {
            for (length, at) in (0..20).flat_map(|length| (0..length).map(move |at| (length, at))) {
                let mut text = vec![b'a'; length];
                text[at] = byte;
                assert_eq!(is_plain(&text), !needs_escape(byte), "{text:?}");
            }
        }
    }

    #[test]
    fn numbers_are_what_serde_json_makes_of_them() {
        for value in [0.0, -0.0, 1.5, 1e300, 5e-324, f64::NAN, f64::INFINITY] {
            let expected = serde_json::to_string(&value).expect("a number");
            assert_eq!(written(|out| push_value(out, value)), expected);
        }
        assert_eq!(
            written(|out| push_value(out, i64::MIN)),
            i64::MIN.to_string()
        );
    }

    struct Endless;
    impl fmt::Display for Endless {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            loop {
                f.write_str("é\"")?;
            }
        }
    }

    /// Goes on writing where it was told to stop.
    struct Deaf;
    impl fmt::Display for Deaf {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            for _ in 0..MAX_SHOWN {
                let _ = f.write_str("ten bytes ");
            }
            Ok(())
        }
    }

    #[test]
    fn text_without_end_is_cut() {
        for text in [
            written(|out| push_shown(out, format_args!("{Endless}"))),
            written(|out| push_shown(out, format_args!("{Deaf}"))),
        ] {
            let value: String = serde_json::from_str(&text).expect("JSON");
            assert!(value.ends_with('…'), "it says that there was more");
            assert_eq!(value.matches('…').count(), 1);
            assert!(value.len() <= MAX_SHOWN + '…'.len_utf8());
        }
    }

    struct Panics;
    impl fmt::Debug for Panics {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("begun")?;
            panic!("Debug is broken")
        }
    }

    struct Refuses;
    impl fmt::Debug for Refuses {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("begun")?;
            Err(fmt::Error)
        }
    }

    #[test]
    fn text_that_panics_or_refuses_leaves_what_there_is() {
        let panicked = written(|out| push_shown(out, format_args!("{Panics:?}")));
        assert_eq!(panicked, r#""begun<panicked while formatting>""#);
        let refused = written(|out| push_shown(out, format_args!("{Refuses:?}")));
        assert_eq!(refused, r#""begun""#);
    }
}
