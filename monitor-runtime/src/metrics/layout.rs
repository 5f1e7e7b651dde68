//! Which series the page has and how their labels read, worked out once for many pages.

use std::collections::{BTreeMap, HashMap};

use super::line::{canonical, label};
use crate::labels;
use crate::site::Site;
use crate::tally::Source;

/// The series of all functions, in the order of their labels.
pub(super) struct Layout {
    pub(super) series: Vec<Series>,
    bounds: Vec<Bounds>,
    /// How many sites there were, and combinations of their labels.
    size: (usize, usize),
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
        // Before the lanes: one that appears meanwhile is found by the next page.
        let lanes = labels::opened();
        let mut by_name: BTreeMap<(&str, &str, String), Vec<Source>> = BTreeMap::new();
        let mut count = 0;
        for site in sites {
            count += 1;
            for lane in site.lanes().filter(|_| site.is_counted()) {
                let own = site.label_values(lane);
                let own: String = own
                    .map(|(key, value)| ",".to_owned() + &label(key, value))
                    .collect();
                let name = (site.module(), site.function(), own);
                by_name
                    .entry(name)
                    .or_default()
                    .push(Source::new(site, lane));
            }
        }
        let (mut bounds, mut places) = (Vec::new(), HashMap::new());
        let series = |((module, function, own), sources): ((&str, &str, String), Vec<Source>)| {
            let seconds = sources[0].bounds();
            let place = *places
                .entry((seconds.as_ptr(), seconds.len()))
                .or_insert_with(|| {
                    bounds.push(Bounds::new(seconds));
                    bounds.len() - 1
                });
            let (function, module) = (label("function", function), label("module", module));
            Series {
                labels: format!("{function},{module},{service}{own}"),
                sources,
                bounds: place,
            }
        };
        Self {
            series: by_name.into_iter().map(series).collect(),
            bounds,
            size: (count, lanes),
        }
    }

    /// Whether it still has all there is.
    pub(super) fn is_of(&self, sites: usize) -> bool {
        self.size == (sites, labels::opened())
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
