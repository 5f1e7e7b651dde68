//! Finds credentials behind the name of their scheme, as in an `Authorization` header (RFC 9110,
//! section 11.4), and private keys behind their label (RFC 7468).

use std::ops::Range;

use super::text::{end_of_value, is_prose};

/// Schemes whose credentials are one word.
const SCHEMES: [&str; 2] = ["bearer", "basic"];

/// Returns `true` for a scheme of a header's value: the text behind it still belongs to the value.
pub(super) fn is_scheme(word: &str) -> bool {
    let more = ["digest", "negotiate", "token", "apikey", "hmac"];
    let mut all = SCHEMES.iter().chain(&more);
    all.any(|scheme| word.eq_ignore_ascii_case(scheme))
}

/// The end of the label of a private key: `-----BEGIN RSA PRIVATE KEY-----`.
const PRIVATE_KEY: &str = " KEY-----";

/// Returns `true` if the space at `at` is the one in the label of a key.
pub(super) fn ends_label(text: &[u8], at: usize) -> bool {
    text[at..].starts_with(PRIVATE_KEY.as_bytes())
}

/// Finds private keys, and the words behind `Bearer` and `Basic`, anywhere in a text.
pub(super) fn find(text: &str, ranges: &mut Vec<Range<usize>>) {
    find_keys(text, ranges);
    let bytes = text.as_bytes();
    for at in spaces(bytes).filter(|at| is_before(bytes, *at)) {
        let spaces = bytes[at..].iter().take_while(|byte| **byte == b' ');
        let start = at + spaces.count();
        let end = end_of_value(bytes, start);
        let word = &text[start..end];
        // `token_type=bearer page=2`; a token has `=` at its end only.
        let is_pair = word.trim_end_matches('=').contains('=');
        if start < end && !is_prose(word) && !is_pair && !word.starts_with(['[', '{', '(']) {
            ranges.push(start..end);
        }
    }
}

/// Finds private keys from their label on. A key that was cut ends with the text.
fn find_keys(text: &str, ranges: &mut Vec<Range<usize>>) {
    let mut from = 0;
    while let Some(at) = text[from..].find(PRIVATE_KEY) {
        let label = from + at;
        from = label + PRIVATE_KEY.len();
        let line = text[..label]
            .rfind("-----")
            .map(|start| &text[start..label]);
        if line.is_some_and(|line| line.starts_with("-----BEGIN") && line.ends_with("PRIVATE")) {
            let end = text[from..]
                .find("-----END")
                .map_or(text.len(), |end| from + end);
            ranges.push(from..end);
            from = end;
        }
    }
}

fn spaces(text: &[u8]) -> impl Iterator<Item = usize> {
    let places = text.iter().enumerate();
    places.filter(|(_, byte)| **byte == b' ').map(|(at, _)| at)
}

/// Returns `true` if a scheme ends before the space at `at`.
pub(super) fn is_before(text: &[u8], at: usize) -> bool {
    SCHEMES.iter().any(|scheme| {
        let Some(start) = at.checked_sub(scheme.len()) else {
            return false;
        };
        text[start..at].eq_ignore_ascii_case(scheme.as_bytes())
            && (start == 0 || !text[start - 1].is_ascii_alphanumeric())
    })
}
