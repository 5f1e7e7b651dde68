//! Every annotated function of the binary and its dependencies, with the attribute's settings, as
//! data.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use serde::{Serialize, Serializer};

use crate::base::outcome::Outcome;
use crate::base::rate_limit::Throttle;
use crate::callsite;
use crate::callsite::Site;
use crate::callsite::error_classes;
use crate::callsite::labels::Values;
use crate::callsite::snapshot::{Tally, sources};
use crate::metrics::{RESULTS, Service};
use crate::settings::objective::{Cancelled, Objective};

/// The JSON Schema (draft 2020-12) of [`Inventory`] as JSON, as `GET /inventory` returns it.
pub const SCHEMA: &str = include_str!("inventory/schema.json");

/// OpenTelemetry's name for a service without a name.
const NAMELESS: &str = "unknown_service";

/// Lists every function with `#[monitored]` in this binary and its dependencies, called or not.
///
/// Name and version of the service are those of the runtime that was started last. In a test or a
/// build step without one, [`Inventory::service`] sets them; until then the name is
/// `unknown_service`. It takes some microseconds for each function.
///
/// ```
/// use monitor_runtime::{inventory, monitored};
///
/// /// Says a price.
/// #[monitored(slow = "500ms")]
/// fn quote() -> u32 {
///     7
/// }
///
/// # fn main() {
/// let inventory = inventory::collect().service("shop", "1.2.0");
/// let quote = inventory.functions.iter().find(|known| known.function == "quote").unwrap();
/// assert_eq!(quote.doc, Some("Says a price."));
/// assert!(!quote.called);
/// # }
/// ```
pub fn collect() -> Inventory {
    let (name, version) = {
        let service = SERVICE.lock().unwrap_or_else(PoisonError::into_inner);
        service.clone().unwrap_or((NAMELESS.into(), String::new()))
    };
    Inventory::of(name, version, callsite::all())
}

/// Name and version of the runtime that was started last.
static SERVICE: Mutex<Option<(String, String)>> = Mutex::new(None);

/// Sets the service that the functions belong to from now on.
pub(crate) fn is_of(service: &Service) {
    let mut known = SERVICE.lock().unwrap_or_else(PoisonError::into_inner);
    *known = Some((service.name.clone(), service.version.clone()));
}

/// The functions that [`collect`] found.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Inventory {
    /// The `service_name` label.
    pub service_name: String,
    /// The version of the service; empty if it is not known.
    pub service_version: String,
    /// In the order of their modules, names and places.
    pub functions: Vec<Function>,
}

impl Inventory {
    /// Sets the name and the version of the service.
    pub fn service(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.service_name = name.into();
        self.service_version = version.into();
        self
    }

    /// Returns the inventory as JSON, which [`SCHEMA`] describes.
    #[expect(
        clippy::missing_panics_doc,
        reason = "there is nothing in it that JSON has not"
    )]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("strings and numbers always serialise")
    }

    pub(crate) fn of(
        name: String,
        version: String,
        sites: impl Iterator<Item = &'static Site>,
    ) -> Self {
        let mut functions: Vec<Function> = sites.map(Function::of).collect();
        functions.sort_by(|a, b| a.place().cmp(&b.place()));
        Self {
            service_name: name,
            service_version: version,
            functions,
        }
    }
}

/// An annotated function.
#[expect(
    clippy::struct_excessive_bools,
    reason = "one per signal that can be switched off, and two answers"
)]
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Function {
    /// The `function` label.
    pub function: String,
    /// The `module` label.
    pub module: &'static str,
    /// The source file, as the compiler was given it.
    pub file: &'static str,
    /// The line of its attribute, from 1.
    pub line: u32,
    /// The column of its attribute, from 1.
    pub column: u32,
    /// The first paragraph of its documentation, on one line.
    pub doc: Option<&'static str>,
    /// `true` if it is declared `async fn`; a function that returns a boxed future is not.
    pub async_fn: bool,
    /// The level of its span and of the event at a call's end.
    pub level: &'static str,
    /// The target of its span and events.
    pub target: &'static str,
    /// `true` if calls are counted.
    pub metrics: bool,
    /// `true` if calls open a span.
    pub span: bool,
    /// `true` if calls are logged.
    pub log: bool,
    /// The labels that the attribute declares.
    pub labels: Vec<Label>,
    /// Upper bounds of its buckets but the last, in seconds; `None` if calls are not timed.
    pub buckets: Option<&'static [f64]>,
    /// Its objective.
    #[serde(serialize_with = "promise")]
    pub objective: Option<Objective>,
    /// The duration in seconds beyond which a call is slow.
    pub slow_seconds: Option<f64>,
    /// The Sentry settings of its errors.
    pub sentry: Sentry,
    /// `true` if a call has begun.
    pub called: bool,
    /// The number of its series of calls on `/metrics`.
    pub series: Series,
}

/// A label that the attribute declares.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Label {
    /// Its name.
    pub name: &'static str,
    /// The values of its type; `None` for text, and where they are known from the first call on.
    pub values: Option<&'static [&'static str]>,
    /// The number of values, `other` included for text; `None` where they are known from the first call on.
    pub at_most: Option<usize>,
}

/// The Sentry settings of a function's errors.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Sentry {
    /// `true` if errors are events.
    pub events: bool,
    /// The level of an error's event.
    pub level: String,
    /// The largest number of events of a class in [`period_seconds`](Self::period_seconds).
    pub at_most: u32,
    /// The period in seconds; 0 if events are not limited, as with `throttle = false`.
    pub period_seconds: f64,
}

/// A number of series.
#[derive(Clone, Copy, Debug, Serialize)]
#[non_exhaustive]
pub struct Series {
    /// The number on the page now.
    pub now: usize,
    /// With every result, class of error and combination of labels; `None` for a function whose
    /// labels are known from its first call on.
    pub at_most: Option<usize>,
}

impl Function {
    fn of(site: &'static Site) -> Self {
        let (file, line) = site.location();
        let throttle = site.throttle.unwrap_or(Throttle::DEFAULT);
        let (called, now) = now(site);
        Self {
            function: site.function().to_owned(),
            module: site.module(),
            file,
            line,
            column: site.column(),
            doc: (!site.doc.is_empty()).then_some(site.doc),
            async_fn: site.async_fn,
            level: level(site.level),
            target: site.log_target(),
            metrics: site.is_counted(),
            span: site.span,
            log: site.log,
            labels: labels(site),
            buckets: (site.is_counted() && site.is_timed()).then(|| site.bounds()),
            objective: site.objective.copied(),
            slow_seconds: site.slow.map(seconds),
            sentry: Sentry {
                events: site.sentry,
                level: site.sentry_level.to_string(),
                at_most: throttle.events,
                period_seconds: seconds(throttle.nanoseconds),
            },
            called,
            series: Series {
                now,
                at_most: at_most(site),
            },
        }
    }

    fn place(&self) -> (&str, &str, &str, u32, u32) {
        let Self {
            file, line, column, ..
        } = self;
        (self.module, &self.function, file, *line, *column)
    }
}

fn level(level: tracing::Level) -> &'static str {
    match level {
        tracing::Level::TRACE => "trace",
        tracing::Level::DEBUG => "debug",
        tracing::Level::INFO => "info",
        tracing::Level::WARN => "warn",
        tracing::Level::ERROR => "error",
    }
}

fn seconds(nanoseconds: u64) -> f64 {
    std::time::Duration::from_nanos(nanoseconds).as_secs_f64()
}

fn labels(site: &'static Site) -> Vec<Label> {
    let known = site.family().dimensions();
    let labels = site.labels.iter().enumerate();
    let label = |(place, name): (usize, &&'static str)| Label {
        name,
        values: known.get(place).and_then(|values| match values {
            Values::Known(values) => Some(*values),
            Values::Bounded(_) => None,
        }),
        at_most: known.get(place).map(Values::count),
    };
    labels.map(label).collect()
}

/// Returns `true` if the function was called, and the number of its series.
fn now(site: &'static Site) -> (bool, usize) {
    let (mut tally, mut called, mut series) = (Tally::default(), false, 0);
    for source in sources(site) {
        tally.read(&[source]);
        let ended = |result: &Outcome| tally.ended(*result) > 0;
        let results = RESULTS.into_iter().filter(ended).count();
        called |= results > 0 || tally.concurrent() > 0;
        let classes = tally.classes().map(|(class, _)| class);
        let classes: BTreeSet<_> = classes.chain(error_classes::known(site)).collect();
        let counters = RESULTS.len() + classes.len();
        let histograms = match (site.is_timed(), site.objective) {
            (false, _) => 0,
            (true, Some(_)) => RESULTS.len(),
            (true, None) => results,
        };
        series += counters + histograms * (site.slots() + 2) + 1;
    }
    (called, if site.is_counted() { series } else { 0 })
}

fn at_most(site: &'static Site) -> Option<usize> {
    if !site.is_counted() {
        return Some(0);
    }
    let combinations = if site.labels.is_empty() {
        1
    } else {
        let dimensions = site.family().dimensions();
        let product = |lanes: usize, values: &Values| lanes.saturating_mul(values.count());
        // The label sets beyond the process's limit share one more.
        (!dimensions.is_empty()).then(|| dimensions.iter().fold(1, product) + 1)?
    };
    let histograms = if site.is_timed() { RESULTS.len() } else { 0 };
    // A panic is a class beyond those of values.
    let each = RESULTS.len() + error_classes::MOST + 1 + histograms * (site.slots() + 2) + 1;
    Some(combinations.saturating_mul(each))
}

#[expect(clippy::ref_option, reason = "serde hands over a reference")]
fn promise<S: Serializer>(objective: &Option<Objective>, to: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Promise {
        name: &'static str,
        success_rate_percent: Option<f64>,
        latency: Option<Latency>,
        cancelled: &'static str,
        cancelled_after_seconds: Option<f64>,
        expected: &'static str,
        min_failures: u32,
        all_failed: u32,
    }
    #[derive(Serialize)]
    struct Latency {
        threshold_seconds: f64,
        percent: f64,
    }
    let promise = objective.map(|objective| Promise {
        name: objective.name,
        success_rate_percent: objective.success_rate,
        latency: objective.latency.map(|latency| Latency {
            threshold_seconds: latency.seconds,
            percent: latency.percent,
        }),
        cancelled: match objective.cancelled {
            Cancelled::Late | Cancelled::After(_) => "late",
            Cancelled::As(count_as) => count_as.as_str(),
        },
        cancelled_after_seconds: match objective.cancelled {
            Cancelled::After(nanoseconds) => Some(seconds(nanoseconds)),
            Cancelled::Late | Cancelled::As(_) => None,
        },
        expected: objective.expected.as_str(),
        min_failures: objective.min_failures,
        all_failed: objective.all_failed,
    });
    promise.serialize(to)
}
