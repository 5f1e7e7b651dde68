//! Parts of a text that several searches look at: quotes, the end of a value, a word.

/// The most bytes that a search reads for a name, so that its time is bounded.
pub(super) const MAX_NAME_BYTES: usize = 64;

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

/// Returns the word that ends at `end`.
pub(super) fn word_before(text: &[u8], end: usize) -> &str {
    let in_word = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    let before = text[..end].iter().rev().take(MAX_NAME_BYTES);
    let length = before.take_while(in_word).count();
    str::from_utf8(&text[end - length..end]).unwrap_or_default()
}
