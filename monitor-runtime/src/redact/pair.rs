//! Values behind telling names: `?token=abc`, `password = 'a b'`, `{"api_key":"abc"}`, `Login { pin: 7 }`,
//! `:password => "abc"`.

use std::ops::Range;

use super::scheme::is_scheme;
use super::text::{MAX_ESCAPES, before_quote, end_of_value, is_behind_quote, is_prose, is_quote};
use super::{is_query_secret, is_secret};

/// The longest name that is looked at, in bytes.
const LONGEST: usize = 64;

/// Finds the values of telling names.
pub(super) fn find(text: &str, ranges: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| b"=:>,".contains(byte)) {
        let at = from + at;
        let value = named(text, at).and_then(|name| value(text, at, name));
        from = value.as_ref().map_or(at + 1, |value| value.end.max(at + 1));
        ranges.extend(value);
    }
}

/// The telling name before a separator.
fn named(text: &str, at: usize) -> Option<&str> {
    let bytes = text.as_bytes();
    let next = bytes.get(at + 1);
    let is_operator = match bytes[at] {
        b'=' => matches!(next, Some(b'=' | b'~')),
        // A path of Rust, a URL.
        b':' => next == Some(&b':') || bytes[at + 1..].starts_with(b"//"),
        _ => false,
    };
    if is_operator {
        return None;
    }
    let mut end = at;
    end -= usize::from(bytes[..end].ends_with(b" "));
    end = before_quote(bytes, end);
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.[]#".contains(byte);
    let name = bytes[..end].iter().rev().take(LONGEST);
    let start = end - name.take_while(|byte| in_name(byte)).count();
    let name = &text[start..end];
    let before = start.checked_sub(1).map(|before| bytes[before]);
    let tells = match (bytes[at], before) {
        // `<password>abc</password>`
        (b'>', before) => before == Some(b'<') && is_secret(name),
        // `("password", "abc")`, as a map of pairs is shown.
        (b',', _) => bytes[..start].ends_with(b"(\"") && is_secret(name),
        (b'=', Some(b'?' | b'&')) => is_query_secret(name),
        _ => is_secret(name),
    };
    tells.then_some(name)
}

/// The value behind a separator; `None` if there is none, or nothing to hide in it.
fn value(text: &str, separator: usize, name: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    // `'password' => 'abc'` of Ruby, Perl and PHP; without quotes it is an arm of a `match`.
    let is_arrow = bytes[separator..].starts_with(b"=>");
    let behind = separator + 1 + usize::from(is_arrow);
    let start = behind + spaces(&bytes[behind..]);
    let range = if bytes[separator] == b'>' {
        let length = bytes[start..].iter().position(|byte| *byte == b'<');
        start..start + length?
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
        let is_text = bytes[separator] == b':' && is_plain_word(name) && is_prose(word);
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

/// The inside of a quoted text, which may be one in a quoted text: `"…"`, `\"…\"`, `b"…"`.
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
        // A quote of the same depth, or of a text further out.
        let closes = backslashes < escapes || (backslashes - escapes) % (2 * (escapes + 1)) == 0;
        if byte == quote && closes {
            return Some(start..start + at - escapes.min(backslashes));
        }
        backslashes = 0;
    }
    // It was cut.
    Some(start..bytes.len())
}

/// The end of `[…]`, `{…}` or `(…)`, behind a name as in `Some("abc")`.
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

/// Headers have a line of their own.
fn end_of_header(bytes: &[u8], start: usize) -> usize {
    let ends = |byte: &u8| byte.is_ascii_control() || is_quote(byte);
    let length = bytes[start..].iter().position(ends);
    length.map_or(bytes.len(), |length| start + length)
}

fn is_header(name: &str) -> bool {
    let ends = |word: &str| {
        let start = name.len().saturating_sub(word.len());
        name.get(start..)
            .is_some_and(|end| end.eq_ignore_ascii_case(word))
    };
    ends("authorization") || ends("cookie")
}

/// Returns `true` for a name that is a word of sentences, too: `cannot read token: connection refused`.
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
