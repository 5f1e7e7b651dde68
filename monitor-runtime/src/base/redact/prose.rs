//! Knows words that are not secret: those of sentences, types of a program, names of errors.

use super::text::is_prose;

/// Words that follow a name in a message about the name itself.
const SPEAKING: [&str; 59] = [
    "access",
    "an",
    "and",
    "are",
    "argument",
    "authentication",
    "but",
    "called",
    "can",
    "cannot",
    "command",
    "connection",
    "could",
    "does",
    "environment",
    "error",
    "expects",
    "expired",
    "failed",
    "failure",
    "field",
    "flag",
    "for",
    "from",
    "given",
    "has",
    "in",
    "invalid",
    "io",
    "is",
    "length",
    "missing",
    "must",
    "needed",
    "needs",
    "no",
    "not",
    "option",
    "or",
    "permission",
    "rejected",
    "required",
    "requires",
    "should",
    "succeeded",
    "supported",
    "the",
    "timed",
    "to",
    "too",
    "unable",
    "unexpected",
    "unknown",
    "used",
    "validation",
    "was",
    "when",
    "with",
    "without",
];

/// Words before a secret name that stands in quotes' stead for a field: `missing password 'field'`.
const OF_FIELDS: [&str; 25] = [
    "attribute",
    "column",
    "duplicate",
    "expected",
    "field",
    "find",
    "header",
    "key",
    "lacks",
    "missing",
    "no",
    "option",
    "parameter",
    "property",
    "required",
    "requires",
    "such",
    "table",
    "type",
    "undefined",
    "unexpected",
    "unknown",
    "unset",
    "variable",
    "without",
];

/// Types in the signature of a function or the declaration of a field.
const TYPES: [&str; 39] = [
    "Arc",
    "Box",
    "Bytes",
    "Cow",
    "HashMap",
    "HeaderValue",
    "Option",
    "OsString",
    "Password",
    "PathBuf",
    "Rc",
    "Result",
    "Secret",
    "SecretBox",
    "SecretString",
    "Self",
    "String",
    "Token",
    "Vec",
    "Zeroizing",
    "bool",
    "boolean",
    "bytes",
    "char",
    "dyn",
    "i32",
    "i64",
    "impl",
    "int",
    "integer",
    "number",
    "str",
    "string",
    "text",
    "u16",
    "u32",
    "u64",
    "usize",
    "varchar",
];

/// Returns `true` for a word that speaks of an option or of a name.
pub(super) fn speaks(word: &str) -> bool {
    SPEAKING
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known))
}

/// Returns `true` for a word before a name that makes the quoted word behind it that of a field.
pub(super) fn is_of_a_field(word: &str) -> bool {
    OF_FIELDS
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known))
}

/// Returns `true` for the word of a quoted text that names a part of a program, not a value.
pub(super) fn names_a_field(word: &str) -> bool {
    const NAMES: [&str; 8] = [
        "column",
        "field",
        "header",
        "input",
        "key",
        "parameter",
        "string",
        "value",
    ];
    NAMES.contains(&word)
}

/// Returns `true` if `word`, which `rest` follows, begins a sentence: `must be set`.
pub(super) fn begins_sentence(word: &str, rest: &[u8]) -> bool {
    let goes_on = rest.first() == Some(&b' ') && rest.get(1).is_some_and(u8::is_ascii_alphanumeric);
    speaks(word) && (goes_on || word.eq_ignore_ascii_case("required"))
}

/// Returns `true` for the name of an error: `InvalidTag`, `PasswordTooShort`.
pub(super) fn is_error(name: &str) -> bool {
    const FIRST: [&str; 7] = [
        "Invalid",
        "Missing",
        "No",
        "Not",
        "Required",
        "Unexpected",
        "Unsupported",
    ];
    const LAST: [&str; 10] = [
        "Denied", "Error", "Expired", "Failed", "Invalid", "Mismatch", "Missing", "NotFound",
        "Required", "TooShort",
    ];
    let begins = |first: &&str| {
        let rest = name.strip_prefix(*first);
        rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()))
    };
    FIRST.iter().any(begins) || LAST.iter().any(|last| name.ends_with(last))
}

/// Returns the length of the type that `text` begins with: `&'a mut str`, `Option<String>`.
pub(super) fn length_of_type(text: &str) -> Option<usize> {
    const MAX_TYPE_BYTES: usize = 64;
    let mut at = 0;
    let is_reference = text.starts_with('&');
    at += usize::from(is_reference);
    if is_reference && text[at..].starts_with('\'') {
        at += text[at..]
            .find(' ')
            .filter(|length| *length < MAX_TYPE_BYTES)?
            + 1;
    }
    at += if is_reference && text[at..].starts_with("mut ") {
        4
    } else {
        0
    };
    at += usize::from(is_reference && text[at..].starts_with('['));
    let in_name = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
    let length = text.as_bytes()[at..]
        .iter()
        .take(MAX_TYPE_BYTES)
        .take_while(in_name)
        .count();
    let name = &text[at..at + length];
    let is_known = TYPES.contains(&name)
        || (is_reference && name.starts_with(|c: char| c.is_ascii_uppercase()) && is_prose(name));
    let behind = &text.as_bytes()[at + length..];
    // `String("abc")` is a value.
    let ends = match behind.first() {
        None
        | Some(b',' | b')' | b'>' | b'<' | b';' | b'`' | b'?' | b'!' | b']' | b'\n' | b'}') => true,
        Some(b' ') => {
            matches!(behind.get(1), None | Some(b'=' | b'}' | b'('))
                || name == "impl"
                || name == "dyn"
        }
        _ => false,
    };
    (is_known && ends).then_some(at + length)
}

/// Returns `true` for a word with letters and digits, as keys and passwords are and words of a sentence are not.
pub(super) fn is_credential(word: &str) -> bool {
    const SHORTEST: usize = 6;
    let has = |kind: fn(&u8) -> bool| word.as_bytes().iter().any(kind);
    word.len() >= SHORTEST
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_alphabetic)
        && !has(u8::is_ascii_whitespace)
}

/// Returns `true` for ordinary words, which may be joined: `well-formed`, `null/empty`, `don't`.
pub(super) fn is_worded(word: &str) -> bool {
    let mut parts = word.split(['-', '/', '\'', '_']);
    parts.all(|part| part.is_empty() || is_prose(part))
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
