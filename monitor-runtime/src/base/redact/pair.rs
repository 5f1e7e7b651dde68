//! Finds values behind secret names: `?token=abc`, `password = 'a b'`, `{"api_key":"abc"}`, `Login
//! { pin: 7 }`, `:password => "abc"`, `name: "DB_PASSWORD", value: "abc"`.

use std::ops::Range;

use super::scheme::is_scheme;
use super::text::{MAX_ESCAPES, before_quote, end_of_value, is_behind_quote, is_prose, is_quote};
use super::words::word_before;
use super::{LAST_WORDS, is_query_secret, is_secret};

/// The longest name that is examined, in bytes.
const LONGEST: usize = 64;

/// Finds the values of secret names.
pub(super) fn find(text: &str, ranges: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| b"=:,(".contains(byte)) {
        let at = from + at;
        let value = named(text, at).and_then(|name| value(text, at, name));
        from = value.as_ref().map_or(at + 1, |value| value.end.max(at + 1));
        ranges.extend(value);
    }
}

/// Returns the name before a separator, if it says that the value is secret.
fn named(text: &str, at: usize) -> Option<&str> {
    let bytes = text.as_bytes();
    let next = bytes.get(at + 1);
    let is_operator = match bytes[at] {
        b'=' => matches!(next, Some(b'=' | b'~')),
        // A Rust path, or a URL.
        b':' => next == Some(&b':') || bytes[at + 1..].starts_with(b"//"),
        _ => false,
    };
    if is_operator {
        return None;
    }
    let mut end = at;
    // `password   = abc`, as in an aligned file.
    let blank = bytes[..end].iter().rev().take(LONGEST);
    end -= blank.take_while(|byte| b" \t".contains(byte)).count();
    end = before_quote(bytes, end);
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.[]#".contains(byte);
    let name = bytes[..end].iter().rev().take(LONGEST);
    let start = end - name.take_while(|byte| in_name(byte)).count();
    let name = &text[start..end];
    let before = start.checked_sub(1).map(|before| bytes[before]);
    let tells = match (bytes[at], before) {
        // `Password("abc")`, as a type or an SQL function is shown. A token may be a parser's.
        (b'(', _) => {
            let is_called = start + name.len() == at && is_quote_at(bytes, at + 1);
            is_called && is_secret(name) && !name.eq_ignore_ascii_case("token")
        }
        // `("password", "abc")`, as a map of pairs is shown.
        (b',', _) => bytes[..start].ends_with(b"(\"") && is_secret(name),
        (b'=', Some(b'?' | b'&')) if is_query_secret(name) => true,
        _ if is_secret(name) => true,
        _ if is_named_apart(bytes, start, name) => true,
        _ => return two_words(text, start, end),
    };
    tells.then_some(name)
}

/// Returns `true` if a quote begins at `start`, behind its backslashes.
fn is_quote_at(text: &[u8], start: usize) -> bool {
    let rest = text[start..].iter().take(MAX_ESCAPES + 1);
    let mut rest = rest.skip_while(|byte| **byte == b'\\');
    rest.next().is_some_and(is_quote)
}

/// Returns the name that the word from `start` to `end` makes with the one before it: `api key:
/// abc`.
fn two_words(text: &str, start: usize, end: usize) -> Option<&str> {
    let before = start.checked_sub(1)?;
    let first = word_before(text.as_bytes(), before);
    let name = text.get(before - first.len()..end)?;
    let is_known = is_secret(first) || LAST_WORDS.contains(&&text[start..end]);
    let is_name = name.as_bytes().get(first.len()) == Some(&b' ') && !first.is_empty();
    (is_name && !is_known && is_secret(name)).then_some(name)
}

/// Returns `true` for the `value` in `name: "DB_PASSWORD", value: "abc"`, which begins at `start`.
fn is_named_apart(text: &[u8], start: usize, name: &str) -> bool {
    if !name.eq_ignore_ascii_case("value") {
        return false;
    }
    let before = text[..before_quote(text, start)].trim_ascii_end();
    let before = match before.split_last() {
        Some((b',' | b';' | b'&', before)) => before,
        _ => before,
    };
    let end = before_quote(before, before.len());
    let word = word_before(before, end);
    let before = &before[..before_quote(before, end - word.len())];
    is_secret(word) && matches!(before.trim_ascii_end().last(), Some(b':' | b'='))
}

/// Returns the end of a block of YAML, `password: |` and lines that are indented deeper than this
/// one.
fn end_of_block(text: &[u8], separator: usize, start: usize) -> Option<usize> {
    if text[separator] != b':' || !matches!(text.get(start), Some(b'|' | b'>')) {
        return None;
    }
    let marks = text[start + 1..].iter().take(LONGEST);
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

/// Returns the value behind a separator; `None` if the value is missing or contains nothing to
/// hide.
fn value(text: &str, separator: usize, name: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    // `'password' => 'abc'` in Ruby, Perl and PHP. Without quotes it is an arm of a `match`.
    let is_arrow = bytes[separator..].starts_with(b"=>");
    let is_assignment = bytes[separator..].starts_with(b":=");
    let behind = separator + 1 + usize::from(is_arrow || is_assignment);
    let start = behind + spaces(&bytes[behind..]);
    let range = if let Some(end) = end_of_block(bytes, separator, start) {
        start..end
    } else if let Some(quoted) = quoted(bytes, start) {
        quoted
    } else if is_arrow || bytes[separator] == b',' {
        return None;
    } else if let Some(end) = end_of_bracket(bytes, start) {
        let goes_on = bytes.get(end).is_some_and(|byte| !is_behind_quote(byte));
        start..if goes_on {
            end_of_value(bytes, end)
        } else {
            end
        }
    } else if bytes[separator] == b':' && is_header(name) {
        start..end_of_header(bytes, start)
    } else {
        let end = end_of_value(bytes, start);
        let word = &text[start..end];
        let is_text = bytes[separator] == b':' && is_worded(name) && is_prose(word);
        let nothing = ["None", "null", "nil", "true", "false"];
        let behind = spaces(&bytes[end..]);
        match is_scheme(word) && behind > 0 {
            // `auth_token=Bearer abc`
            true => start..end_of_value(bytes, end + behind),
            false if is_text || nothing.contains(&word) => return None,
            false => start..end,
        }
    };
    (!range.is_empty()).then_some(range)
}

fn spaces(bytes: &[u8]) -> usize {
    let spaces = bytes.iter().take_while(|byte| b" \t".contains(byte));
    spaces.count()
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
fn end_of_bracket(bytes: &[u8], start: usize) -> Option<usize> {
    let in_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_:".contains(*byte);
    let name = bytes[start..]
        .iter()
        .take(LONGEST)
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
fn end_of_header(bytes: &[u8], start: usize) -> usize {
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

fn is_header(name: &str) -> bool {
    let ends = |word: &str| {
        let start = name.len().saturating_sub(word.len());
        name.get(start..)
            .is_some_and(|end| end.eq_ignore_ascii_case(word))
    };
    ends("authorization") || ends("cookie")
}

/// Returns `true` for a name that may end a sentence's clause before a colon: `cannot read private
/// key: EOF`.
fn is_worded(name: &str) -> bool {
    is_plain_word(name) || name.contains(' ')
}

/// Returns `true` for a name that is also an ordinary word: `cannot read token: connection
/// refused`.
pub(super) fn is_plain_word(name: &str) -> bool {
    let words = [
        "bearer",
        "cookie",
        "cookies",
        "credential",
        "credentials",
        "csrf",
        "jwt",
        "secret",
        "secrets",
        "session",
        "token",
    ];
    words.iter().any(|word| name.eq_ignore_ascii_case(word))
}
