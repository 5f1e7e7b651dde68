//! The call site: one static per annotated function, and the list of all of them.

mod settings;

use std::ops::Deref;
use std::panic::RefUnwindSafe;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use tracing::Level;

use crate::cells::Store;
use crate::classes::Classes;
use crate::events::Events;
use crate::metrics::BUCKETS;
use crate::throttle::Tokens;
use crate::{clock, name};

use settings::DEFAULT;
pub use settings::Settings;

/// A function of the user's: where it is, what the attribute says of it, what its calls have counted.
///
/// The compiler works out each one's first value, so it is small: what a call reads at once, and
/// references to the rest.
pub struct Site {
    path: fn() -> &'static str,
    module: &'static str,
    file: &'static str,
    line: u32,
    settings: &'static Settings,
    pub(crate) level: Level,
    pub(crate) span: bool,
    counted: bool,
    timed: bool,

    /// Place in a thread's table of cells; 0 until the first call.
    id: AtomicUsize,
    store: Store,
    /// Made when something asks for it.
    state: OnceLock<Box<State>>,
}

/// What a site remembers beside its counters.
struct State {
    classes: Classes,
    own_ticks: OnceLock<Box<[u64]>>,
    tokens: Tokens,
    function: OnceLock<String>,
    events: OnceLock<Events>,
}

/// A site is read as its settings.
impl Deref for Site {
    type Target = Settings;

    #[inline]
    fn deref(&self) -> &Settings {
        self.settings
    }
}

// A panic leaves no counter half done, so a future that refers to a site is as it was.
impl RefUnwindSafe for Site {}

/// The path of the function around a closure; the attribute places the closure in its static.
pub const fn path_of<F>(_: &F) -> fn() -> &'static str {
    std::any::type_name::<F>
}

impl Site {
    /// A function at `path_of` a closure in it, with `module_path!()`, `file!()` and `line!()`, as it
    /// is without arguments.
    pub const fn new(
        path: fn() -> &'static str,
        module: &'static str,
        file: &'static str,
        line: u32,
    ) -> Self {
        Self {
            path,
            module,
            file,
            line,
            settings: &DEFAULT,
            level: DEFAULT.level,
            span: DEFAULT.span,
            counted: DEFAULT.counted,
            timed: DEFAULT.timed,
            id: AtomicUsize::new(0),
            store: Store::new(),
            state: OnceLock::new(),
        }
    }

    /// The same function with what the attribute says of it.
    pub const fn with(mut self, settings: &'static Settings) -> Self {
        self.settings = settings;
        self.level = settings.level;
        self.span = settings.span;
        self.counted = settings.counted;
        self.timed = settings.timed;
        self
    }
}

/// What the rest of the runtime asks of a site.
impl Site {
    fn state(&self) -> &State {
        let make = || {
            Box::new(State {
                classes: Classes::new(),
                own_ticks: OnceLock::new(),
                tokens: Tokens::full(),
                function: OnceLock::new(),
                events: OnceLock::new(),
            })
        };
        self.state.get_or_init(make)
    }

    /// The `function` label: `Orders::create`, or the name given.
    pub(crate) fn function(&self) -> &str {
        let qualified = || match self.given_name {
            Some(name) => name.to_owned(),
            None => name::of((self.path)(), self.module),
        };
        self.state().function.get_or_init(qualified)
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
        &self.state().classes
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

    /// How many buckets it has, `+Inf` included.
    #[inline]
    pub(crate) fn slots(&self) -> usize {
        self.own_bounds.map_or(BUCKETS.len(), <[f64]>::len) + 1
    }

    /// Which bucket a duration belongs to.
    #[inline]
    pub(crate) fn bucket(&self, ticks: u64) -> usize {
        match self.own_bounds {
            None => clock::bucket(ticks),
            Some([]) => 0,
            Some(bounds) => {
                let bounds = self
                    .state()
                    .own_ticks
                    .get_or_init(|| clock::in_ticks(bounds));
                bounds.partition_point(|bound| *bound < ticks)
            }
        }
    }

    /// Whether Sentry may have one more event of this function now.
    pub(crate) fn may_report(&self) -> bool {
        let admit = |throttle| self.state().tokens.admit(throttle, Instant::now());
        self.sentry && self.throttle.is_none_or(admit)
    }

    /// The call sites `tracing` knows this function by; leaked, as `tracing` keeps them for ever.
    pub(crate) fn events(&'static self) -> &'static Events {
        self.state().events.get_or_init(|| Events::register(self))
    }

    /// Place in a thread's table of cells, given out on the first call.
    #[inline]
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
