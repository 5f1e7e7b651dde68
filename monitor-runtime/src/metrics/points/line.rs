//! One sample of a page.

use super::{Number, PointExemplar};
use crate::metrics::text_format::{first_label, unescape};

/// A sample: `name{labels} value`, and an exemplar behind `#`.
pub(super) struct Line<'t> {
    pub(super) name: &'t str,
    /// Escaped.
    labels: Vec<(&'t str, &'t str)>,
    value: &'t str,
    /// The labels, escaped, the value and the time of the exemplar.
    exemplar: Option<(Vec<(&'t str, &'t str)>, &'t str)>,
}

impl<'t> Line<'t> {
    pub(super) fn parse(line: &'t str) -> Option<Self> {
        let (name, rest) = line.split_at(line.find(['{', ' '])?);
        let (labels, rest) = labels(rest)?;
        let rest = rest.strip_prefix(' ')?;
        let (value, exemplar) = match rest.split_once(" # ") {
            Some((value, exemplar)) => (value, Some(self::labels(exemplar)?)),
            None => (rest, None),
        };
        Some(Self {
            name,
            labels,
            value,
            exemplar,
        })
    }

    /// Returns the labels but for one.
    pub(super) fn labels(&self, without: &str) -> Vec<(String, String)> {
        let kept = self.labels.iter().filter(|(key, _)| *key != without);
        kept.map(owned).collect()
    }

    pub(super) fn label(&self, key: &str) -> Option<&'t str> {
        let found = self.labels.iter().find(|(other, _)| *other == key);
        found.map(|(_, value)| *value)
    }

    /// Returns its value; a whole number as one.
    pub(super) fn number(&self) -> Option<Number> {
        match self.value.parse() {
            Ok(whole) => Some(Number::Int(whole)),
            Err(_) => self.value.parse().ok().map(Number::Float),
        }
    }

    pub(super) fn float(&self) -> f64 {
        self.value.parse().unwrap_or(f64::NAN)
    }

    pub(super) fn count(&self) -> u64 {
        self.value.parse().unwrap_or(0)
    }

    pub(super) fn exemplar(&self) -> Option<PointExemplar> {
        let (labels, rest) = self.exemplar.as_ref()?;
        let mut numbers = rest.split_whitespace().map(str::parse);
        Some(PointExemplar {
            labels: labels.iter().map(owned).collect(),
            value: numbers.next()?.ok()?,
            at: numbers.next()?.ok()?,
        })
    }
}

fn owned((key, value): &(&str, &str)) -> (String, String) {
    ((*key).to_owned(), unescape(value).into_owned())
}

/// Reads labels in braces, if there are any. Returns them and the rest of the text.
fn labels(text: &str) -> Option<(Vec<(&str, &str)>, &str)> {
    let mut labels = Vec::new();
    let Some(mut rest) = text.strip_prefix('{') else {
        return Some((labels, text));
    };
    while !rest.starts_with('}') {
        let (label, after) = first_label(rest)?;
        labels.push(label);
        rest = after;
    }
    Some((labels, &rest[1..]))
}
