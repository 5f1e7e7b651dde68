//! A line of a page that another exporter rendered.

use std::borrow::Cow;

use super::family::{Family, Kind};
use super::text_format::{canonical, first_label, push};

/// The labels that a format has for itself: of a bucket, and of a quantile.
const BOUND: &str = "le";
const QUANTILE: &str = "quantile";
/// The beginning of the names that both formats reserve, as the one of `__name__`.
const RESERVED: &str = "__";
/// Put before the name of a label of the service that is reserved. Prometheus renames a scraped label in the
/// same way.
const EXPORTED: &str = "exported_";

/// A line with the value of a series.
pub(super) struct Sample<'t> {
    name: &'t str,
    /// The end of its name that the exporter left out; see [`Sample::left_out`].
    left_out: &'static str,
    /// Values as they were written, escaped.
    labels: Vec<(Cow<'t, str>, &'t str)>,
    pub(super) value: f64,
    /// As it was written.
    written: &'t str,
}

impl<'t> Sample<'t> {
    /// Parses a line. Returns the reason if a scraper would refuse it.
    pub(super) fn parse(line: &'t str) -> Result<Self, &'static str> {
        Self::parts(line)
            .ok_or("a scraper cannot parse the line")?
            .checked()
    }

    fn parts(line: &'t str) -> Option<Self> {
        let (name, mut rest) = line.split_at(line.find(['{', ' '])?);
        let mut labels = Vec::new();
        if let Some(inner) = rest.strip_prefix('{') {
            rest = inner;
            while !rest.starts_with('}') {
                let ((key, value), after) = first_label(rest)?;
                labels.push((Cow::Borrowed(key), value));
                rest = after;
            }
            rest = &rest[1..];
        }
        let written = rest.strip_prefix(' ')?;
        Some(Self {
            name,
            left_out: "",
            labels,
            value: written.parse().ok()?,
            written,
        })
    }

    fn checked(mut self) -> Result<Self, &'static str> {
        // The exporter writes its own `le` or `quantile` last, so the earlier ones are the
        // service's.
        for reserved in [BOUND, QUANTILE] {
            let has = |(key, _): &&(Cow<'_, str>, &str)| key == reserved;
            let theirs = self.labels.iter().filter(has).count().saturating_sub(1);
            self.rename(theirs, |key| key == reserved);
        }
        self.rename(usize::MAX, |key| key.starts_with(RESERVED));
        let keys: Vec<&str> = self.labels().map(|(key, _)| key).collect();
        if !keys.iter().all(|key| is_key(key)) {
            return Err("the name of a label is not valid in Prometheus");
        }
        if (1..keys.len()).any(|place| keys[..place].contains(&keys[place])) {
            return Err("two labels have one name");
        }
        Ok(self)
    }

    /// Renames the first labels whose names are reserved.
    fn rename(&mut self, most: usize, is_reserved: impl Fn(&str) -> bool) {
        let all = self.labels.iter_mut().filter(|(key, _)| is_reserved(key));
        for (key, _) in all.take(most) {
            *key = Cow::Owned([EXPORTED, key].concat());
        }
    }

    /// Returns the sample of a family, with its whole name, and with labels renamed if the family's
    /// format reserves their names.
    pub(super) fn within(mut self, family: &Family<'_>) -> Self {
        self.left_out = self.left_out(family);
        if let Some("_sum" | "_count") = self.end(family) {
            match family.kind {
                Kind::Histogram => self.rename(usize::MAX, |key| key == BOUND),
                Kind::Summary => self.rename(usize::MAX, |key| key == QUANTILE),
                _ => {}
            }
        }
        self
    }

    /// Returns the suffix that the exporter left out because the family's name ends like it: of
    /// `row_count` and of `discount`, the count is called as the family.
    fn left_out(&self, family: &Family<'_>) -> &'static str {
        let suffixes: &[&str] = match family.kind {
            _ if self.name != family.name => &[],
            Kind::Histogram => &["_bucket", "_sum", "_count"],
            Kind::Summary if !self.is_quantile() => &["_sum", "_count"],
            _ => &[],
        };
        let ends = |suffix: &&&str| family.name.ends_with(&suffix[1..]);
        suffixes.iter().find(ends).copied().unwrap_or_default()
    }

    /// Returns `true` if its last label is a quantile, which the exporter writes last, and not a
    /// label of the service with that name.
    fn is_quantile(&self) -> bool {
        let last = self.labels.last().filter(|(key, _)| key == QUANTILE);
        let quantile = last.and_then(|(_, value)| value.parse::<f64>().ok());
        quantile.is_some_and(|quantile| (0.0..=1.0).contains(&quantile))
    }

    /// Returns the end of its name that the family's name does not have, if it is of the family.
    pub(super) fn end(&self, family: &Family<'_>) -> Option<&str> {
        match self.name.strip_prefix(family.name)? {
            "" => Some(self.left_out),
            end => Some(end),
        }
    }

    /// Returns its labels with their values, escaped.
    pub(super) fn labels(&self) -> impl Iterator<Item = (&str, &'t str)> {
        self.labels.iter().map(|(key, value)| (&**key, *value))
    }

    /// Returns the value of a label, escaped.
    pub(super) fn label(&self, key: &str) -> Option<&'t str> {
        let mut labels = self.labels();
        labels.find_map(|(other, value)| (other == key).then_some(value))
    }

    /// Returns `true` if it has a label of that name.
    pub(super) fn has(&self, key: &str) -> bool {
        self.label(key).is_some()
    }

    /// Returns `true` if it has these labels and no others, in any order.
    pub(super) fn has_the_labels_of(&self, other: &Self) -> bool {
        let has = |label| other.labels.contains(label);
        self.labels.len() == other.labels.len() && self.labels.iter().all(has)
    }

    /// Returns `true` if a sample of this name belongs to the family.
    pub(super) fn is_of(&self, family: &Family<'_>) -> bool {
        let has = |key: &str| self.has(key);
        match (family.kind, self.end(family)) {
            (Kind::Histogram, Some("_bucket")) => has(BOUND),
            (Kind::Summary, Some("")) => has(QUANTILE),
            (Kind::Histogram | Kind::Summary, Some("_sum" | "_count"))
            | (Kind::Counter | Kind::Unnamed | Kind::Gauge | Kind::Info, Some("")) => true,
            _ => false,
        }
    }

    /// Writes it, with bounds and quantiles spelled as the runtime spells its own.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        push(out, self.name);
        push(out, self.left_out);
        for (place, (key, value)) in self.labels().enumerate() {
            push(out, if place == 0 { "{" } else { "," });
            push(out, key);
            push(out, "=\"");
            match value.parse() {
                Ok(number) if [BOUND, QUANTILE].contains(&key) => push(out, &canonical(number)),
                _ => push(out, value),
            }
            push(out, "\"");
        }
        push(out, if self.labels.is_empty() { " " } else { "} " });
        push(out, self.written);
        out.push(b'\n');
    }
}

/// Returns `true` for a valid name of a label.
pub(super) fn is_key(key: &str) -> bool {
    !key.starts_with(|first: char| first.is_ascii_digit())
        && !key.is_empty()
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
