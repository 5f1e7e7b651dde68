//! The call site: one static per annotated function, and the list of all of them.

mod settings;

use std::panic::RefUnwindSafe;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing::Level;
use tracing::level_filters::LevelFilter;

use crate::cells::Store;
use crate::classes::Classes;
use crate::events::Events;
use crate::metrics::BUCKETS;
use crate::throttle::{Limits, Throttle};
use crate::verdict::ErrorFormat;
use crate::{clock, name};

/// What the attribute says of a function, and what its calls have counted.
#[expect(
    clippy::struct_excessive_bools,
    reason = "one per signal that can be switched off"
)]
pub struct Site {
    path: fn() -> &'static str,
    given_name: Option<&'static str>,
    given_target: Option<&'static str>,
    module: &'static str,
    file: &'static str,
    line: u32,
    pub(crate) level: Level,
    pub(crate) span: bool,
    pub(crate) log: bool,
    /// Names of declared fields; recorded values of Sentry's tags and fingerprint follow theirs.
    pub(crate) fields: &'static [&'static str],
    pub(crate) error_format: ErrorFormat,
    pub(crate) error_level: Level,
    pub(crate) error_log: bool,
    /// The level of a completion that shows the returned value; `None` if none does.
    pub(crate) ret_level: Option<Level>,
    /// Nanoseconds beyond which a call is slow.
    pub(crate) slow: Option<u64>,
    pub(crate) sentry: bool,
    pub(crate) sentry_level: sentry::Level,
    pub(crate) tags: &'static [&'static str],
    pub(crate) fingerprint: usize,
    /// How many events Sentry may have of a class; `None` if nothing is said of that.
    pub(crate) throttle: Option<Throttle>,
    counted: bool,
    timed: bool,
    /// `None` for the default buckets.
    own_bounds: Option<&'static [f64]>,

    /// Place in a thread's table of cells; 0 until the first call.
    id: AtomicUsize,
    store: Store,
    classes: Classes,
    own_ticks: OnceLock<Box<[u64]>>,
    limits: Limits,
    function: OnceLock<String>,
    events: OnceLock<Events>,
}

// A panic leaves no counter half done, so a future that refers to a site is as it was.
impl RefUnwindSafe for Site {}

/// The path of the function around a closure; the attribute places the closure in its static.
pub const fn path_of<F>(_: &F) -> fn() -> &'static str {
    std::any::type_name::<F>
}

/// What the rest of the runtime asks of a site.
impl Site {
    /// The `function` label: `Orders::create`, or the name given.
    pub(crate) fn function(&self) -> &str {
        let qualified = || match self.given_name {
            Some(name) => name.to_owned(),
            None => name::of((self.path)(), self.module),
        };
        self.function.get_or_init(qualified)
    }

    pub(crate) fn module(&self) -> &'static str {
        self.module
    }

    /// The target of its span and events.
    pub(crate) fn log_target(&self) -> &'static str {
        self.given_target.unwrap_or(self.module)
    }

    pub(crate) fn location(&self) -> (&'static str, u32) {
        (self.file, self.line)
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn classes(&self) -> &Classes {
        &self.classes
    }

    /// Whether its calls are counted at all.
    #[inline]
    pub(crate) fn is_counted(&self) -> bool {
        self.counted
    }

    /// Whether its calls are timed.
    #[inline]
    pub(crate) fn is_timed(&self) -> bool {
        self.timed
    }

    /// Upper bounds of its buckets but the last, in seconds.
    pub(crate) fn bounds(&self) -> &'static [f64] {
        self.own_bounds.unwrap_or(&BUCKETS)
    }

    /// The same in ticks of the clock.
    pub(crate) fn tick_bounds(&'static self) -> &'static [u64] {
        match self.own_bounds {
            None => clock::default_bounds(),
            Some(bounds) => self.own_ticks.get_or_init(|| clock::in_ticks(bounds)),
        }
    }

    /// Ticks beyond which a call is slow.
    pub(crate) fn slow_ticks(&self) -> u64 {
        self.slow.map_or(u64::MAX, clock::ticks_of)
    }

    /// How many buckets it has, `+Inf` included.
    pub(crate) fn slots(&self) -> usize {
        self.bounds().len() + 1
    }

    /// The less verbose of the levels at which its calls that are ok are logged.
    pub(crate) fn watched(&self) -> Level {
        self.ret_level
            .map_or(self.level, |level| level.min(self.level))
    }

    /// Whether a log would show its calls that are ok.
    pub(crate) fn is_watched(&self) -> bool {
        self.watched() <= LevelFilter::current()
    }

    /// What Sentry has had of this function, by class.
    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The call sites `tracing` knows this function by; leaked, as `tracing` keeps them for ever.
    pub(crate) fn events(&'static self) -> &'static Events {
        self.events.get_or_init(|| Events::register(self))
    }

    /// Place in a thread's table of cells; 0 before the first call.
    #[inline]
    pub(crate) fn known_id(&self) -> usize {
        self.id.load(Ordering::Relaxed)
    }

    /// Place in a thread's table of cells, given out on the first call.
    pub(crate) fn id(&self) -> usize {
        match self.id.load(Ordering::Relaxed) {
            0 => self.assign_id(),
            id => id,
        }
    }

    #[cold]
    fn assign_id(&self) -> usize {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        let new = NEXT.fetch_add(1, Ordering::Relaxed);
        // Two first calls may race; the loser's number stays unused.
        self.id
            .compare_exchange(0, new, Ordering::Relaxed, Ordering::Relaxed)
            .map_or_else(|id| id, |_| new)
    }
}

/// An entry of the list of all annotated functions; `register!` makes one.
pub struct Listed(pub &'static Site);

inventory::collect!(Listed);

/// Every annotated function of the binary and its dependencies, called or not.
pub(crate) fn all() -> impl Iterator<Item = &'static Site> {
    inventory::iter::<Listed>.into_iter().map(|listed| listed.0)
}

/// Puts a site on the list.
#[doc(hidden)]
#[macro_export]
macro_rules! __register {
    ($site:ident) => {
        $crate::__private::inventory::submit! { $crate::__private::Listed(&$site) }
    };
}
