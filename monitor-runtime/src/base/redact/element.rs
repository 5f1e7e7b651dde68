//! Finds values in XML elements whose names tell a secret: `<password>abc</password>`,
//! `<wsse:Password Type="…">abc</wsse:Password>`.

use std::ops::Range;

use super::is_secret;

/// The longest tag that is examined, in bytes.
const MAX_TAG_BYTES: usize = 256;

const CDATA: &[u8] = b"<![CDATA[";

/// Finds the contents of elements with a secret name.
pub(super) fn find(text: &str, ranges: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| *byte == b'>') {
        let at = from + at;
        let value = opens(text, at).then(|| content(bytes, at + 1)).flatten();
        from = value.as_ref().map_or(at + 1, |value| value.end.max(at + 1));
        ranges.extend(value.filter(|value| !value.is_empty()));
    }
}

/// Returns `true` if the tag that ends at `at` opens an element with a secret name.
fn opens(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes();
    let tag = bytes[..at].iter().rev().take(MAX_TAG_BYTES);
    let Some(length) = tag.clone().position(|byte| b"<>".contains(byte)) else {
        return false;
    };
    let open = at - length - 1;
    // `Box<Secret>` is a Rust type, and `<password/>` has no value.
    let before = open.checked_sub(1).map(|before| bytes[before]);
    let is_type = before.is_some_and(|before| before.is_ascii_alphanumeric() || before == b':');
    if bytes[open] != b'<' || is_type || bytes[at - 1] == b'/' {
        return false;
    }
    let tag = &text[open + 1..at];
    let name = tag
        .split(|c: char| c.is_ascii_whitespace() || c == '\\')
        .next();
    let name = name.and_then(|name| name.rsplit(':').next());
    name.is_some_and(|name| !name.contains('/') && is_secret(name))
}

/// Returns the text from `start` to the next tag, or the content of a `<![CDATA[…]]>`.
fn content(text: &[u8], start: usize) -> Option<Range<usize>> {
    let rest = &text[start..];
    let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace());
    let blank = blank.count();
    if rest[blank..].starts_with(CDATA) {
        let start = start + blank + CDATA.len();
        let length = text[start..].windows(3).position(|end| end == b"]]>");
        return Some(start..length.map_or(text.len(), |length| start + length));
    }
    match rest.iter().position(|byte| *byte == b'<') {
        Some(length) => Some(start..start + length),
        // It was cut, or is a placeholder in a sentence: `usage: login <password> [<page>]`.
        None if rest.iter().any(u8::is_ascii_whitespace) => None,
        None => Some(start..text.len()),
    }
}
