//! Finds secrets in SQL statements and in a database's errors about them: `IDENTIFIED BY 'abc'`,
//! `INSERT INTO users (name, password) VALUES ('ada', 'abc')`, `Key (token)=(abc) already exists`.

use std::ops::Range;

use super::name::telling_name;
use super::notation::{end_of_bracket, quoted};
use super::prose::{is_credential, is_of_a_field, is_plain_word, names_a_field};
use super::text::{before_quote, end_of_value, word_before};
use super::{HIDDEN, is_secret};

/// Bytes in which the words before a value are searched.
const NEAR: usize = 192;
/// The longest list of columns that is examined, in bytes.
const MAX_LIST_BYTES: usize = 512;

/// Returns the value behind the space at `at`, if a statement says that it is secret.
///
/// A name that is also an ordinary word does not count: `unexpected token '}'`.
pub(super) fn statement(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let word = word_before(bytes, at);
    let value = quoted(bytes, at + 1);
    if word.eq_ignore_ascii_case("by") {
        let is_told = is_identified(text, at) && is_of_an_account(text, at);
        return match value {
            Some(value) => is_told.then(|| in_sql(bytes, value)),
            None if is_told && !text[at + 1..].starts_with(HIDDEN) => {
                Some(at + 1..end_of_value(bytes, at + 1))
            }
            None => None,
        }
        .filter(|value| !value.is_empty());
    }
    let value = value.filter(|value| !value.is_empty())?;
    let is_telling = if word.eq_ignore_ascii_case("replace") {
        is_identified(text, at)
    } else if word.eq_ignore_ascii_case("to") || bytes[..at].ends_with(b"=") {
        // `SET PASSWORD FOR 'ada'@'%' = 'abc'`
        has_word(text, at, "password for")
    } else {
        let end = ["LIKE", "ILIKE", "like", "ilike"]
            .contains(&word)
            .then(|| at - word.len() - 1);
        let name = telling_name(text, end.unwrap_or(at)).filter(|name| !name.starts_with('-'));
        name.is_some_and(|name| {
            // `SECRET 'abc'` of a statement; `token "abc123"`, not `token "name"`.
            let is_certain =
                !is_plain_word(name) || name == "SECRET" || is_credential(&text[value.clone()]);
            is_certain && !is_of_schema(text, at - name.len(), &value)
        })
    };
    is_telling.then(|| in_sql(bytes, value))
}

/// Returns `true` for the quoted word behind a name that is one of a form or a table: `missing password 'field'`.
fn is_of_schema(text: &str, start: usize, value: &Range<usize>) -> bool {
    let before = text[..start].trim_ascii_end();
    let before = before.strip_suffix(':').unwrap_or(before);
    let before = word_before(
        before.as_bytes(),
        before_quote(before.as_bytes(), before.len()),
    );
    is_of_a_field(before) || names_a_field(&text[value.clone()])
}

fn before(text: &str, at: usize) -> &str {
    let mut from = at.saturating_sub(NEAR);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    &text[from..at]
}

fn has_word(text: &str, at: usize, word: &str) -> bool {
    let near = before(text, at).as_bytes();
    near.windows(word.len())
        .any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

fn is_identified(text: &str, at: usize) -> bool {
    has_word(text, at, "identified ")
}

/// Returns `true` for a statement about an account, or the rest of one; a record may be `identified by 'id'`, too.
fn is_of_an_account(text: &str, at: usize) -> bool {
    const VERBS: [&str; 5] = ["create ", "alter ", "grant ", "near ", "if not exists "];
    before(text, at).contains("IDENTIFIED") || VERBS.iter().any(|verb| has_word(text, at, verb))
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

/// Finds values of columns with secret names.
pub(super) fn find(text: &str, ranges: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| *byte == b')') {
        let at = from + at;
        from = at + 1;
        let rest = &bytes[at + 1..];
        let blank = rest
            .iter()
            .take(NEAR)
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        let is_key = rest.starts_with(b"=(") || rest.starts_with(b" = (");
        let is_insert = rest[blank..]
            .get(..6)
            .is_some_and(|word| word.eq_ignore_ascii_case(b"values"));
        if !is_key && !is_insert {
            continue;
        }
        let Some(columns) = columns(text, at).filter(|columns| columns.contains(&true)) else {
            continue;
        };
        let open = rest.iter().position(|byte| *byte == b'(');
        let mut start = at
            + 1
            + if is_key {
                open.unwrap_or_default()
            } else {
                blank + 6
            };
        if is_key {
            let end = end_of_bracket(bytes, start).unwrap_or(start);
            ranges.push(start + 1..end.saturating_sub(1).max(start + 1));
            from = end.max(from);
            continue;
        }
        // One row behind another.
        loop {
            start += bytes[start..]
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace() || **byte == b',')
                .count();
            if bytes.get(start) != Some(&b'(') {
                break;
            }
            start = row(bytes, start + 1, &columns, ranges);
        }
        from = start.max(from);
    }
}

/// Returns, for each column of the list that ends at `end`, `true` if its name is secret.
fn columns(text: &str, end: usize) -> Option<Vec<bool>> {
    let near = text.as_bytes()[..end].iter().rev().take(MAX_LIST_BYTES);
    let length = near.take_while(|byte| !b"()".contains(byte)).count();
    let open = (end - length).checked_sub(1)?;
    let is_list = text.as_bytes()[open] == b'(';
    is_list.then(|| text[open + 1..end].split(',').map(is_secret).collect())
}

/// Reports the secret values of the row that begins at `start`, and returns its end.
fn row(bytes: &[u8], start: usize, columns: &[bool], ranges: &mut Vec<Range<usize>>) -> usize {
    let (mut column, mut depth, mut from, mut at) = (0, 0_usize, start, start);
    let mut report = |column: usize, range: Range<usize>| {
        let value = bytes[range.clone()].trim_ascii();
        let start = range.start
            + bytes[range]
                .iter()
                .take_while(|byte| byte.is_ascii_whitespace())
                .count();
        let is_value = value.first().is_some_and(|first| !b"$?:@%".contains(first));
        let is_nothing = [b"null".as_slice(), b"default"]
            .iter()
            .any(|word| value.eq_ignore_ascii_case(word));
        if columns.get(column) == Some(&true) && is_value && !is_nothing {
            let quotes = usize::from(value.len() > 2 && value[0] == b'\'' && value.ends_with(b"'"));
            ranges.push(start + quotes..start + value.len() - quotes);
        }
    };
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\'' => {
                let quote = bytes[at + 1..].iter().position(|end| *end == b'\'');
                at = quote.map_or(bytes.len(), |length| at + 1 + length);
            }
            b'(' => depth += 1,
            b')' if depth > 0 => depth -= 1,
            b',' if depth == 0 => {
                report(column, from..at);
                column += 1;
                from = at + 1;
            }
            b')' => break,
            _ => {}
        }
        at += 1;
    }
    let end = at.min(bytes.len());
    report(column, from.min(end)..end);
    (end + 1).min(bytes.len())
}
