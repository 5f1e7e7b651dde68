//! What no log line and no event shows: values of fields with telling names, and logins in URLs.
//!
//! `#[monitored]` records only what it is told to, but a field may be told to by mistake, and a line
//! of the log may come from a crate that knows no better.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock};

/// What stands in place of a secret.
pub(crate) const HIDDEN: &str = "[redacted]";

/// Names of secrets, in lower case and without separators.
const SECRETS: [&str; 22] = [
    "accesskey",
    "apikey",
    "authorization",
    "bearer",
    "cookie",
    "cookies",
    "credential",
    "credentials",
    "csrf",
    "cvv",
    "encryptionkey",
    "jwt",
    "passphrase",
    "passwd",
    "password",
    "passwords",
    "privatekey",
    "pwd",
    "secret",
    "secrets",
    "session",
    "token",
];

/// Those of the settings, in the same form.
static OWN: RwLock<Vec<String>> = RwLock::new(Vec::new());
/// How often they were set: what was found out before does not hold after.
static ERA: AtomicUsize = AtomicUsize::new(0);

/// Hides the fields of these names too, from now on.
pub(crate) fn hide(names: &[String]) {
    let names = names.iter().map(|name| squeezed(name)).collect();
    *OWN.write().unwrap_or_else(PoisonError::into_inner) = names;
    ERA.fetch_add(1, Ordering::Release);
}

fn squeezed(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

/// Whether a value of this name is not to be shown: `password`, `db.password`, `X-Api-Key`,
/// `accessToken`, `session_id`.
///
/// A known name has to end where a word of `name` does: `tokens_used` and `tokenizer` are no secrets.
pub(crate) fn is_secret(name: &str) -> bool {
    let own = OWN.read().unwrap_or_else(PoisonError::into_inner);
    let known = |word: &str| {
        let own = own.iter().map(String::as_str);
        SECRETS
            .into_iter()
            .chain(own)
            .any(|key| word.ends_with(key))
    };
    let mut word = String::with_capacity(name.len());
    let bytes = name.as_bytes();
    bytes.iter().enumerate().any(|(at, byte)| {
        if !byte.is_ascii_alphanumeric() {
            return false;
        }
        word.push(byte.to_ascii_lowercase().into());
        ends_word(*byte, &bytes[at + 1..]) && known(&word)
    })
}

/// Whether a word ends with a letter: at a separator, a digit, or the next capital.
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

/// [`is_secret`] for the names of `tracing`'s fields, which live for ever: each thread remembers
/// what it found out, since every line of the log asks.
#[inline]
pub(crate) fn is_secret_field(name: &'static str) -> bool {
    /// Address, length, and twice the era, plus one for a secret.
    type Found = Cell<(usize, usize, usize)>;
    /// Two names of a line that met in one place would each find it taken, line after line.
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

/// Hides the login of each URL from a place on: `postgres://app:pw@db/orders` is
/// `postgres://[redacted]@db/orders` (RFC 3986, section 3.2.1).
pub(crate) fn hide_logins(text: &mut Vec<u8>, from: usize) {
    // Most texts have no colon, and looking for one byte is what the standard library is fast at.
    if !text[from..].contains(&b':') || after_scheme(&text[from..]).is_none() {
        return;
    }
    let tail = text.split_off(from);
    let mut rest = tail.as_slice();
    while let Some(begin) = after_scheme(rest) {
        let (before, url) = rest.split_at(begin);
        text.extend_from_slice(before);
        let ends = |byte: &u8| byte.is_ascii_control() || b"/?#\\\"'<>` ".contains(byte);
        let end = url.iter().position(ends).unwrap_or(url.len());
        rest = match url[..end].iter().rposition(|byte| *byte == b'@') {
            None => url,
            Some(at) => {
                text.extend_from_slice(HIDDEN.as_bytes());
                &url[at..]
            }
        };
    }
    text.extend_from_slice(rest);
}

/// [`hide_logins`] in a string.
pub(crate) fn without_logins(text: String) -> String {
    if !text.contains("://") {
        return text;
    }
    let mut bytes = text.into_bytes();
    hide_logins(&mut bytes, 0);
    // Cut at ASCII characters only, it is UTF-8 as before.
    String::from_utf8(bytes).unwrap_or_else(|_| HIDDEN.into())
}

fn after_scheme(text: &[u8]) -> Option<usize> {
    let found = text.windows(3).position(|three| three == b"://");
    found.map(|at| at + 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_every_spelling() {
        let secret = [
            "password",
            "PASSWORD",
            "db.password",
            "dbpassword",
            "passwordHash",
            "password2",
            "API_KEY",
            "x-api-key",
            "apiKey",
            "APIKey",
            "access_token",
            "accessToken",
            "Set-Cookie",
            "session.id",
            "client_secret",
            "http.request.header.authorization",
            "privateKey",
            "r#token",
        ];
        for name in secret {
            assert!(is_secret(name), "{name}");
        }
        let shown = [
            "",
            "tokens_used",
            "tokenizer",
            "secretary",
            "sessions",
            "function",
            "message",
            "duration_ms",
            "error",
            "trace_id",
            "key",
            "api",
            "id",
            "passed",
            "authority",
            "ключ",
        ];
        for name in shown {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn what_a_thread_remembers_ends_with_the_setting() {
        assert!(is_secret_field("password") && is_secret_field("password"));
        assert!(!is_secret_field("iban_of_customer"));
        hide(&["IBAN".into(), "tax-number".into()]);
        assert!(is_secret_field("iban_of_customer") && is_secret_field("tax_number"));
        hide(&[]);
        assert!(!is_secret_field("iban_of_customer"));
    }

    #[test]
    fn logins_are_hidden_wherever_they_stand() {
        let cases = [
            (
                "postgres://app:p@ss@db/x?a=b@c",
                "postgres://[redacted]@db/x?a=b@c",
            ),
            (
                "a://u@h and b://v:w@i",
                "a://[redacted]@h and b://[redacted]@i",
            ),
            (
                "mongodb://u:p@h1:1,h2:2/db",
                "mongodb://[redacted]@h1:1,h2:2/db",
            ),
            ("http://h/u@x mail a@b", "http://h/u@x mail a@b"),
            ("é://ü:ö@h: ://", "é://[redacted]@h: ://"),
            ("12:30 // x@y", "12:30 // x@y"),
        ];
        for (text, expected) in cases {
            assert_eq!(without_logins(text.into()), expected);
        }
        let mut text = b"k://a@b k://c@d".to_vec();
        hide_logins(&mut text, 7);
        assert_eq!(text, b"k://a@b k://[redacted]@d");
    }
}
