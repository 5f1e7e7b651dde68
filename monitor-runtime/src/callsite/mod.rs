//! The call site: one static per annotated function, and the list of all call sites.

pub(crate) mod counters;
pub(crate) mod error_classes;
pub(crate) mod events;
pub(crate) mod exemplars;
mod interest;
mod key;
pub(crate) mod labels;
pub(crate) mod name;
pub(crate) mod objective_counts;
pub(crate) mod rate_limits;
pub(crate) mod recent_calls;
mod registry;
pub(crate) mod site_snapshot;
pub(crate) mod slow_polls;
pub(crate) mod snapshot;
mod state;

use std::any::type_name;
use std::ops::Deref;
use std::panic::{Location, RefUnwindSafe};
use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;

use crate::base::clock;
use crate::callsite::counters::Shards;
use crate::callsite::error_classes::Classes;
use crate::callsite::labels::LabelSets;
use crate::callsite::objective_counts::Unsuccessful;
use crate::callsite::rate_limits::Limits;
use crate::callsite::recent_calls::Recent;
use crate::settings::buckets::BUCKETS;

pub use crate::settings::attribute::Settings;
use crate::settings::attribute::{ASYNC, DEFAULT};
pub use crate::settings::bounds::Bounds;
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
pub use registry::Listed;
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
pub use registry::Sites;
pub(crate) use registry::all;
use state::State;

/// [`BUCKETS`] in ticks of the clock.
static DEFAULT_TICKS: OnceLock<Box<[u64]>> = OnceLock::new();

/// An annotated function: its place in the source, the attribute's settings, and the counts of its
/// calls.
///
/// The compiler evaluates the initial value of each site, so a site is small: the words that a call
/// reads first, and references to the rest. Its size equals its alignment, which `list` relies on.
#[repr(align(64))]
pub struct Site(Fields);

struct Fields {
    path: fn() -> &'static str,
    module: &'static str,
    location: &'static Location<'static>,
    settings: &'static Settings,
    /// The place in a thread's table of shards, 0 until the first call, and its [marks](key).
    key: AtomicUsize,
    /// Made on first use. Leaked, because statics are not dropped, and so that the compiler need
    /// not check how its drop would work.
    state: OnceLock<&'static State>,
}

/// Lets a site be read as its settings.
impl Deref for Site {
    type Target = Settings;

    #[inline]
    fn deref(&self) -> &Settings {
        self.0.settings
    }
}

// A panic leaves no counter in an inconsistent state, so a future that refers to a site is unwind
// safe.
impl RefUnwindSafe for Site {}

impl Site {
    /// Creates the call site of the function that a type `H` is declared in, named by the type's path.
    /// `module` is its `module_path!()`; the attribute has no arguments.
    // A type instead of a closure: the compiler has no body of it to check.
    // One function instead of two calls in the static, because the compiler checks each call for
    // every annotated function. That is why there are three of them.
    #[track_caller]
    pub const fn of<H>(module: &'static str) -> Self {
        Self::new(type_name::<H>, module)
    }

    /// Returns a call site for an `async fn`.
    #[track_caller]
    pub const fn of_async<H>(module: &'static str) -> Self {
        Self::new(type_name::<H>, module).with(&ASYNC)
    }

    /// Returns a call site with settings.
    #[track_caller]
    pub const fn with_settings<H>(module: &'static str, settings: &'static Settings) -> Self {
        Self::new(type_name::<H>, module).with(settings)
    }

    /// Creates the call site of the function at a path.
    #[track_caller]
    pub const fn new(path: fn() -> &'static str, module: &'static str) -> Self {
        Self(Fields {
            path,
            module,
            location: Location::caller(),
            settings: &DEFAULT,
            key: AtomicUsize::new(0),
            state: OnceLock::new(),
        })
    }

    /// Creates a placeholder for no function, which no list contains.
    #[track_caller]
    pub const fn placeholder() -> Self {
        Self::new(|| "", "")
    }

    /// Sets the attribute's settings.
    pub const fn with(mut self, settings: &'static Settings) -> Self {
        self.0.settings = settings;
        self
    }
}

/// The parts of a call site that the rest of the runtime uses.
impl Site {
    fn state(&self) -> &'static State {
        let make = || &*Box::leak(Box::new(State::new()));
        self.0.state.get_or_init(make)
    }

    /// Returns the `function` label: `Orders::create`, or the name given.
    pub(crate) fn function(&self) -> &str {
        let qualified = || match self.given_name {
            Some(name) => name.to_owned(),
            None => name::from_path((self.0.path)(), self.0.module),
        };
        self.state().function.get_or_init(qualified)
    }

    pub(crate) fn module(&self) -> &'static str {
        self.0.module
    }

    /// Returns the target of its span and events.
    pub(crate) fn log_target(&self) -> &'static str {
        self.given_target.unwrap_or(self.0.module)
    }

    pub(crate) fn location(&self) -> (&'static str, u32) {
        (self.0.location.file(), self.0.location.line())
    }

    /// Returns the column of its attribute, from 1.
    pub(crate) fn column(&self) -> u32 {
        self.0.location.column()
    }

    /// Returns the counters of a label set: the only one of a function without labels, or one that
    /// is admitted.
    pub(crate) fn store(&self, label_set: usize) -> &'static Shards {
        let state = self.state();
        state.label_sets.store(label_set).unwrap_or(&state.store)
    }

    /// Returns the label sets that have been called; one without labels.
    pub(crate) fn label_sets(&self) -> impl Iterator<Item = usize> {
        let sets = self.sets();
        let rest = match self.labels {
            [] => Some(0),
            _ => sets.other().filter(|_| !self.state().store.is_empty()),
        };
        sets.opened().chain(rest)
    }

    /// Returns the labels of a label set, with their values.
    pub(crate) fn label_values(
        &self,
        label_set: usize,
    ) -> impl Iterator<Item = (&'static str, &str)> {
        let values = self.sets().values(label_set);
        self.labels.iter().copied().zip(values)
    }

    /// Returns the counters of calls that count for its objective and were not successful.
    pub(crate) fn unsuccessful(&self) -> &Unsuccessful {
        &self.state().unsuccessful
    }

    /// Returns all its label sets, called or not.
    pub(crate) fn sets(&self) -> &LabelSets {
        &self.state().label_sets
    }

    /// Notes that a label set has been called for the first time.
    pub(crate) fn opened(&self) {
        if !self.labels.is_empty() {
            labels::open();
        }
    }

    /// Returns the label set that counts the calls of this one: itself, or `other`.
    pub(crate) fn admit(&self, label_set: usize) -> usize {
        match self.labels {
            [] => 0,
            _ => self.sets().admit(label_set),
        }
    }

    pub(crate) fn classes(&self) -> &Classes {
        &self.state().classes
    }

    /// Returns `true` if its calls are counted.
    #[inline]
    pub(crate) fn is_counted(&self) -> bool {
        self.counted
    }

    /// Returns `true` if its calls are timed.
    #[inline]
    pub(crate) fn is_timed(&self) -> bool {
        self.timed
    }

    /// Returns the upper bounds of its buckets but the last, in seconds.
    pub(crate) fn bounds(&self) -> &'static [f64] {
        self.own_bounds.unwrap_or(&BUCKETS)
    }

    /// Returns the bounds in ticks of the clock.
    pub(crate) fn tick_bounds(&'static self) -> &'static [u64] {
        match self.own_bounds {
            None => DEFAULT_TICKS.get_or_init(|| clock::in_ticks(&BUCKETS)),
            Some(bounds) => {
                let ticks = &self.state().own_ticks;
                ticks.get_or_init(|| clock::in_ticks(bounds))
            }
        }
    }

    /// Returns the ticks beyond which a call is slow.
    pub(crate) fn slow_ticks(&self) -> u64 {
        self.slow.map_or(u64::MAX, clock::ticks_of)
    }

    /// Returns the number of its buckets, `+Inf` included.
    pub(crate) fn slots(&self) -> usize {
        self.bounds().len() + 1
    }

    /// Returns the limits of its Sentry events, by class.
    pub(crate) fn limits(&self) -> &Limits {
        &self.state().limits
    }

    /// Returns its last failures, and its slowest recent calls.
    pub(crate) fn recent(&self) -> &Recent {
        &self.state().recent
    }
}
