//! Knows the members of a structure: those that name another one, and those that have its value.

use super::name::wrappers;
use super::prose::{begins_sentence, is_plain_word};
use super::text::{MAX_ESCAPES, is_quote};
use super::{is_secret, last_word};

/// The longest name that is examined, in bytes.
pub(super) const MAX_MEMBER_BYTES: usize = 128;

/// Last words of members that name another member.
const LABELS: [&str; 13] = [
    "attribute",
    "env",
    "field",
    "header",
    "k",
    "key",
    "name",
    "option",
    "param",
    "parameter",
    "property",
    "setting",
    "variable",
];
/// Last words of members that have the value.
const VALUES: [&str; 7] = ["content", "data", "default", "v", "val", "value", "values"];
/// Members of a type with a secret name that have its value.
const INSIDES: [&str; 14] = [
    "0", "access", "bytes", "content", "data", "hash", "inner", "key", "raw", "refresh", "secret",
    "string", "text", "value",
];
/// Members of a parser's token.
const OF_PARSERS: [&str; 8] = [
    "col", "column", "kind", "line", "pos", "position", "range", "span",
];

/// The role of a member in its structure.
#[derive(Clone, Copy, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a member may have several roles"
)]
pub(super) struct Role {
    /// Names another member: `name`, `header_name`.
    pub(super) is_label: bool,
    /// Has the value that a label names: `value`, `stringValue`.
    pub(super) is_value: bool,
    /// Has the value of its structure: `inner`.
    pub(super) is_inside: bool,
    /// Belongs to a parser's token: `kind`, `span`.
    pub(super) is_of_a_parser: bool,
}

impl Role {
    pub(super) fn of_member(name: &str) -> Self {
        let last = last_word(name);
        let is = |known: &[&str]| known.iter().any(|word| last.eq_ignore_ascii_case(word));
        Self {
            is_label: is(&LABELS),
            is_value: is(&VALUES),
            is_inside: INSIDES.contains(&name),
            is_of_a_parser: OF_PARSERS.contains(&name),
        }
    }

    /// Returns `true` for an element whose text is the value that its `name` or `key` names.
    pub(super) fn is_entry(tag: &str) -> bool {
        const ENTRIES: [&str; 5] = ["add", "entry", "item", "string", "var"];
        let is = |known: &[&str]| known.iter().any(|word| tag.eq_ignore_ascii_case(word));
        is(&ENTRIES) || is(&LABELS) || is(&VALUES)
    }

    /// Returns the role of an XML element. Property lists have their values in `string`.
    pub(super) fn of_element(name: &str) -> Self {
        let is = |known: &[&str]| known.iter().any(|word| name.eq_ignore_ascii_case(word));
        Self {
            is_label: is(&LABELS),
            is_value: is(&VALUES) || is(&["string"]),
            ..Self::default()
        }
    }
}

/// Returns `true` if the text at `start` begins a sentence: `must be set`.
pub(super) fn says_something(text: &str, start: usize) -> bool {
    let bytes = text.as_bytes();
    let word = bytes[start..]
        .iter()
        .take(MAX_MEMBER_BYTES)
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    begins_sentence(&text[start..start + word], &bytes[start + word..])
}

/// Returns the bracket that the value at `start` begins with, behind a type perhaps: `String(`, `Value {`.
pub(super) fn bracket_of(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let in_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_: ".contains(*byte);
    let name = bytes[start..].iter().take(MAX_MEMBER_BYTES);
    let open = start + name.take_while(in_name).count();
    matches!(bytes.get(open), Some(b'{' | b'[' | b'(')).then_some(open)
}

/// Returns `true` if the text at `start` names a secret: `"DB_PASSWORD"`, `Some("password")`.
pub(super) fn is_telling(text: &str, start: usize) -> bool {
    let bytes = text.as_bytes();
    let start = start + wrappers(&bytes[start..]);
    let blank = bytes[start..].iter().take(MAX_MEMBER_BYTES);
    let start = start + blank.take_while(|byte| byte.is_ascii_whitespace()).count();
    let escapes = bytes[start..]
        .iter()
        .take_while(|byte| **byte == b'\\')
        .take(MAX_ESCAPES)
        .count();
    let quote = bytes.get(start + escapes).filter(|byte| is_quote(byte));
    let from = start + quote.map_or(0, |_| escapes + 1);
    let in_name = |byte: &&u8| {
        byte.is_ascii_alphanumeric()
            || b"_-./: ".contains(*byte) && (quote.is_some() || **byte != b' ')
    };
    let length = bytes[from..]
        .iter()
        .take(MAX_MEMBER_BYTES)
        .take_while(in_name)
        .count();
    let name = &text[from..from + length];
    // `name=token value=7`
    let is_word = quote.is_none() && is_plain_word(name) && bytes.get(from + length) == Some(&b' ');
    is_secret(name) && !is_word
}

/// Returns the position behind a quoted text whose brackets belong to no structure.
pub(super) fn end_of_text(text: &str, at: usize) -> usize {
    let bytes = text.as_bytes();
    let near = &bytes[at + 1..bytes.len().min(at + 1 + MAX_MEMBER_BYTES)];
    let length = near.iter().position(|byte| b"\":=\\".contains(byte));
    length
        .filter(|length| near[*length] == b'"')
        .map_or(at + 1, |length| at + 1 + length)
}

/// Returns the name of the tag that begins at `start`.
pub(super) fn tag(text: &str, start: usize) -> &str {
    let in_name = |byte: &&u8| byte.is_ascii_alphanumeric() || b"_-".contains(*byte);
    let name = text.as_bytes()[start..].iter().take(MAX_MEMBER_BYTES);
    &text[start..start + name.take_while(in_name).count()]
}
