//! Finds the names of secrets, and knows how they stand beside the value.

use super::notation::{is_quote_at, spaces};
use super::prose::{is_credential, is_plain_word};
use super::text::{MAX_NAME_BYTES, before_quote, word_before};
use super::{LAST_WORDS, is_query_secret, is_secret};

/// Returns the name before a separator, if it says that the value is secret.
pub(super) fn named(text: &str, at: usize) -> Option<&str> {
    let bytes = text.as_bytes();
    let next = bytes.get(at + 1);
    let is_operator = match bytes[at] {
        b'=' => matches!(next, Some(b'=' | b'~')),
        // A Rust path, or a URL.
        b':' => next == Some(&b':') || bytes[at + 1..].starts_with(b"//"),
        b'-' => next != Some(&b'>'),
        _ => false,
    };
    if is_operator {
        return None;
    }
    if bytes[at] == b',' {
        return first_of_two(text, at);
    }
    let mut end = at;
    // `password   = abc`, as in an aligned file.
    let blank = bytes[..end].iter().rev().take(MAX_NAME_BYTES);
    end -= blank.take_while(|byte| b" \t".contains(byte)).count();
    if bytes[at] == b'=' {
        // `==`, `!=`
        let operator = bytes[..end].iter().rev().take(2);
        let operator = operator.take_while(|byte| b"!=~<>".contains(byte)).count();
        end -= operator;
        let blank = bytes[..end].iter().rev().take(MAX_NAME_BYTES);
        end -= blank.take_while(|byte| b" \t".contains(byte)).count();
        // `config["password"] = "abc"`
        let is_index = bytes[..end].ends_with(b"\"]") || bytes[..end].ends_with(b"']");
        end -= usize::from(is_index);
    }
    end = before_quote(bytes, end);
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.[]#".contains(byte);
    let name = bytes[..end].iter().rev().take(MAX_NAME_BYTES);
    let start = end - name.take_while(|byte| in_name(byte)).count();
    let name = &text[start..end];
    let before = start.checked_sub(1).map(|before| bytes[before]);
    let tells = match (bytes[at], before) {
        // `Password("abc")`, as a type or a function of SQL is shown.
        (b'(', _) if name.eq_ignore_ascii_case("in") => return name_behind(text, start),
        (b'(', _) => start + name.len() == at && is_secret(name),
        (b'=', Some(b'?' | b'&')) if is_query_secret(name) => true,
        _ if is_secret(name) => true,
        // `--pass=abc`
        (b'=', _) if name.starts_with("--") && is_weak(name.trim_start_matches('-')) => true,
        // Alone they have other meanings: `first pass: 3 of 7`.
        _ if is_weak(name) => {
            let start = at + 1 + spaces(&bytes[at + 1..]);
            let bracket = usize::from(matches!(bytes.get(start), Some(b'(' | b'[')));
            let word = bytes[start..].iter().take(MAX_NAME_BYTES);
            let word = word.take_while(|byte| byte.is_ascii_alphanumeric()).count();
            // `user=ada pass=abc123`
            let is_apart =
                before.is_none_or(|byte| byte.is_ascii_whitespace() || b",;".contains(&byte));
            let is_value =
                is_apart && bytes[at] == b'=' && is_credential(&text[start..start + word]);
            is_value || is_quote_at(bytes, start + bracket + wrappers(&bytes[start + bracket..]))
        }
        _ if bytes[at] == b':' && BETWEEN.contains(&name) => return name_behind(text, start),
        _ => return two_words(text, start, end),
    };
    tells.then_some(name)
}

/// Words between a name and the separator before its value: `api key provided: abc`, `the password is: abc`.
const BETWEEN: [&str; 10] = [
    "found", "given", "header", "is", "provided", "received", "sent", "supplied", "value", "was",
];

/// Returns the secret name before the word that begins at `start`.
fn name_behind(text: &str, start: usize) -> Option<&str> {
    let before = text[..start].trim_ascii_end().len();
    telling_name(text, before_quote(text.as_bytes(), before))
}

/// Words before `token` and its like that make them the name of a value.
const KINDS: [&str; 9] = [
    "access", "api", "auth", "client", "id", "refresh", "session", "shared", "webhook",
];

/// Returns the secret name of one word or two that ends at `end`.
pub(super) fn telling_name(text: &str, end: usize) -> Option<&str> {
    let name = word_before(text.as_bytes(), end);
    let start = end - name.len();
    let first = word_before(text.as_bytes(), start.saturating_sub(1));
    // `access token` and `session id` are no words of sentences.
    let is_compound = (is_plain_word(name)
        && KINDS.iter().any(|kind| first.eq_ignore_ascii_case(kind)))
        || (name.eq_ignore_ascii_case("id") && first.eq_ignore_ascii_case("session"));
    if is_compound && text[..start].ends_with(' ') {
        return Some(&text[start - 1 - first.len()..end]);
    }
    if is_secret(name) {
        return Some(name);
    }
    two_words(text, start, end)
}

/// Returns `true` for a name that tells a secret only if its value is a text that looks like one.
pub(super) fn is_weak(name: &str) -> bool {
    let mut all = LAST_WORDS.iter().chain(&["auth"]);
    all.any(|weak| name.eq_ignore_ascii_case(weak))
}

/// Returns the length of the wrappers that `bytes` begin with: `Some(`, `HeaderValue(Custom(`.
pub(super) fn wrappers(bytes: &[u8]) -> usize {
    const MAX_WRAPPERS: usize = 4;
    let mut at = 0;
    for _ in 0..MAX_WRAPPERS {
        let in_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_:".contains(*byte);
        let name = bytes[at..]
            .iter()
            .take(MAX_NAME_BYTES)
            .take_while(in_name)
            .count();
        if name == 0 || bytes.get(at + name) != Some(&b'(') {
            break;
        }
        at += name + 1;
    }
    at
}

/// Returns the secret name before the comma at `at`, which is the first of two: `("password", "abc")`,
/// `["password","abc"]` in a list of lists, `HeaderName("x-api-key"), HeaderValue("abc")`.
fn first_of_two(text: &str, at: usize) -> Option<&str> {
    let bytes = text.as_bytes();
    let closers = bytes[..at].iter().rev().take(MAX_NAME_BYTES);
    let closers = closers.take_while(|byte| b") }".contains(byte)).count();
    let end = before_quote(bytes, at - closers);
    let name = word_before(bytes, end);
    let open = end - name.len();
    let quote = before_quote(bytes, open);
    // `b"password"`
    let before = quote - usize::from(quote < open && bytes[..quote].ends_with(b"b"));
    if end == at - closers || before == open || !is_secret(name) {
        return None;
    }
    let wraps = word_before(bytes, before.saturating_sub(1));
    let second = text[at + 1..].trim_ascii_start();
    let is_pair = match bytes[..before].last()? {
        // Two errors of one kind are no pair: `[Missing("password"), Missing("email")]`.
        b'(' if closers > 0 => {
            let wrapped = second.split(['(', ' ']).next().unwrap_or_default();
            wrapped.ends_with("Value") || wraps.ends_with("Name") || wraps.ends_with("Key")
        }
        b'(' if bytes[open - 1] == b'\'' => {
            // `IN ('password', 'email')`
            wraps.is_empty()
                && (before == 1
                    || matches!(bytes[before - 2], b'[' | b'(')
                    || bytes[..before - 1].ends_with(b"), "))
        }
        b'(' => wraps.is_empty() || second.starts_with(is_quote_char),
        b'[' => {
            let list = bytes[..before - 1].trim_ascii_end();
            list.ends_with(b"[") || list.ends_with(b"],")
        }
        b' ' => {
            closers > 0
                && second
                    .split([' ', '('])
                    .next()
                    .unwrap_or_default()
                    .ends_with("Value")
        }
        _ => false,
    };
    is_pair.then_some(name)
}

fn is_quote_char(c: char) -> bool {
    matches!(c, '"' | '\\' | '\'' | 'b')
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
