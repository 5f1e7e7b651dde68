//! Finds arguments of commands that log in: `AUTH default abc` of Redis, `AUTH PLAIN abc` of SMTP, `CONFIG SET requirepass abc`.

use std::ops::Range;

use super::HIDDEN;
use super::notation::quoted;
use super::prose::{is_credential, is_worded, speaks};
use super::text::{MAX_ESCAPES, before_quote, end_of_value, is_quote, word_before};

/// Words behind `AUTH` that name a mechanism (RFC 4954).
const MECHANISMS: [&str; 6] = [
    "PLAIN",
    "LOGIN",
    "XOAUTH2",
    "OAUTHBEARER",
    "CRAM-MD5",
    "NTLM",
];
/// Settings of a server, whose value follows.
const SETTINGS: [&str; 4] = ["requirepass", "masterauth", "masteruser", "sentinel-pass"];

/// Returns `true` for a word that may be a command with a secret.
pub(super) fn is_command(word: &str) -> bool {
    let mut all = SETTINGS.iter().chain(&["auth", "auth2", "login", "pass"]);
    all.any(|known| word.eq_ignore_ascii_case(known))
}

/// Returns the secret behind the command that ends at the space at `at`.
pub(super) fn argument(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    // `"AUTH", "abc"`
    let end = before_quote(bytes, at - usize::from(bytes[..at].ends_with(b",")));
    let word = word_before(bytes, end);
    if SETTINGS
        .iter()
        .any(|setting| word.eq_ignore_ascii_case(setting))
    {
        return next(text, at + 1).filter(|value| !is_said(&text[value.clone()]));
    }
    if matches!(word, "PASS" | "LOGIN") {
        return login(text, at, word);
    }
    let is_auth =
        matches!(word, "AUTH" | "AUTH2") || (end < at && word.eq_ignore_ascii_case("auth"));
    if !is_auth {
        return None;
    }
    let first = next(text, at + 1)?;
    if first.start > at + 1 {
        return all_quoted(text, first);
    }
    let second = bytes.get(first.end) == Some(&b' ');
    let second = second.then(|| next(text, first.end + 1)).flatten();
    let one = &text[first.clone()];
    let two = second.clone().map(|range| &text[range]);
    if is_said(one) {
        return None;
    }
    let is_login = MECHANISMS.contains(&one)
        || is_behind_version(bytes, end - word.len())
        || (is_worded(one) && two.is_some_and(|two| !is_worded(two)));
    if is_login {
        return second.filter(|_| two.is_some_and(|two| !is_said(two)));
    }
    // `AUTH abc` has nothing behind it, or what a sentence has.
    let is_value = two.is_none() || one.contains(|c: char| c.is_ascii_alphabetic());
    (is_value && (two.is_none() || !is_worded(one))).then_some(first)
}

/// Returns the password of `PASS abc1` and `LOGIN ada abc1`, which is no word of a sentence.
fn login(text: &str, at: usize, command: &str) -> Option<Range<usize>> {
    let first = next(text, at + 1)?;
    let value = match command {
        "LOGIN" if text.as_bytes().get(first.end) == Some(&b' ') => next(text, first.end + 1)?,
        "LOGIN" => return None,
        _ => first,
    };
    let word = &text[value.clone()];
    let is_value = is_credential(word) && !word.contains(['/', '.', ':', '_']);
    is_value.then_some(value)
}

/// Returns the arguments of `"AUTH" "ada" "abc"`, the first of which is given.
fn all_quoted(text: &str, first: Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let closing = bytes[first.end..].iter().take(MAX_ESCAPES + 1);
    let closing = closing.take_while(|byte| is_quote(byte) || **byte == b'\\');
    let space = first.end + closing.count();
    let second = bytes.get(space) == Some(&b' ');
    let second = second.then(|| quoted(bytes, space + 1)).flatten();
    let is_done = text[first.clone()] == *HIDDEN;
    (!is_done).then(|| first.start..second.map_or(first.end, |second| second.end))
}

/// Returns `true` for the position behind `HELLO 3 `.
fn is_behind_version(bytes: &[u8], at: usize) -> bool {
    bytes[..at].ends_with(b"HELLO 3 ") || bytes[..at].ends_with(b"HELLO 2 ")
}

/// Returns `true` for a word of a sentence about the command, or a placeholder.
fn is_said(word: &str) -> bool {
    speaks(word) || word == HIDDEN || word.starts_with(['<', '[', '{', '(', '/', '%', '$', '-'])
}

/// Returns the word that begins at `start`, or the text in its quotes.
fn next(text: &str, start: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let range = quoted(bytes, start).unwrap_or_else(|| start..end_of_value(bytes, start));
    (!range.is_empty()).then_some(range)
}
