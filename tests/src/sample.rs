//! A line of `/metrics`.

use std::collections::BTreeMap;

/// The labels of a series.
pub type Labels = BTreeMap<String, String>;

/// A family's name and labels, and the value.
#[derive(Clone, Debug)]
pub struct Sample {
    /// With `_bucket`, `_sum` or `_count` where it has one.
    pub name: String,
    /// All labels, `le` included.
    pub labels: Labels,
    /// The value.
    pub value: f64,
}

impl Sample {
    /// Returns the value of a sample of a counter.
    pub fn count(&self) -> u64 {
        whole(self.value)
    }
}

/// Returns a text that two series share only if they are the same. Comparing the labels themselves takes most of the
/// time of a test: it is not optimised.
pub(crate) fn key(name: &str, pairs: &[&str]) -> String {
    let mut key = name.to_owned();
    for pair in pairs {
        key.push(',');
        key.push_str(pair);
    }
    key
}

/// Reads a line. Returns its pairs of key and value as they are written, too, in the order of their text.
pub(crate) fn sample(line: &str) -> (Sample, Vec<&str>) {
    let name_end = line.find(' ').expect("a name ends somewhere");
    let name_end = line[..name_end].find('{').unwrap_or(name_end);
    let (name, mut rest) = line.split_at(name_end);
    let (mut labels, mut pairs) = (Labels::new(), Vec::with_capacity(12));
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner;
        while !rest.starts_with('}') {
            let (key, quoted) = rest.split_once("=\"").expect("a label has a value");
            let (value, after) = unquote(quoted);
            pairs.push(&rest[..rest.len() - after.len()]);
            let again = labels.insert(key.to_owned(), value);
            assert_eq!(again, None, "the label {key} twice: {line}");
            rest = after.strip_prefix(',').unwrap_or(after);
        }
        rest = &rest[1..];
    }
    pairs.sort_unstable();
    let value = rest.trim();
    let value = value.parse().unwrap_or_else(|_| panic!("a value: {line}"));
    let name = name.to_owned();
    let sample = Sample {
        name,
        labels,
        value,
    };
    (sample, pairs)
}

/// Splits a text into a label's value up to its closing quote, and the rest.
fn unquote(text: &str) -> (String, &str) {
    let (mut value, mut rest) = (String::new(), text);
    loop {
        let quote = rest.find('"');
        let quote = quote.unwrap_or_else(|| panic!("a label value has no end: {text}"));
        let Some(escape) = rest[..quote].find('\\') else {
            value.push_str(&rest[..quote]);
            return (value, &rest[quote + 1..]);
        };
        value.push_str(&rest[..escape]);
        match rest.as_bytes().get(escape + 1) {
            Some(b'n') => value.push('\n'),
            Some(b'\\') => value.push('\\'),
            Some(b'"') => value.push('"'),
            other => panic!("the escape {other:?} in {text}"),
        }
        rest = &rest[escape + 2..];
    }
}

/// Returns a count as a whole number.
pub(crate) fn whole(value: f64) -> u64 {
    assert!(value >= 0.0 && value.fract() == 0.0, "{value} is no count");
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "just asserted"
    )]
    let whole = value as u64;
    whole
}
