//! Finds and replaces secrets in running text: logins of URLs, values behind secret names,
//! credentials behind their scheme.
//!
//! Each search reads the text once and reports ranges of bytes. All ranges are joined and replaced
//! in one go, so that no search depends on the output of another.
//!
//! A range that is too long costs a few words of a message; a range that is too short shows a
//! secret. So a text that can be read either way is read as a secret.

use std::ops::Range;

use super::{HIDDEN, apart, element, login, pair, scheme, sql, words};

/// Finds secrets in a text, and returns it without them; `None` if there is nothing to hide.
pub(crate) fn hidden(text: &str) -> Option<String> {
    if !may_hold_a_secret(text.as_bytes()) {
        return None;
    }
    let mut ranges = Vec::new();
    login::find(text, &mut ranges);
    pair::find(text, &mut ranges);
    element::find(text, &mut ranges);
    scheme::find(text, &mut ranges);
    words::find(text, &mut ranges);
    apart::find(text, &mut ranges);
    sql::find(text, &mut ranges);
    if ranges.is_empty() {
        return None;
    }
    for range in &mut ranges {
        // A search that looks back so many bytes may stop inside a character.
        while !text.is_char_boundary(range.start) {
            range.start -= 1;
        }
        while !text.is_char_boundary(range.end) {
            range.end += 1;
        }
    }
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let mut ranges = ranges.into_iter().peekable();
    while let Some(Range { start, mut end }) = ranges.next() {
        while let Some(next) = ranges.next_if(|next| next.start <= end) {
            end = end.max(next.end);
        }
        out.push_str(&text[at..start]);
        out.push_str(HIDDEN);
        at = end;
    }
    out.push_str(&text[at..]);
    Some(out)
}

/// Hides the secrets of a text.
pub(crate) fn without_secrets(text: String) -> String {
    hidden(&text).unwrap_or(text)
}

/// Returns `true` if one of the searches could find something. Most texts contain none of their
/// marks.
///
/// It runs for every text of every line. So it reads the text once, and looks closer only at a
/// space whose neighbour belongs to a mark.
pub(crate) fn may_hold_a_secret(text: &[u8]) -> bool {
    words::is_option(text)
        || text.iter().enumerate().any(|(at, byte)| match byte {
            b':' | b'=' | b'@' | b'<' | b'(' => true,
            b'-' => text.get(at + 1) == Some(&b'>'),
            b'[' => text.get(at + 1) == Some(&b'['),
            b' ' => is_mark(text, at),
            _ => false,
        })
}

/// Returns `true` if the space at `at` is one behind `Bearer`, `password is`, `PASSWORD` or `AUTH`, or before
/// `--password` or ` KEY-----`.
fn is_mark(text: &[u8], at: usize) -> bool {
    let behind = &text[at + 1..];
    let before = match text[..at].last() {
        Some(b'r' | b'R' | b'c' | b'C') => scheme::is_before(text, at),
        Some(b's' | b'e' | b'w') if words::is_told(text, at) => true,
        // Letters that names of secrets and commands end with.
        Some(
            b'd' | b'D' | b'e' | b'E' | b'h' | b'H' | b'n' | b'N' | b's' | b'S' | b't' | b'T'
            | b'y' | b'Y' | b'2',
        ) => words::may_be_said(text, at),
        _ => false,
    };
    before
        || match behind.first() {
            Some(b'K') => scheme::ends_label(text, at),
            Some(b'-' | b'[' | b'"' | b'\'' | b'\\') => {
                words::is_option(behind) || words::may_be_said(text, at)
            }
            _ => false,
        }
}

/// Returns the end of the unquoted value that begins at `start`, without the punctuation of the
/// sentence around it.
///
/// `&` and `;` end a value where another pair follows, as in queries and connection strings; a
/// quote does where it ends the text around the value.
pub(super) fn end_of_value(text: &[u8], start: usize) -> usize {
    let rest = &text[start..];
    let ends = |at: &usize| {
        let behind = &rest[at + 1..];
        match rest[*at] {
            b'&' | b';' => is_pair(behind),
            b'"' => behind.first().is_none_or(is_behind_quote),
            byte => byte.is_ascii_whitespace() || byte.is_ascii_control(),
        }
    };
    let length = (0..rest.len()).find(ends).unwrap_or(rest.len());
    let punctuation = |byte: &u8| b")]}>,.:'`\\".contains(byte);
    let last = rest[..length].iter().rposition(|byte| !punctuation(byte));
    start + last.map_or(0, |last| last + 1)
}

/// Returns `true` if a text begins with `name=`, or ends after the name.
fn is_pair(text: &[u8]) -> bool {
    const MAX_BYTES: usize = 40;
    let in_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-. ".contains(*byte);
    let name = text.iter().take(MAX_BYTES).take_while(in_name).count();
    text.first().is_none_or(u8::is_ascii_whitespace) || text.get(name) == Some(&b'=')
}

/// The most backslashes before a quote, for texts nested in texts.
pub(super) const MAX_ESCAPES: usize = 15;

/// Returns the end of the text before the quote that ends at `end`, and before its backslashes.
/// Returns `end` if no quote ends there.
pub(super) fn before_quote(text: &[u8], end: usize) -> usize {
    match text[..end].split_last() {
        Some((last, before)) if is_quote(last) => {
            let escapes = before.iter().rev().take(MAX_ESCAPES);
            before.len() - escapes.take_while(|byte| **byte == b'\\').count()
        }
        _ => end,
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "iterators hand it a reference"
)]
pub(super) fn is_quote(byte: &u8) -> bool {
    b"\"'`".contains(byte)
}

/// Returns `true` for a byte that may stand behind a quote that ends a text.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "iterators hand it a reference"
)]
pub(super) fn is_behind_quote(byte: &u8) -> bool {
    byte.is_ascii_whitespace() || b",;:.)]}>\\".contains(byte)
}

/// Returns `true` for an ordinary word or the name of an error: `missing`, `EOF`,
/// `InvalidSignature`. A word with digits, other characters or letters of mixed case may be a
/// credential.
pub(super) fn is_prose(word: &str) -> bool {
    const MAX_BYTES: usize = 24;
    let bytes = word.as_bytes();
    let is_camel_case = || {
        // Each capital begins a word of its own.
        let mut pairs = bytes.windows(2);
        pairs.all(|pair| !pair[0].is_ascii_uppercase() || pair[1].is_ascii_lowercase())
            && bytes.last().is_some_and(u8::is_ascii_lowercase)
    };
    bytes.len() <= MAX_BYTES
        && bytes.iter().all(u8::is_ascii_alphabetic)
        && (bytes.iter().all(u8::is_ascii_uppercase) || is_camel_case())
}
