//! Hides secrets in every log line, event and page: values of fields with secret names, and text
//! that looks like a secret.
//!
//! `#[monitored]` records only the fields it is given, but a field may be given by mistake, and a
//! line of the log may come from a crate that does not redact. [`is_secret`] decides by the name of
//! a value; [`hidden`] searches a text. Every text that leaves the process goes through one of
//! them, when it is made or at the latest when it is written.

mod apart;
mod command;
mod element;
mod login;
mod member;
mod name;
mod notation;
mod pair;
mod prose;
mod scheme;
mod search;
mod sql;
mod text;
mod words;

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};

pub(crate) use search::{hidden, may_hold_a_secret, without_secrets};

/// The text in place of a secret.
pub(crate) const HIDDEN: &str = "[redacted]";

/// Names of secrets, in lower case and without separators.
const SECRETS: [&str; 35] = [
    "accesskey",
    "accountkey",
    "apikey",
    "apikeys",
    "authkey",
    "authorization",
    "bearer",
    "cookie",
    "cookies",
    "credential",
    "credentials",
    "csrf",
    "cvc",
    "cvv",
    "encryptionkey",
    "jwt",
    "masterkey",
    "otp",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "passwords",
    "privatekey",
    "pwd",
    "secret",
    "secretkey",
    "secrets",
    "sessid",
    "session",
    "sessionid",
    "signingkey",
    "sshkey",
    "token",
    "xsrf",
];

/// Names of secrets only behind another word, such as `db_pass`: alone they have other meanings.
const LAST_WORDS: [&str; 2] = ["pass", "pw"];

/// Last words of names whose value is about a secret, and none.
const ABOUT: [&str; 23] = [
    "age",
    "algorithm",
    "at",
    "count",
    "enabled",
    "expired",
    "expires",
    "expiry",
    "file",
    "in",
    "kind",
    "len",
    "length",
    "max",
    "min",
    "name",
    "path",
    "policy",
    "required",
    "size",
    "timeout",
    "ttl",
    "type",
];

/// Further names of secrets in the query of a URL.
const IN_QUERIES: [&str; 6] = ["auth", "key", "pass", "pw", "sig", "signature"];

/// Names from `MONITOR_REDACT`, in the same form.
static OWN: RwLock<Vec<String>> = RwLock::new(Vec::new());
/// `true` if there are any. Without them the search in a text takes no lock.
static HAS_OWN: AtomicBool = AtomicBool::new(false);
/// The number of times that they were set. Answers cached under an earlier number are void.
static ERA: AtomicUsize = AtomicUsize::new(0);

/// Hides the fields of these names, too, from now on.
pub(crate) fn hide(names: &[String]) {
    let names: Vec<String> = names.iter().map(|name| squeezed(name)).collect();
    HAS_OWN.store(!names.is_empty(), Ordering::Release);
    *OWN.write().unwrap_or_else(PoisonError::into_inner) = names;
    ERA.fetch_add(1, Ordering::Release);
}

fn squeezed(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

/// Returns `true` if a value of this name is not to be shown: `password`, `db.password`,
/// `X-Api-Key`, `accessToken`, `session_id`.
///
/// A known name has to end where a word of `name` does: `tokens_used` and `tokenizer` are not
/// secret.
///
/// A name whose last word describes a secret has a value that is not secret: `token_type`,
/// `password_file`.
pub(crate) fn is_secret(name: &str) -> bool {
    let is_about = || {
        let last = last_word(name);
        ABOUT.iter().any(|word| last.eq_ignore_ascii_case(word))
    };
    (any_word(name, Word::ends_in_secret) && !is_about())
        || (HAS_OWN.load(Ordering::Acquire) && any_word(name, Word::ends_in_own))
}

/// Returns `true` if `holds` does where one of the words of a name ends.
fn any_word(name: &str, holds: fn(&mut Word) -> bool) -> bool {
    let mut word = Word::default();
    let bytes = name.as_bytes();
    bytes.iter().enumerate().any(|(at, byte)| {
        byte.is_ascii_alphanumeric() && {
            word.push(byte.to_ascii_lowercase());
            ends_word(*byte, &bytes[at + 1..]) && holds(&mut word)
        }
    })
}

/// Returns the last word of a name: `Value` of `stringValue`, `name` of `env_name`.
fn last_word(name: &str) -> &str {
    let bytes = name.as_bytes();
    let begins = |at: &usize| {
        let (before, first) = (bytes[at - 1], bytes[*at]);
        b"_-. ".contains(&before) || (first.is_ascii_uppercase() && before.is_ascii_lowercase())
    };
    let start = (1..bytes.len()).rev().find(begins).unwrap_or(0);
    name.get(start..).unwrap_or_default()
}

/// The end of a name in lower case and without separators, as far as it has been read.
struct Word {
    letters: [u8; Self::ROOM],
    length: usize,
    /// The position at which the current word begins.
    last: usize,
}

impl Default for Word {
    fn default() -> Self {
        Self {
            letters: [0; Self::ROOM],
            length: 0,
            last: 0,
        }
    }
}

impl Word {
    /// Twice the length of the longest name of a secret.
    const ROOM: usize = 128;

    fn push(&mut self, letter: u8) {
        if self.length == Self::ROOM {
            let half = Self::ROOM / 2;
            self.letters.copy_within(half.., 0);
            self.length = half;
            self.last = self.last.saturating_sub(half);
        }
        self.letters[self.length] = letter;
        self.length += 1;
    }

    /// Returns `true` if the letters so far end in a secret name; called at the end of each word.
    fn ends_in_secret(&mut self) -> bool {
        let read = &self.letters[..self.length];
        let ends = |key: &[u8]| key.last() == read.last() && read.ends_with(key);
        let is_last = |key: &&str| read[self.last..] == *key.as_bytes();
        let is_secret = SECRETS.iter().any(|key| ends(key.as_bytes()))
            || (self.last > 0 && LAST_WORDS.iter().any(is_last));
        self.last = self.length;
        is_secret
    }

    /// Returns `true` if the letters so far end in a name of `MONITOR_REDACT`; called at the end of
    /// each word.
    fn ends_in_own(&mut self) -> bool {
        let read = &self.letters[..self.length];
        let own = OWN.read().unwrap_or_else(PoisonError::into_inner);
        own.iter().any(|key| read.ends_with(key.as_bytes()))
    }
}

/// Returns `true` if a parameter of this name in the query of a URL is secret; see [`is_secret`].
pub(crate) fn is_query_secret(name: &str) -> bool {
    // `X-Amz-Signature` is one of them.
    let last = name.rsplit('-').next().unwrap_or(name);
    let is_last = |key: &&str| last.eq_ignore_ascii_case(key);
    is_secret(name) || IN_QUERIES.iter().any(is_last)
}

/// Returns `true` if a word ends with a letter: before a separator, a digit, or the next capital.
fn ends_word(letter: u8, rest: &[u8]) -> bool {
    match rest {
        [] => true,
        [next, ..] if !next.is_ascii_alphabetic() => true,
        // `apiKey`, and the first word of `APIKey`.
        [next, ..] if next.is_ascii_uppercase() && !letter.is_ascii_uppercase() => true,
        [next, after, ..] => next.is_ascii_uppercase() && after.is_ascii_lowercase(),
        _ => false,
    }
}

/// Returns `true` if a field of `tracing` is secret; see [`is_secret`]. Names of fields live for
/// ever, so each thread caches the answer: every line of the log asks.
#[inline]
pub(crate) fn is_secret_field(name: &'static str) -> bool {
    /// Address and length of a name, and twice the era, plus one for a secret.
    type Found = Cell<(usize, usize, usize)>;
    /// A pair of entries. With a single one, two names of a line with the same place would replace
    /// each other in every line.
    type Pair = [Found; 2];
    const PAIRS: usize = 64;
    thread_local! {
        static FOUND: [Pair; PAIRS] = const { [const { [const { Cell::new((0, 0, 0)) }; 2] }; PAIRS] };
    }
    let address = name.as_ptr().addr();
    let era = 2 * ERA.load(Ordering::Acquire);
    FOUND.with(|found| {
        // The upper bits of a product depend on all of the lower ones.
        let place = address.wrapping_mul(0x9E37_79B9) >> 16;
        let [first, second] = &found[place % PAIRS];
        for place in [first, second] {
            let (known, length, verdict) = place.get();
            if (known, length, verdict & !1) == (address, name.len(), era) {
                return verdict & 1 == 1;
            }
        }
        let secret = is_secret(name);
        second.set(first.get());
        first.set((address, name.len(), era | usize::from(secret)));
        secret
    })
}

#[cfg(test)]
mod tests;
