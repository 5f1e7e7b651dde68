//! Parses the page of `/metrics` strictly: it panics on everything that a scraper would refuse.

use std::collections::{BTreeMap, BTreeSet};

use crate::Counts;

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

/// One scrape.
#[derive(Clone, Debug)]
pub struct Page {
    /// In the order of the page.
    pub samples: Vec<Sample>,
    /// The `# TYPE` of each family.
    pub types: BTreeMap<String, String>,
    /// The `# HELP` of each family.
    pub help: BTreeMap<String, String>,
}

impl Page {
    /// Reads a page of text format 0.0.4.
    ///
    /// Panics when it is not one: a series twice, a family split or declared twice, a sample without a
    /// family, a histogram whose buckets do not add up.
    pub fn parse(text: &str) -> Self {
        assert!(text.ends_with('\n'), "the last line has an end");
        let mut page = Self {
            samples: Vec::new(),
            types: BTreeMap::new(),
            help: BTreeMap::new(),
        };
        let mut family = String::new();
        let mut series = BTreeSet::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').unwrap_or((rest, ""));
                let again = page.help.insert(name.to_owned(), help.to_owned());
                assert_eq!(again, None, "a second HELP of {name}");
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').expect("a name and a type");
                let again = page.types.insert(name.to_owned(), kind.to_owned());
                assert_eq!(again, None, "a second TYPE of {name}");
                name.clone_into(&mut family);
            } else if !line.starts_with('#') {
                let sample = sample(line);
                let suffixes = match page.types.get(&family).map(String::as_str) {
                    Some("histogram") => &["_bucket", "_sum", "_count"][..],
                    Some("summary") => &["", "_sum", "_count"],
                    Some("counter" | "gauge") => &[""],
                    other => panic!("the type {other:?} of {line}"),
                };
                let suffix = sample.name.strip_prefix(&family);
                let belongs = suffix.is_some_and(|suffix| suffixes.contains(&suffix));
                assert!(belongs, "stands among the series of {family}: {line}");
                let fresh = series.insert((sample.name.clone(), sample.labels.clone()));
                assert!(fresh, "the same series twice: {line}");
                page.samples.push(sample);
            }
        }
        page.check_histograms();
        page
    }

    fn check_histograms(&self) {
        let mut below: BTreeMap<(&str, Labels), (f64, f64)> = BTreeMap::new();
        for sample in &self.samples {
            let Some(family) = sample.name.strip_suffix("_bucket") else {
                continue;
            };
            let mut labels = sample.labels.clone();
            let bound = labels.remove("le").expect("a bucket has a bound");
            let bound: f64 = bound.parse().expect("a bound is a number");
            let (last, calls) = below
                .entry((family, labels))
                .or_insert((f64::NEG_INFINITY, 0.0));
            assert!(*last < bound, "bounds rise: {sample:?}");
            assert!(*calls <= sample.value, "buckets add up: {sample:?}");
            (*last, *calls) = (bound, sample.value);
        }
        for ((family, labels), (bound, calls)) in below {
            let is_inf = bound == f64::INFINITY;
            assert!(is_inf, "the last bucket is +Inf: {family} {labels:?}");
            let mut counts = self.samples.iter().filter(|sample| {
                sample.name.strip_suffix("_count") == Some(family) && sample.labels == labels
            });
            let count = counts.next().map(|sample| sample.value);
            assert_eq!(count, Some(calls), "_count is +Inf: {family} {labels:?}");
        }
    }

    /// Returns the series of this name that have at least these labels.
    pub fn find<'p>(
        &'p self,
        name: &'p str,
        labels: &'p [(&str, &str)],
    ) -> impl Iterator<Item = &'p Sample> {
        let has = |sample: &Sample, (name, value): &(&str, &str)| {
            sample.labels.get(*name).is_some_and(|has| has == value)
        };
        self.samples.iter().filter(move |sample| {
            sample.name == name && labels.iter().all(|label| has(sample, label))
        })
    }

    /// Returns the value of the one series with exactly these labels, `module` and `service_name`
    /// aside.
    ///
    /// Panics when functions of several modules share the name.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let own = ["module", "service_name"];
        let mut found = self.find(name, labels).filter(|sample| {
            let others = sample
                .labels
                .keys()
                .filter(|key| !own.contains(&key.as_str()));
            others.count() == labels.len()
        });
        let value = found.next().map(|sample| sample.value);
        if let Some(other) = found.next() {
            panic!("{name} {labels:?} is not one series: there is {other:?} too");
        }
        value
    }

    /// Returns `function_calls_total` without an error class.
    pub fn calls(&self, function: &str, result: &str) -> u64 {
        let labels = [("function", function), ("result", result)];
        whole(self.value("function_calls_total", &labels).unwrap_or(0.0))
    }

    /// Returns `function_calls_total` of an error class.
    pub fn errors(&self, function: &str, class: &str) -> u64 {
        let labels = [
            ("function", function),
            ("result", "error"),
            ("error", class),
        ];
        whole(self.value("function_calls_total", &labels).unwrap_or(0.0))
    }

    /// Returns `function_calls_duration_seconds_count`.
    pub fn count(&self, function: &str, result: &str) -> u64 {
        whole(self.duration("count", function, result).unwrap_or(0.0))
    }

    /// Returns `function_calls_duration_seconds_sum`.
    pub fn sum(&self, function: &str, result: &str) -> f64 {
        self.duration("sum", function, result).unwrap_or(0.0)
    }

    fn duration(&self, what: &str, function: &str, result: &str) -> Option<f64> {
        let name = format!("function_calls_duration_seconds_{what}");
        self.value(&name, &[("function", function), ("result", result)])
    }

    /// Returns `function_calls_duration_seconds_bucket`: bounds, and the calls up to each.
    pub fn buckets(&self, function: &str, result: &str) -> Vec<(f64, u64)> {
        let labels = [("function", function), ("result", result)];
        self.find("function_calls_duration_seconds_bucket", &labels)
            .filter_map(|sample| Some((sample.labels["le"].parse().ok()?, whole(sample.value))))
            .collect()
    }

    /// Returns `function_calls_concurrent`.
    ///
    /// Panics when the function is not on the page.
    pub fn concurrent(&self, function: &str) -> u64 {
        let value = self.value("function_calls_concurrent", &[("function", function)]);
        whole(value.unwrap_or_else(|| panic!("{function} is on the page")))
    }

    /// Returns the cancelled calls of series with at least these labels, by reason; "" for those
    /// without one. Series at 0 are left out.
    pub fn cancelled(&self, labels: &[(&str, &str)]) -> Vec<(String, u64)> {
        let cancelled = [labels, &[("result", "cancelled")]].concat();
        let mut all = BTreeMap::new();
        for sample in self.find("function_calls_total", &cancelled) {
            let reason = sample.labels.get("error").cloned().unwrap_or_default();
            *all.entry(reason).or_default() += sample.count();
        }
        all.into_iter().filter(|(_, calls)| *calls > 0).collect()
    }

    /// Returns all counts of a function.
    pub fn counts(&self, function: &str) -> Counts {
        Counts {
            ok: self.calls(function, "ok"),
            error: self.calls(function, "error"),
            panic: self.errors(function, "panic"),
            cancelled: {
                let cancelled = self.cancelled(&[("function", function)]);
                cancelled.iter().map(|(_, calls)| calls).sum()
            },
            timed_ok: self.count(function, "ok"),
            timed_error: self.count(function, "error"),
            timed_cancelled: self.count(function, "cancelled"),
            concurrent: self.concurrent(function),
        }
    }

    /// Returns the names and modules of all functions on the page.
    pub fn functions(&self) -> BTreeSet<(&str, &str)> {
        let gauges = self.find("function_calls_concurrent", &[]);
        gauges
            .map(|sample| {
                (
                    sample.labels["module"].as_str(),
                    sample.labels["function"].as_str(),
                )
            })
            .collect()
    }
}

/// Returns a count as a whole number.
fn whole(value: f64) -> u64 {
    assert!(value >= 0.0 && value.fract() == 0.0, "{value} is no count");
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "just asserted"
    )]
    let whole = value as u64;
    whole
}

fn sample(line: &str) -> Sample {
    let name_end = line.find(['{', ' ']).expect("a name ends somewhere");
    let (name, mut rest) = line.split_at(name_end);
    let mut labels = Labels::new();
    if let Some(inner) = rest.strip_prefix('{') {
        rest = inner;
        while !rest.starts_with('}') {
            let (key, quoted) = rest.split_once("=\"").expect("a label has a value");
            let (value, after) = unquote(quoted);
            let again = labels.insert(key.to_owned(), value);
            assert_eq!(again, None, "the label {key} twice: {line}");
            rest = after.strip_prefix(',').unwrap_or(after);
        }
        rest = &rest[1..];
    }
    let value = rest.trim();
    let value = value.parse().unwrap_or_else(|_| panic!("a value: {line}"));
    Sample {
        name: name.to_owned(),
        labels,
        value,
    }
}

/// Splits a text into a label's value up to its closing quote, and the rest.
fn unquote(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &text[at + 1..]),
            '\\' => match characters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, escaped @ ('\\' | '"'))) => value.push(escaped),
                other => panic!("the escape {other:?} in {text}"),
            },
            other => value.push(other),
        }
    }
    panic!("a label value has no end: {text}")
}
