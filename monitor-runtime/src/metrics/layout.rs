//! The series of the page and their labels as text, computed once for many pages.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::OnceLock;

use super::protobuf::labels::EncodedLabels;
use super::text_format::{InlineStr, canonical, index, label};
use crate::base::outcome::PANIC;
use crate::callsite::Site;
use crate::callsite::error_classes;
use crate::callsite::labels;
use crate::callsite::snapshot::{Name, Source, by_name};
use crate::settings::objective::Objective;

/// The series of all functions, in the order of their labels.
///
/// Numerous values lie side by side: a page reads all of them, and sequential memory is fast.
pub(super) struct Layout {
    pub(super) series: Vec<Series>,
    /// In the order of their series.
    pub(super) functions: Vec<Function>,
    /// The indices of the series of functions that are `async`.
    pub(super) futures: Vec<u32>,
    labels: String,
    sources: Vec<Source>,
    bounds: Vec<Bounds>,
    /// The objectives of functions, as labels; the first is that of functions without one.
    promises: Vec<Promise>,
    /// The number of call sites, and of label sets that have been called, when this was made.
    size: (usize, usize),
    /// Made by the first page that is asked for as protobuf.
    encoded: OnceLock<EncodedLabels>,
}

/// The calls of one set of labels.
pub(super) struct Series {
    labels: Range<usize>,
    sources: Range<usize>,
    /// The index of its bounds.
    bounds: u32,
    /// The index of its promise.
    promise: u32,
    /// Classes that exist before they are counted; most series have `panic` alone.
    classes: Option<Box<[&'static str]>>,
    /// `true` if its functions can be cancelled: the reasons exist before they are counted.
    pub(super) is_future: bool,
}

/// A function, with or without series.
pub(super) struct Function {
    /// Its labels without those that the attribute declares.
    pub(super) labels: String,
    /// The indices of its series.
    pub(super) series: Range<usize>,
}

/// The labels of an objective, each with a comma before it.
#[derive(Default)]
pub(super) struct Promise {
    /// Labels of the counter, if the objective has a success rate.
    pub(super) calls: String,
    /// Labels of the histogram, if the objective has a latency.
    pub(super) durations: String,
}

/// Upper bounds of buckets, which most functions share.
pub(super) struct Bounds {
    pub(super) seconds: &'static [f64],
    /// The text behind `le="` on each bucket's line, up to the value; `+Inf` is the last.
    pub(super) ends: Vec<InlineStr>,
}

impl Series {
    /// Returns the classes of errors that exist before they are counted.
    pub(super) fn classes(&self) -> &[&'static str] {
        self.classes.as_deref().unwrap_or(&[PANIC])
    }

    /// Returns the index of its promise.
    pub(super) fn promise(&self) -> usize {
        self.promise as usize
    }

    /// Returns `true` if its functions have an objective.
    pub(super) fn has_objective(&self) -> bool {
        self.promise > 0
    }
}

impl Layout {
    pub(super) fn new(sites: impl Iterator<Item = &'static Site>, service: &str) -> Self {
        // Read before the label sets: the next page finds one that appears meanwhile.
        let label_sets = labels::opened();
        let sites: Vec<_> = sites.collect();
        let by_name = by_name(sites.iter().copied());
        let functions = functions(&sites, by_name.keys(), service);
        let (mut bounds, mut promises) = (Shared::default(), Shared::default());
        promises.place((std::ptr::null(), 0), Promise::default);
        let (mut labels, mut sources) = (String::new(), Vec::new());
        let series = |(name, its): (Name, Vec<Source>)| {
            let (seconds, objective) = (its[0].bounds(), its[0].site.objective);
            let of_function = function_labels(&name, service);
            let own = name.labels.iter();
            let own: String = own
                .map(|(key, value)| ",".to_owned() + &label(key, value))
                .collect();
            let starts = (labels.len(), sources.len());
            labels.extend([&*of_function, &own]);
            let mut classes: Vec<_> = its
                .iter()
                .flat_map(|its| error_classes::known(its.site))
                .collect();
            classes.sort_unstable();
            classes.dedup();
            let is_future = its.iter().any(|its| its.site.is_future);
            sources.extend(its);
            Series {
                labels: starts.0..labels.len(),
                sources: starts.1..sources.len(),
                bounds: bounds.place((seconds.as_ptr(), seconds.len()), || Bounds::new(seconds)),
                classes: (*classes != [PANIC]).then(|| classes.into()),
                is_future,
                promise: objective.map_or(0, |objective| {
                    promises.place((objective, 1), || Promise::new(objective))
                }),
            }
        };
        let series: Vec<Series> = by_name.into_iter().map(series).collect();
        let futures = (0..).zip(&series).filter(|(_, series)| series.is_future);
        Self {
            futures: futures.map(|(index, _)| index).collect(),
            series,
            functions,
            labels,
            sources,
            bounds: bounds.kept,
            promises: promises.kept,
            size: (sites.len(), label_sets),
            encoded: OnceLock::new(),
        }
    }

    /// Returns `true` if no call site and no label set has been added since.
    pub(super) fn is_of(&self, sites: usize) -> bool {
        self.size == (sites, labels::opened())
    }

    /// Returns the labels, without braces, escaped.
    pub(super) fn labels(&self, series: &Series) -> &str {
        &self.labels[series.labels.clone()]
    }

    /// Returns the sources, several if functions share a name.
    pub(super) fn sources(&self, series: &Series) -> &[Source] {
        &self.sources[series.sources.clone()]
    }

    /// Returns the time of the first call, in milliseconds since the Unix epoch.
    pub(super) fn created(&self, series: &Series) -> Option<u64> {
        self.sources(series)
            .iter()
            .filter_map(Source::created)
            .min()
    }

    /// Returns the time of the first error of a class; of one that exists before it is counted, that
    /// of the first call.
    pub(super) fn class_created(&self, series: &Series, class: &str) -> Option<u64> {
        let created = self.created(series)?;
        if series.classes().contains(&class) {
            return Some(created);
        }
        let sources = self.sources(series).iter();
        let classes = sources.filter_map(|source| source.site.classes().created(class));
        // Another label set may have had the class before.
        classes
            .min()
            .map_or(Some(created), |class| Some(class.max(created)))
    }

    pub(super) fn bounds(&self, series: &Series) -> &Bounds {
        &self.bounds[series.bounds as usize]
    }

    pub(super) fn promise(&self, series: &Series) -> &Promise {
        &self.promises[series.promise as usize]
    }

    /// Returns all labels as fields of messages.
    pub(super) fn encoded(&self) -> &EncodedLabels {
        self.encoded.get_or_init(|| {
            let series = self.series.iter().map(|series| self.labels(series));
            let functions = self.functions.iter().map(|function| &*function.labels);
            let promises = self.promises.iter();
            let promises = promises.map(|promise| [&*promise.calls, &*promise.durations]);
            EncodedLabels::new(series, functions, promises)
        })
    }
}

fn function_labels(name: &Name, service: &str) -> String {
    let (function, module) = (
        label("function", name.function),
        label("module", name.module),
    );
    [&function, ",", &module, ",", service].concat()
}

/// Returns all functions that are counted. The names of series must be in their order.
fn functions<'n>(
    sites: &[&'static Site],
    series: impl Iterator<Item = &'n Name>,
    service: &str,
) -> Vec<Function> {
    let mut all = BTreeMap::new();
    for site in sites.iter().filter(|site| site.is_counted()) {
        all.insert(Name::of_function(site), 0..0);
    }
    for (index, name) in series.enumerate() {
        let places = all.entry(name.without_labels()).or_insert(0..0);
        // The series of a function lie side by side.
        if places.end == 0 {
            places.start = index;
        }
        places.end = index + 1;
    }
    let all = all.into_iter().map(|(name, series)| Function {
        labels: function_labels(&name, service),
        series,
    });
    all.collect()
}

/// Values that many series share, each kept once, by its address and a number.
struct Shared<K, T> {
    kept: Vec<T>,
    places: HashMap<(*const K, usize), u32>,
}

impl<K, T> Default for Shared<K, T> {
    fn default() -> Self {
        Self {
            kept: Vec::new(),
            places: HashMap::new(),
        }
    }
}

impl<K, T> Shared<K, T> {
    fn place(&mut self, key: (*const K, usize), make: impl FnOnce() -> T) -> u32 {
        *self.places.entry(key).or_insert_with(|| {
            self.kept.push(make());
            index(self.kept.len() - 1)
        })
    }
}

impl Promise {
    fn new(objective: &Objective) -> Self {
        let labels = |labels: Vec<(&str, String)>| {
            let labels = labels.iter();
            let labels = labels.map(|(key, value)| ",".to_owned() + &label(key, value));
            labels.collect::<String>()
        };
        Self {
            calls: objective.call_labels().map_or_else(String::new, labels),
            durations: objective.duration_labels().map_or_else(String::new, labels),
        }
    }
}

impl Bounds {
    fn new(seconds: &'static [f64]) -> Self {
        let all = seconds.iter().copied().chain([f64::INFINITY]);
        let end = |bound| InlineStr::join([&canonical(bound), "\"} "]);
        Self {
            seconds,
            ends: all.map(end).collect(),
        }
    }
}
