//! Every annotated function of the binary and its dependencies, with the attribute's settings, as
//! data.

mod function;

use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::callsite;
use crate::callsite::Site;
use crate::metrics::Service;
use crate::settings::objective::Objective;

/// The JSON Schema (draft 2020-12) of [`Inventory`] as JSON, as `GET /inventory` returns it.
pub const SCHEMA: &str = include_str!("schema.json");

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
    Inventory::new(name, version, callsite::all())
}

/// Name and version of the runtime that was started last.
static SERVICE: Mutex<Option<(String, String)>> = Mutex::new(None);

/// Sets the service that the functions belong to from now on.
pub(crate) fn set_service(service: &Service) {
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

    pub(crate) fn new(
        name: String,
        version: String,
        sites: impl Iterator<Item = &'static Site>,
    ) -> Self {
        let mut functions: Vec<Function> = sites.map(Function::from_site).collect();
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
    #[serde(serialize_with = "function::promise")]
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
