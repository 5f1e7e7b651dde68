//! Finds secrets in words: options of a command line, as in `--password abc`, and sentences such as
//! `the password is 'abc'` or `invalid value 'abc' for '--password'`.

use std::ops::Range;

use super::name::{is_weak, telling_name};
use super::notation::quoted;
use super::prose::{is_credential, is_plain_word, is_worded, speaks};
use super::text::{MAX_ESCAPES, MAX_NAME_BYTES, before_quote, end_of_value, word_before};
use super::{HIDDEN, command, is_secret, sql};

/// Words between a name and its value in a sentence.
const VERBS: [&str; 5] = ["is", "was", "be", "equals", "now"];
/// Words before such a word.
const AUXILIARIES: [&str; 5] = ["is", "must", "should", "was", "will"];

/// Words before a quoted value whose name comes later, as errors of parsers and databases have it.
const BEFORE_VALUES: [&str; 12] = [
    "argument", "parse", "parsing", "entry", "float", "found", "got", "input", "integer", "string",
    "text", "value",
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
    let mut names = Names::default();
    let mut from = 0;
    for at in spaces(bytes) {
        if at < from {
            continue;
        }
        let range = if is_behind_verb(bytes, at) {
            told(text, at)
        } else {
            said(text, at, &mut names).or_else(|| option(text, at))
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

/// Returns `true` if a verb ends at `at` behind what may be a secret name.
pub(super) fn is_told(text: &[u8], at: usize) -> bool {
    end_of_subject(text, at).is_some_and(|end| {
        let name = word_before(text, before_quote(text, end));
        let is_last = ["code", "key", "phrase"]
            .iter()
            .any(|word| name.eq_ignore_ascii_case(word));
        is_last || is_secret(name)
    })
}

/// Returns the name before the verb that ends at `at`, if it says that the value is secret.
fn told_name(text: &str, at: usize) -> Option<&str> {
    let end = end_of_subject(text.as_bytes(), at)?;
    telling_name(text, before_quote(text.as_bytes(), end))
}

/// Returns the end of the subject before the verb that ends at `at`, and before its auxiliaries.
fn end_of_subject(text: &[u8], at: usize) -> Option<usize> {
    if !is_behind_verb(text, at) {
        return None;
    }
    let mut end = at;
    for words in [VERBS.as_slice(), &AUXILIARIES] {
        let word = word_before(text, end);
        if words.contains(&word) {
            end = (end - word.len())
                .checked_sub(1)
                .filter(|end| text[*end] == b' ')?;
        }
    }
    Some(end)
}

/// Returns `true` if [`said`] may find something at the space at `at`.
pub(super) fn may_be_said(bytes: &[u8], at: usize) -> bool {
    let end = at - usize::from(b":=".contains(&bytes[at.saturating_sub(1)]));
    let word = word_before(bytes, before_quote(bytes, end));
    let has_value = bytes
        .get(at + 1)
        .is_some_and(|byte| b"\"'`\\".contains(byte))
        || bytes[at + 1..]
            .iter()
            .take(MAX_NAME_BYTES)
            .take_while(|byte| **byte != b' ')
            .any(u8::is_ascii_digit);
    (has_value
        && (is_secret(word)
            || [
                "code", "id", "ilike", "key", "like", "phrase", "replace", "to",
            ]
            .iter()
            .any(|known| word.eq_ignore_ascii_case(known))
            || BEFORE_VALUES.contains(&word)))
        || word.eq_ignore_ascii_case("by")
        || command::is_command(word)
}

/// Returns the value behind the space at `at`, if the words before or around it say that it is secret.
pub(super) fn said(text: &str, at: usize, names: &mut Names) -> Option<Range<usize>> {
    let found = sql::statement(text, at).or_else(|| command::argument(text, at));
    let found = found.or_else(|| before_its_name(text, at, names));
    found.or_else(|| behind_its_name(text, at))
}

/// Returns the quoted value of `invalid type: string "abc", expected u16 for key "db.password"`.
fn before_its_name(text: &str, at: usize, names: &mut Names) -> Option<Range<usize>> {
    const NEAR: usize = 200;
    let bytes = text.as_bytes();
    let end = at - usize::from(bytes[..at].ends_with(b":"));
    let word = word_before(bytes, end);
    if !BEFORE_VALUES.contains(&word) {
        return None;
    }
    let value = quoted(bytes, at + 1).filter(|value| !value.is_empty())?;
    // `Token { value: "abc" }` is a structure, and `found `f(password: &str)`` shows code.
    let is_value = match bytes[value.start - 1] {
        b'`' => matches!(word, "integer" | "float") || is_credential(&text[value.clone()]),
        b'"' => end == at,
        _ => true,
    };
    if !is_value {
        return None;
    }
    let ends = |byte: &u8| *byte == b'\n';
    let before = &bytes[at.saturating_sub(NEAR)..at];
    let start = before
        .iter()
        .rposition(ends)
        .map_or(at - before.len(), |end| at - before.len() + end);
    let behind = &bytes[value.end..bytes.len().min(value.end + NEAR)];
    let length = behind.iter().position(ends).unwrap_or(behind.len());
    let is_named =
        names.any_in(text, start..at) || names.any_in(text, value.end..value.end + length);
    is_named.then_some(value)
}

/// The positions of words that are secret names, found once a text.
#[derive(Default)]
pub(super) struct Names(Option<Vec<usize>>);

impl Names {
    fn any_in(&mut self, text: &str, range: Range<usize>) -> bool {
        let places = self.0.get_or_insert_with(|| secret_names(text.as_bytes()));
        let next = places.partition_point(|place| *place < range.start);
        places.get(next).is_some_and(|place| *place < range.end)
    }
}

/// Returns the positions of words that are secret names, and not only words of a sentence.
fn secret_names(text: &[u8]) -> Vec<usize> {
    let (mut places, mut from) = (Vec::new(), 0);
    let in_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    while let Some(length) = text[from..].iter().position(in_name) {
        let start = from + length;
        let length = text[start..]
            .iter()
            .take_while(|byte| in_name(byte))
            .count();
        from = start + length;
        let name = str::from_utf8(&text[start..from]).unwrap_or_default();
        let is_quoted = text[..start]
            .last()
            .is_some_and(|byte| b"`\"'".contains(byte));
        if is_secret(name) && (is_quoted || !is_plain_word(name)) {
            places.push(start);
        }
    }
    places
}

/// Names of objects that have a name themselves: `secret db-credentials-7 not found`.
const NAMED: [&str; 4] = ["secret", "secrets", "credential", "credentials"];

/// Returns the value of `password abc123` and `token eyJhbGciOi…`, which is no word of a sentence.
fn behind_its_name(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let start = at + 1;
    bytes
        .get(start)
        .filter(|byte| byte.is_ascii_alphanumeric())?;
    let end = end_of_value(bytes, start);
    let value = &text[start..end];
    if !is_credential(value) || value.contains(['(', '=', '<', '/', ':', '[']) || is_worded(value) {
        return None;
    }
    let name = telling_name(text, at)?;
    let is_value = if is_plain_word(name) {
        value.len() >= 20 && !NAMED.contains(&name.to_ascii_lowercase().as_str())
    } else {
        let hashes = ["sha", "argon", "pbkdf", "bcrypt", "scrypt", "md5"];
        let is_hash = hashes
            .iter()
            .any(|hash| value.to_ascii_lowercase().starts_with(hash));
        !name.starts_with('-') && !is_hash
    };
    is_value.then_some(start..end)
}

/// Returns the value in `password is abc`, if it is quoted or cannot be a word of the sentence.
fn told(text: &str, at: usize) -> Option<Range<usize>> {
    let name = told_name(text, at)?;
    let start = at + 1;
    if text[start..].starts_with(HIDDEN) {
        return None;
    }
    if let Some(quoted) = quoted(text.as_bytes(), start) {
        // `the token is "expired"`
        let is_said = is_plain_word(name) && speaks(&text[quoted.clone()]);
        return Some(quoted).filter(|quoted| !quoted.is_empty() && !is_said);
    }
    if !VERBS[..2].contains(&word_before(text.as_bytes(), at)) {
        return None;
    }
    let end = end_of_value(text.as_bytes(), start);
    let word = text[start..end].trim_end_matches([',', ';', '!', '?']);
    let has = |kind: fn(&u8) -> bool| word.as_bytes().iter().any(kind);
    // A count, an age or a version: `the token is 30 minutes old`.
    let is_mixed =
        word.starts_with(|first: char| first.is_ascii_alphabetic()) && has(u8::is_ascii_digit);
    let shortest = match (has(u8::is_ascii_alphabetic), is_plain_word(name)) {
        (true, true) if is_mixed => 6,
        (true, true) => 8,
        (true, false) => 4,
        (false, _) => 5,
    };
    let is_value = word.len() >= shortest && !is_worded(word);
    is_value.then_some(start..start + word.len())
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
    let is_telling =
        option.starts_with("--") && (is_secret(option) || is_weak(option.trim_start_matches('-')));
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
        let is_word = speaks(value) && range.start == start;
        !is_word && !value.starts_with(['-', '<', '[', '{', '('])
    };
    (is_value && !value.is_empty() && value != HIDDEN).then_some(range)
}
