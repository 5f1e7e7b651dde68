//! Parses the page of `/metrics` strictly: it panics on everything that a scraper would refuse.

use std::collections::{BTreeMap, BTreeSet};

use crate::Counts;
use crate::sample::{Sample, key, sample, whole};

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
        let mut histograms = Histograms::default();
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
                let (sample, pairs) = sample(line);
                let suffixes = match page.types.get(&family).map(String::as_str) {
                    Some("histogram") => &["_bucket", "_sum", "_count"][..],
                    Some("summary") => &["", "_sum", "_count"],
                    Some("counter" | "gauge") => &[""],
                    other => panic!("the type {other:?} of {line}"),
                };
                let suffix = sample.name.strip_prefix(&family);
                let belongs = suffix.is_some_and(|suffix| suffixes.contains(&suffix));
                assert!(belongs, "stands among the series of {family}: {line}");
                let fresh = series.insert(key(&sample.name, &pairs));
                assert!(fresh, "the same series twice: {line}");
                histograms.take(&sample, pairs);
                page.samples.push(sample);
            }
        }
        histograms.check();
        page
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

/// The buckets of a page so far, by [`key`] without the bound: the last bound and its calls.
#[derive(Default)]
struct Histograms {
    buckets: BTreeMap<String, (f64, f64)>,
    counts: BTreeMap<String, f64>,
}

impl Histograms {
    fn take(&mut self, sample: &Sample, mut pairs: Vec<&str>) {
        if let Some(family) = sample.name.strip_suffix("_count") {
            self.counts.insert(key(family, &pairs), sample.value);
        }
        let Some(family) = sample.name.strip_suffix("_bucket") else {
            return;
        };
        let bound = sample.labels.get("le").expect("a bucket has a bound");
        let bound: f64 = bound.parse().expect("a bound is a number");
        pairs.retain(|pair| !pair.starts_with("le="));
        let last = self.buckets.entry(key(family, &pairs));
        let (below, calls) = last.or_insert((f64::NEG_INFINITY, 0.0));
        assert!(*below < bound, "bounds rise: {sample:?}");
        assert!(*calls <= sample.value, "buckets add up: {sample:?}");
        (*below, *calls) = (bound, sample.value);
    }

    fn check(&self) {
        for (series, (bound, calls)) in &self.buckets {
            let is_inf = *bound == f64::INFINITY;
            assert!(is_inf, "the last bucket is +Inf: {series}");
            let count = self.counts.get(series);
            assert_eq!(count, Some(calls), "_count is +Inf: {series}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Page;

    const TYPES: &str = "# TYPE calls counter\n# TYPE seconds histogram\n";

    #[test]
    fn escapes_and_spaces_are_read() {
        let page = Page::parse(
            "# TYPE calls counter\ncalls{a=\"{x} \\\\ \\\"y\\\"\\n,\",b=\"\"} 1\ncalls 2\n",
        );
        assert_eq!(page.value("calls", &[]), Some(2.0));
        assert_eq!(page.samples[0].labels["a"], "{x} \\ \"y\"\n,");
        assert_eq!(page.samples[0].labels["b"], "");
    }

    #[test]
    fn what_a_scraper_refuses_is_refused() {
        let bucket =
            |bound: &str, calls| format!("seconds_bucket{{f=\"x\",le=\"{bound}\"}} {calls}\n");
        let count = "seconds_sum{f=\"x\"} 1\nseconds_count{f=\"x\"} 2\n";
        let histogram = |buckets: &[String]| format!("{TYPES}{}{count}", buckets.concat());
        let good = histogram(&[bucket("1", 1), bucket("+Inf", 2)]);
        assert_eq!(Page::parse(&good).samples.len(), 4);
        for bad in [
            "# TYPE calls counter\ncalls{a=\"1\",b=\"2\"} 1\ncalls{b=\"2\",a=\"1\"} 1\n".to_owned(),
            "# TYPE calls counter\ncalls{a=\"1\",a=\"2\"} 1\n".to_owned(),
            "# TYPE calls counter\ncalls{a=\"\\x\"} 1\n".to_owned(),
            "# TYPE calls counter\n# TYPE calls counter\ncalls 1\n".to_owned(),
            "# TYPE calls counter\nothers 1\n".to_owned(),
            "# TYPE calls counter\ncalls one\n".to_owned(),
            "calls 1\n".to_owned(),
            histogram(&[bucket("1", 1)]),
            histogram(&[bucket("1", 1), bucket("+Inf", 3)]),
            histogram(&[bucket("1", 3), bucket("+Inf", 2)]),
            histogram(&[bucket("2", 1), bucket("1", 1), bucket("+Inf", 2)]),
            format!("{TYPES}{}", bucket("+Inf", 2)),
        ] {
            let read = std::panic::catch_unwind(|| Page::parse(&bad));
            assert!(read.is_err(), "{bad}");
        }
    }
}
