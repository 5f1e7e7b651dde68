//! Which series the page has and how their labels read, worked out once for many pages.

use std::collections::{BTreeMap, HashMap};

use super::line::{canonical, label};
use crate::site::Site;
use crate::tally::Source;

/// The series of all functions, in the order of their labels.
pub(super) struct Layout {
    pub(super) series: Vec<Series>,
    bounds: Vec<Bounds>,
    /// How many sites there were.
    sites: usize,
}

/// What is counted under one set of labels.
pub(super) struct Series {
    /// Without braces, escaped.
    pub(super) labels: String,
    /// Several when functions share a name.
    pub(super) sources: Vec<Source>,
    /// Place of its bounds.
    bounds: usize,
}

/// Upper bounds of buckets, which most functions share.
pub(super) struct Bounds {
    pub(super) seconds: &'static [f64],
    /// What stands behind `le="` on each bucket's line, up to the value; `+Inf` is the last.
    pub(super) ends: Vec<String>,
}

impl Layout {
    pub(super) fn of(sites: impl Iterator<Item = &'static Site>, service: &str) -> Self {
        let mut by_name: BTreeMap<(&str, &str), Vec<Source>> = BTreeMap::new();
        let mut count = 0;
        for site in sites {
            count += 1;
            if site.is_counted() {
                let name = (site.module(), site.function());
                by_name.entry(name).or_default().push(Source::of(site));
            }
        }
        let (mut bounds, mut places) = (Vec::new(), HashMap::new());
        let series = |((module, function), sources): ((&str, &str), Vec<Source>)| {
            let seconds = sources[0].bounds();
            let place = *places
                .entry((seconds.as_ptr(), seconds.len()))
                .or_insert_with(|| {
                    bounds.push(Bounds::new(seconds));
                    bounds.len() - 1
                });
            let (function, module) = (label("function", function), label("module", module));
            Series {
                labels: format!("{function},{module},{service}"),
                sources,
                bounds: place,
            }
        };
        Self {
            series: by_name.into_iter().map(series).collect(),
            bounds,
            sites: count,
        }
    }

    /// Whether it still has all there is.
    pub(super) fn is_of(&self, sites: usize) -> bool {
        self.sites == sites
    }

    pub(super) fn bounds(&self, series: &Series) -> &Bounds {
        &self.bounds[series.bounds]
    }
}

impl Bounds {
    fn new(seconds: &'static [f64]) -> Self {
        let all = seconds.iter().copied().chain([f64::INFINITY]);
        let end = |bound| format!("{}\"}} ", canonical(bound));
        Self {
            seconds,
            ends: all.map(end).collect(),
        }
    }
}
