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
