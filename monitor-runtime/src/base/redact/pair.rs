//! Finds values behind secret names: `?token=abc`, `password = 'a b'`, `{"api_key":"abc"}`, `Login
//! { pin: 7 }`, `:password => "abc"`, `name: "DB_PASSWORD", value: "abc"`.

use std::ops::Range;

use super::name::{is_weak, named, wrappers};
use super::notation::{end_of_block, end_of_bracket, end_of_header, is_quote_at, quoted, spaces};
use super::prose::{
    begins_sentence, is_credential, is_error, is_plain_word, is_worded, length_of_type,
};
use super::scheme::is_scheme;
use super::text::{MAX_NAME_BYTES, end_of_value, is_behind_quote, is_prose, is_quote};

/// Finds the values of secret names.
pub(super) fn find(text: &str, ranges: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = bytes[from..]
        .iter()
        .position(|byte| b"=:,(-".contains(byte))
    {
        let at = from + at;
        let value = named(text, at).and_then(|name| value(text, at, name));
        from = value.as_ref().map_or(at + 1, |value| value.end.max(at + 1));
        ranges.extend(value);
    }
}

/// Returns the value behind a separator; `None` if the value is missing or contains nothing to
/// hide.
fn value(text: &str, separator: usize, name: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    // `'password' => 'abc'` in Ruby, Perl and PHP. Without quotes it is an arm of a `match`.
    let rest = &bytes[separator..];
    let is_arrow = rest.starts_with(b"=>") || rest.starts_with(b"->");
    let is_assignment = rest.starts_with(b":=");
    let behind = separator + 1 + usize::from(is_arrow || is_assignment);
    let start = behind + spaces(&bytes[behind..]);
    // `password == "abc"`, not `token == other.token`.
    let is_compared = bytes[separator] == b'='
        && bytes[..separator]
            .last()
            .is_some_and(|byte| b"!=~<".contains(byte));
    let range = if let Some(end) = end_of_block(bytes, separator, start) {
        start..end
    } else if bytes[separator] == b'(' {
        return inside(text, start, name);
    } else if let Some(quoted) = quoted(bytes, start) {
        quoted
    } else if is_arrow || is_compared || is_call(bytes, start) {
        return None;
    } else if let Some(end) = end_of_bracket(bytes, start) {
        if bytes[separator] == b','
            && !is_quote_at(bytes, start + wrappers(&bytes[start..]))
            && !bytes[start..end].contains(&b'"')
        {
            return None;
        }
        let goes_on = bytes.get(end).is_some_and(|byte| !is_behind_quote(byte));
        start..if goes_on {
            end_of_value(bytes, end)
        } else {
            end
        }
    } else if bytes[separator] == b',' {
        return None;
    } else if bytes[separator] == b':' && is_header(name) {
        start..end_of_header(bytes, start)
    } else if let Some(start) = next_line(bytes, start) {
        return on_its_own_line(text, start, name);
    } else {
        return unquoted(text, separator, start, name);
    };
    let hidden = &text[range.clone()];
    let is_other = (is_weak(name) && is_weak_value(name, hidden))
        // `expected token: `}``
        || (is_plain_word(name) && !hidden.contains(|c: char| c.is_alphanumeric() || !c.is_ascii()));
    (!range.is_empty() && !is_other).then_some(range)
}

/// Returns the value of a type that begins at `start`: `Password("abc")`, `Credentials("ada", "abc")`, `ApiKey(abc1)`.
fn inside(text: &str, start: usize, name: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    // A token may be a parser's, and an error may say what is missing.
    let is_certain = !name.eq_ignore_ascii_case("token") && !is_error(name);
    let Some(quoted) = quoted(bytes, start) else {
        let wrapped = start + wrappers(&bytes[start..]);
        if is_certain && wrapped > start && is_quote_at(bytes, wrapped) {
            return Some(start..end_of_bracket(bytes, start)?);
        }
        let word = bytes[start..]
            .iter()
            .take(MAX_NAME_BYTES)
            .take_while(|byte| byte.is_ascii_alphanumeric())
            .count();
        let is_closed = bytes.get(start + word) == Some(&b')');
        return (is_closed && is_credential(&text[start..start + word]))
            .then(|| start..start + word);
    };
    let is_value = !quoted.is_empty() && (is_certain || is_credential(&text[quoted.clone()]));
    let is_pair = bytes[quoted.end..]
        .iter()
        .take(MAX_NAME_BYTES)
        .find(|byte| !is_quote(byte) && **byte != b'\\')
        == Some(&b',');
    if is_pair && is_certain {
        let end = end_of_bracket(bytes, start - 1)?;
        return Some(start..end.saturating_sub(1).max(quoted.end));
    }
    is_value.then_some(quoted)
}

/// Returns `true` for the value of a weak name that is one of other meanings: `pass: "yes"`, `auth: "basic"`.
fn is_weak_value(name: &str, value: &str) -> bool {
    const ANSWERS: [&str; 10] = [
        "", "fail", "failed", "false", "n/a", "no", "none", "ok", "true", "yes",
    ];
    let is_short = name.eq_ignore_ascii_case("auth") && (value.len() < 8 || is_worded(value));
    is_short || ANSWERS.contains(&value.to_ascii_lowercase().as_str())
}

/// Returns `true` for a call without arguments, such as `Token::new()`.
fn is_call(bytes: &[u8], start: usize) -> bool {
    let in_path = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_:.".contains(*byte);
    let path = bytes[start..].iter().take(MAX_NAME_BYTES);
    let path = path.take_while(in_path).count();
    path > 0 && bytes[start + path..].starts_with(b"()")
}

/// Returns the value without quotes that begins at `start`.
fn unquoted(text: &str, separator: usize, start: usize, name: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if bytes[separator] == b':'
        && let Some(length) = length_of_type(&text[start..])
    {
        // `let password: &str = "abc"`
        let behind = &bytes[start + length..];
        let assigned = behind
            .iter()
            .take(MAX_NAME_BYTES)
            .position(|byte| b"=,;){}\n".contains(byte))?;
        let equals = (behind[assigned] == b'=').then_some(start + length + assigned)?;
        return value(text, equals, name);
    }
    let end = end_of_value(bytes, start);
    let word = &text[start..end];
    let nothing = ["None", "null", "nil", "true", "false", "YES", "NO"];
    let is_text = bytes[separator] == b':'
        && ((is_worded_name(name) && is_prose(word))
            || begins_sentence(word, &bytes[end..])
            || (is_prose(word) && is_error(word))
            // A path of a program.
            || (is_plain_word(name) && word.len() <= MAX_NAME_BYTES && word.contains("::")));
    let behind = spaces(&bytes[end..]);
    match is_scheme(word) && behind > 0 {
        // `auth_token=Bearer abc`
        true => Some(start..end_of_value(bytes, end + behind)),
        false if is_text || word.is_empty() || nothing.contains(&word) => None,
        false => Some(start..end),
    }
}

/// Returns the start of the next line's text, where only a line break is at `start`, which may be spelled out.
fn next_line(bytes: &[u8], start: usize) -> Option<usize> {
    let rest = &bytes[start..];
    let breaks = [b"\r\n".as_slice(), b"\n", b"\\r\\n", b"\\n"];
    let length = breaks.iter().find(|end| rest.starts_with(end))?.len();
    Some(start + length + spaces(&rest[length..]))
}

/// Returns the value that is a line of its own, of one word or in quotes.
fn on_its_own_line(text: &str, start: usize, name: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if let Some(quoted) = quoted(bytes, start) {
        let is_key = bytes
            .get(quoted.end + 1)
            .is_some_and(|byte| b":=".contains(byte));
        return (!is_key && !quoted.is_empty()).then_some(quoted);
    }
    let breaks = |at: &usize| bytes[*at].is_ascii_whitespace() || bytes[*at..].starts_with(b"\\n");
    let end = (start..bytes.len()).find(breaks).unwrap_or(bytes.len());
    let word = text[start..end].trim_end_matches(|c: char| ")]}>,.'`\"".contains(c));
    let goes_on = bytes.get(end) == Some(&b' ');
    let is_other = word.contains([':', '=', '[', '{', '<']) || word.starts_with(['-', '#']);
    let is_prose = is_worded_name(name) && is_worded(word);
    let is_value = !is_other && !goes_on && !is_prose && !word.is_empty();
    is_value.then(|| start..start + word.len())
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
fn is_worded_name(name: &str) -> bool {
    is_plain_word(name) || name.contains(' ')
}
