//! Finds the end of a value by its notation: quotes, brackets, blocks of YAML, headers.

use std::ops::Range;

use super::text::{MAX_ESCAPES, MAX_NAME_BYTES, before_quote, is_quote};

/// Returns the number of blanks that `bytes` begin with.
pub(super) fn spaces(bytes: &[u8]) -> usize {
    let spaces = bytes.iter().take_while(|byte| b" \t".contains(byte));
    spaces.count()
}

/// Returns `true` if a quote begins at `start`, behind its backslashes.
pub(super) fn is_quote_at(text: &[u8], start: usize) -> bool {
    let rest = text[start..].iter().take(MAX_ESCAPES + 1);
    let mut rest = rest.skip_while(|byte| **byte == b'\\');
    rest.next().is_some_and(is_quote)
}

/// Returns the content of a quoted text, which may itself be quoted: `"…"`, `\"…\"`, `b"…"`.
pub(super) fn quoted(bytes: &[u8], start: usize) -> Option<Range<usize>> {
    let prefix = usize::from(bytes[start..].starts_with(b"b\""));
    let rest = &bytes[start + prefix..];
    let escapes = rest
        .iter()
        .take(MAX_ESCAPES)
        .take_while(|byte| **byte == b'\\')
        .count();
    let quote = rest.get(escapes).filter(|byte| is_quote(byte))?;
    let start = start + prefix + escapes + 1;
    let mut backslashes = 0;
    for (at, byte) in bytes[start..].iter().enumerate() {
        if *byte == b'\\' {
            backslashes += 1;
            continue;
        }
        // A quote of the same depth, or of an enclosing text.
        let closes = backslashes < escapes || (backslashes - escapes) % (2 * (escapes + 1)) == 0;
        if byte == quote && closes {
            return Some(start..start + at - escapes.min(backslashes));
        }
        backslashes = 0;
    }
    // It was cut.
    Some(start..bytes.len())
}

/// Returns the end of `[…]`, `{…}` or `(…)`, behind a name as in `Some("abc")`.
pub(super) fn end_of_bracket(bytes: &[u8], start: usize) -> Option<usize> {
    let in_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_:".contains(*byte);
    let name = bytes[start..]
        .iter()
        .take(MAX_NAME_BYTES)
        .take_while(in_name)
        .count();
    let mut open = start + name;
    open += usize::from(name > 0 && bytes[open..].starts_with(b" {"));
    if !matches!(bytes.get(open), Some(b'[' | b'{' | b'(')) {
        return None;
    }
    let (mut depth, mut inside) = (0_usize, None);
    for (at, byte) in bytes.iter().enumerate().skip(open) {
        match (byte, inside) {
            (b'"', None) => inside = Some(b'"'),
            (b'"', Some(_)) if bytes[at - 1] != b'\\' => inside = None,
            (b'[' | b'{' | b'(', None) => depth += 1,
            (b']' | b'}' | b')', None) => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    // It was cut.
    Some(bytes.len())
}

/// Returns the end of a header's value, which is the end of its line.
pub(super) fn end_of_header(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(byte) = bytes.get(at).filter(|byte| !byte.is_ascii_control()) {
        if is_quote(byte) {
            let before = &bytes[start..before_quote(bytes, at + 1).max(start)];
            // `Digest username="ada", response="abc"`
            let inside = bytes[at + 1..].iter().position(|end| end == byte);
            match inside {
                Some(length) if before.ends_with(b"=") => at += 1 + length,
                _ => break,
            }
        }
        at += 1;
    }
    at
}

/// Returns the end of a block of YAML, `password: |` and lines that are indented deeper than this
/// one.
pub(super) fn end_of_block(text: &[u8], separator: usize, start: usize) -> Option<usize> {
    if text[separator] != b':' || !matches!(text.get(start), Some(b'|' | b'>')) {
        return None;
    }
    let marks = text[start + 1..].iter().take(MAX_NAME_BYTES);
    let marks = marks.take_while(|byte| b"+-123456789 \r".contains(byte));
    let mut end = start + 1 + marks.count();
    if text[end..].starts_with(b"\\n") {
        // A quoted text whose line breaks are escaped.
        let length = text[end..].iter().position(|byte| *byte == b'"');
        return Some(length.map_or(text.len(), |length| end + length));
    }
    if text.get(end) != Some(&b'\n') {
        return None;
    }
    let indent = |line: &[u8]| line.iter().take_while(|byte| **byte == b' ').count();
    let line = text[..separator].rsplit(|byte| *byte == b'\n').next()?;
    let depth = indent(line);
    for line in text[end + 1..].split(|byte| *byte == b'\n') {
        if !line.trim_ascii().is_empty() && indent(line) <= depth {
            break;
        }
        end += 1 + line.len();
    }
    Some(end)
}
