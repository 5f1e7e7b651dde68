//! The call site: one static per annotated function, and the list of all of them.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing::Level;

use crate::cells::Store;
use crate::events::Events;
use crate::fields::{Recorded, Recorder};
use crate::verdict::ErrorFormat;
use crate::{name, report};

/// What the attribute says of a function, and what its calls have counted.
pub struct Site {
    path: fn() -> &'static str,
    given_name: Option<&'static str>,
    module: &'static str,
    file: &'static str,
    line: u32,
    pub(crate) level: Level,
    pub(crate) fields: &'static [&'static str],
    pub(crate) error_format: ErrorFormat,
    pub(crate) error_level: Level,
    pub(crate) error_log: bool,
    pub(crate) sentry: bool,

    /// Place in a thread's table of cells; 0 until the first call.
    id: AtomicUsize,
    store: Store,
    function: OnceLock<String>,
    events: OnceLock<Events>,
}

/// The path of the function around a closure; the attribute places the closure in its static.
pub const fn path_of<F>(_: &F) -> fn() -> &'static str {
    std::any::type_name::<F>
}

/// A call about to begin: its site, and the values of its declared fields.
pub struct Start {
    pub(crate) site: &'static Site,
    pub(crate) fields: Option<Box<[Recorded]>>,
}

/// The const builder that the attribute writes; each of its arguments is one method.
impl Site {
    /// A function at `path_of` a closure in it, with `module_path!()`, `file!()` and `line!()`.
    pub const fn new(
        path: fn() -> &'static str,
        module: &'static str,
        file: &'static str,
        line: u32,
    ) -> Self {
        Self {
            path,
            given_name: None,
            module,
            file,
            line,
            level: Level::INFO,
            fields: &[],
            error_format: ErrorFormat::Display,
            error_level: Level::ERROR,
            error_log: true,
            sentry: true,
            id: AtomicUsize::new(0),
            store: Store::new(),
            function: OnceLock::new(),
            events: OnceLock::new(),
        }
    }

    /// `name = "…"`: instead of the type-qualified name.
    pub const fn name(mut self, name: &'static str) -> Self {
        self.given_name = Some(name);
        self
    }

    /// `level = …`: of the span and the completion event.
    pub const fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// `fields(..)` and `args(..)`: their names, in order.
    pub const fn fields(mut self, fields: &'static [&'static str]) -> Self {
        self.fields = fields;
        self
    }

    /// `err(Debug)`.
    pub const fn err(mut self, format: ErrorFormat) -> Self {
        self.error_format = format;
        self
    }

    /// `err(level = …)`.
    pub const fn err_level(mut self, level: Level) -> Self {
        self.error_level = level;
        self
    }

    /// `err = false`: errors are counted and reported, with no line of their own in the log.
    pub const fn err_log(mut self, on: bool) -> Self {
        self.error_log = on;
        self
    }

    /// `sentry = false`: errors and panics of this function make no event.
    pub const fn sentry(mut self, on: bool) -> Self {
        self.sentry = on;
        self
    }
}

/// Where a call begins.
impl Site {
    /// A call without declared fields.
    #[inline]
    pub const fn start(&'static self) -> Start {
        Start {
            site: self,
            fields: None,
        }
    }

    /// A call with declared fields, taken only when a log or Sentry would show them.
    pub fn start_with(&'static self, record: impl FnOnce(&mut Recorder)) -> Start {
        let shown = report::is_on() || self.events().any_enabled();
        let take = || Recorder::take(self.events().any_field(), self.fields.len(), record);
        Start {
            site: self,
            fields: shown.then(take),
        }
    }
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

    pub(crate) fn location(&self) -> (&'static str, u32) {
        (self.file, self.line)
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// The call sites `tracing` knows this function by; leaked, as `tracing` keeps them for ever.
    pub(crate) fn events(&'static self) -> &'static Events {
        self.events.get_or_init(|| Events::register(self))
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
