//! The fields of a span, kept with it as JSON.

use std::error::Error;
use std::fmt::Debug;

use tracing::field::{Field, Visit};

use super::json_text::{
    push_error, push_name_in_span, push_safely, push_shown, push_str, push_value,
};

/// Bytes that a few fields take, so that most spans allocate once.
const ROOM: usize = 64;

/// The fields that a span was opened with and has recorded since: `"a":1,"b":"x",`.
#[derive(Debug, Default, PartialEq)]
pub(super) struct SpanFields {
    json: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Debug, PartialEq)]
struct Entry {
    name: &'static str,
    /// The end of the field in the JSON; it begins at the end of the one before.
    end: usize,
}

impl SpanFields {
    /// Returns the fields, each followed by a comma.
    pub(super) fn json(&self) -> &[u8] {
        &self.json
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Takes later values, which replace earlier ones of the same name.
    pub(super) fn update(&mut self, later: &Self) {
        let mut start = 0;
        for entry in &later.entries {
            self.forget(entry.name);
            self.json.extend_from_slice(&later.json[start..entry.end]);
            self.keep(entry.name);
            start = entry.end;
        }
    }

    fn put(&mut self, name: &'static str, value: impl FnOnce(&mut Vec<u8>)) {
        self.put_with(name, |out| push_safely(out, name, value));
    }

    fn put_with(&mut self, name: &'static str, value: impl FnOnce(&mut Vec<u8>)) {
        self.forget(name);
        if self.json.capacity() == 0 {
            self.json.reserve(ROOM);
        }
        push_name_in_span(&mut self.json, name);
        value(&mut self.json);
        self.json.push(b',');
        self.keep(name);
    }

    fn keep(&mut self, name: &'static str) {
        let end = self.json.len();
        self.entries.push(Entry { name, end });
    }

    /// Removes the earlier value of a field, so that a field recorded again and again does not make
    /// the span grow.
    fn forget(&mut self, name: &str) {
        let Some(at) = self.entries.iter().position(|entry| entry.name == name) else {
            return;
        };
        let start = if at == 0 { 0 } else { self.entries[at - 1].end };
        let end = self.entries.remove(at).end;
        self.json.drain(start..end);
        for entry in &mut self.entries[at..] {
            entry.end -= end - start;
        }
    }
}

impl Visit for SpanFields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let name = field.name();
        // The `log` crate's metadata of a record is not a field of a span.
        if !name.starts_with("log.") {
            let name = name.strip_prefix("r#").unwrap_or(name);
            self.put(name, |out| push_shown(out, format_args!("{value:?}")));
        }
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field.name(), |out| push_str(out, value));
    }
    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let name = field.name();
        self.put_with(name, |out| push_error(out, name, value));
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field.name(), |out| push_value(out, value));
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field.name(), |out| push_value(out, value));
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field.name(), |out| push_value(out, value));
    }
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field.name(), |out| push_value(out, value));
    }
    fn record_bytes(&mut self, field: &Field, value: &[u8]) {
        self.put(field.name(), |out| push_value(out, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(fields: &mut SpanFields, name: &'static str, value: u64) {
        fields.put(name, |out| push_value(out, value));
    }

    #[test]
    fn a_later_value_replaces_the_earlier_one_and_leaves_nothing_behind() {
        let mut fields = SpanFields::default();
        number(&mut fields, "a", 1);
        number(&mut fields, "b", 2);
        for value in 10..20 {
            number(&mut fields, "a", value);
        }
        assert_eq!(fields.json(), br#""b":2,"a":19,"#);
        number(&mut fields, "b", 300);
        assert_eq!(fields.json(), br#""a":19,"b":300,"#);

        let mut later = SpanFields::default();
        number(&mut later, "c", 4);
        number(&mut later, "a", 5);
        fields.update(&later);
        assert_eq!(fields.json(), br#""b":300,"c":4,"a":5,"#);
    }
}
