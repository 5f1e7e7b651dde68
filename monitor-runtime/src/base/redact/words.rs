//! Finds secrets in words: options of a command line, as in `--password abc`, sentences such as
//! `the password is 'abc'`, and SQL statements such as `ALTER USER ada PASSWORD 'abc'`.

use std::ops::Range;

use super::pair::{is_plain_word, quoted};
use super::text::{MAX_ESCAPES, before_quote, end_of_value, is_prose};
use super::{HIDDEN, is_secret};

/// The longest name that is examined, in bytes.
const LONGEST: usize = 64;

/// Words between a name and its value in a sentence.
const VERBS: [&str; 2] = ["is", "was"];

/// Words that follow an option in a message about the option itself.
const BEHIND_OPTIONS: [&str; 26] = [
    "and", "are", "argument", "but", "can", "cannot", "expects", "flag", "for", "from", "given",
    "has", "in", "is", "missing", "must", "needs", "not", "option", "or", "required", "requires",
    "to", "was", "with", "without",
];

/// Returns `true` if a text begins with an option, perhaps in quotes.
pub(super) fn is_option(text: &[u8]) -> bool {
    let quote = text.iter().take(MAX_ESCAPES + 2);
    let quote = quote.take_while(|byte| b"[\"'\\".contains(byte));
    let rest = &text[quote.count()..];
    rest.starts_with(b"--") || rest.starts_with(b"-u")
}

/// Finds the values behind secret options, and behind `is`.
pub(super) fn find(text: &str, ranges: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut from = 0;
    for at in spaces(bytes) {
        if at < from {
            continue;
        }
        let range = if is_behind_verb(bytes, at) {
            told(text, at)
        } else if is_statement(bytes, at) {
            quoted(bytes, at + 1).map(|value| in_sql(bytes, value))
        } else {
            option(text, at)
        };
        from = range.as_ref().map_or(from, |range| range.end);
        ranges.extend(range);
    }
}

fn spaces(text: &[u8]) -> impl Iterator<Item = usize> {
    let places = text.iter().enumerate();
    places.filter(|(_, byte)| **byte == b' ').map(|(at, _)| at)
}

fn is_behind_verb(text: &[u8], at: usize) -> bool {
    VERBS.iter().any(|verb| {
        let before = text[..at].strip_suffix(verb.as_bytes());
        before.is_some_and(|before| before.ends_with(b" "))
    })
}

/// Returns the word that ends at `end`.
pub(super) fn word_before(text: &[u8], end: usize) -> &str {
    let in_word = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    let before = text[..end].iter().rev().take(LONGEST);
    let length = before.take_while(in_word).count();
    str::from_utf8(&text[end - length..end]).unwrap_or_default()
}

/// Returns the name before the verb that ends at `at`, if it says that the value is secret.
pub(super) fn told_name(text: &[u8], at: usize) -> Option<&str> {
    if !is_behind_verb(text, at) {
        return None;
    }
    let before = text[..at].iter().rposition(|byte| *byte == b' ')?;
    let name = word_before(text, before_quote(text, before));
    is_secret(name).then_some(name)
}

/// Returns `true` if the space at `at` is one of `PASSWORD 'abc'` or `IDENTIFIED BY 'abc'`.
///
/// A name that is also an ordinary word does not count: `unexpected token '}'`.
pub(super) fn is_statement(text: &[u8], at: usize) -> bool {
    let word = word_before(text, at);
    let is_telling = if word.eq_ignore_ascii_case("by") {
        let before = &text[at.saturating_sub(LONGEST)..at];
        let mut words = before.split(|byte| *byte == b' ');
        words.any(|word| word.eq_ignore_ascii_case(b"identified"))
    } else {
        is_secret(word) && !is_plain_word(word) && !word.starts_with('-')
    };
    is_telling && quoted(text, at + 1).is_some_and(|value| !value.is_empty())
}

/// Extends a value in quotes of SQL, which writes a quote inside a text twice.
fn in_sql(text: &[u8], mut value: Range<usize>) -> Range<usize> {
    while let (Some(quote @ b'\''), Some(b'\'')) = (text.get(value.end), text.get(value.end + 1)) {
        let rest = &text[value.end + 2..];
        let length = rest.iter().position(|byte| byte == quote);
        value.end = length.map_or(text.len(), |length| value.end + 2 + length);
    }
    value
}

/// Returns the value in `password is abc`, if it is quoted or cannot be a word of the sentence.
fn told(text: &str, at: usize) -> Option<Range<usize>> {
    let name = told_name(text.as_bytes(), at)?;
    let start = at + 1;
    if text[start..].starts_with(HIDDEN) {
        return None;
    }
    if let Some(quoted) = quoted(text.as_bytes(), start) {
        return Some(quoted).filter(|quoted| !quoted.is_empty());
    }
    let end = end_of_value(text.as_bytes(), start);
    let word = text[start..end].trim_end_matches([',', ';', '!', '?']);
    let has = |kind: fn(&u8) -> bool| word.as_bytes().iter().any(kind);
    // A count, an age or a version: `the token is 30 minutes old`.
    let shortest = match (has(u8::is_ascii_alphabetic), is_plain_word(name)) {
        (true, true) => 8,
        (true, false) => 4,
        (false, _) => 5,
    };
    let is_value = word.len() >= shortest && !is_worded(word);
    is_value.then_some(start..start + word.len())
}

/// Returns `true` for ordinary words, which may be joined: `well-formed`, `null/empty`, `don't`.
fn is_worded(word: &str) -> bool {
    let mut parts = word.split(['-', '/', '\'', '_']);
    parts.all(|part| part.is_empty() || is_prose(part))
}

/// Returns the value behind `--password`, or in `-u name:password`.
fn option(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    // `"--password", "abc"`, as a list of arguments is shown.
    let mut end = at;
    end -= usize::from(text[..end].ends_with(','));
    end = before_quote(bytes, end);
    let option = word_before(bytes, end);
    let is_login = matches!(option, "-u" | "--user" | "--proxy-user");
    let is_telling = option.starts_with("--") && is_secret(option);
    if !is_login && !is_telling {
        return None;
    }
    let start = at + 1;
    let range = match quoted(bytes, start) {
        Some(quoted) => quoted,
        None => start..end_of_value(bytes, start),
    };
    let value = &text[range.clone()];
    let is_value = if is_login {
        let login = value.split_once(':');
        login.is_some_and(|(_, password)| password.contains(|c: char| !c.is_ascii_digit()))
    } else {
        // The next option, a placeholder, or the rest of a sentence.
        let is_word = BEHIND_OPTIONS.contains(&value) && range.start == start;
        !is_word && !value.starts_with(['-', '<', '[', '{', '('])
    };
    (is_value && !value.is_empty() && value != HIDDEN).then_some(range)
}
