//! A `tracing` call site that is not in the code of the function it describes.

use std::sync::OnceLock;

use tracing::level_filters::{LevelFilter, STATIC_MAX_LEVEL};
use tracing::{Level, Metadata};
use tracing_core::callsite::{Callsite, DefaultCallsite};
use tracing_core::field::FieldSet;
use tracing_core::identify_callsite;
use tracing_core::metadata::Kind;
use tracing_core::subscriber::Interest;

use crate::callsite::Site;

/// The name of the completion events of all functions.
// A static, so that its address tells it from the same word elsewhere.
static CALL: &str = "call";

/// Returns `true` for the completion event of a monitored call.
pub(crate) fn is_of_call(metadata: &Metadata<'_>) -> bool {
    std::ptr::eq(metadata.name(), CALL)
}

/// The `tracing` call site of a span or an event.
///
/// It contains a `DefaultCallsite`, which `tracing` registers without a lock. A call site of
/// another type goes into a list whose lock is held while subscribers are asked about it. A
/// subscriber that calls a monitored function for the first time would then wait for itself.
pub(super) struct LogSite {
    metadata: OnceLock<Metadata<'static>>,
    registered: OnceLock<DefaultCallsite>,
}

impl LogSite {
    /// Returns the names of its fields: these, and those that the function declares.
    pub(super) fn names(site: &'static Site, own: &[&'static str]) -> &'static [&'static str] {
        [own, site.fields].concat().leak()
    }

    /// Makes one that is not registered with `tracing` yet.
    pub(super) fn leak(
        site: &'static Site,
        level: Level,
        kind: Kind,
        names: &'static [&'static str],
    ) -> &'static Self {
        let leaked: &'static Self = Box::leak(Box::new(Self {
            metadata: OnceLock::new(),
            registered: OnceLock::new(),
        }));
        let fields = FieldSet::new(names, identify_callsite!(leaked));
        let name = if kind == Kind::SPAN {
            site.function().to_owned().leak()
        } else {
            CALL
        };
        let (file, line) = site.location();
        let module = Some(site.module());
        let metadata = leaked.metadata.get_or_init(|| {
            Metadata::new(
                name,
                site.log_target(),
                level,
                Some(file),
                Some(line),
                module,
                fields,
                kind,
            )
        });
        leaked
            .registered
            .get_or_init(|| DefaultCallsite::new(metadata));
        leaked
    }

    pub(super) fn metadata(&self) -> &Metadata<'static> {
        self.metadata.get().expect("set in `leak`")
    }

    /// Returns the interest of all subscribers, and registers the call site first if necessary.
    ///
    /// While another thread registers it, or this one further up the stack, it returns "sometimes"
    /// at once.
    #[inline]
    pub(super) fn interest(&'static self) -> Interest {
        self.registered.get().expect("set in `leak`").interest()
    }

    /// Returns `true` if a subscriber may want it.
    pub(super) fn wanted(&'static self) -> bool {
        !self.interest().is_never()
    }

    /// Returns `true` if the subscriber of this thread wants it now.
    #[inline]
    pub(super) fn enabled(&'static self) -> bool {
        let ask = || tracing::dispatcher::get_default(|current| current.enabled(self.metadata()));
        self.known().unwrap_or_else(ask)
    }

    /// Returns the answer of the subscribers, unless they have to be asked each time.
    #[inline]
    pub(super) fn known(&'static self) -> Option<bool> {
        let level = self.metadata().level();
        if level > &STATIC_MAX_LEVEL || level > &LevelFilter::current() {
            return Some(false);
        }
        let interest = self.interest();
        (!interest.is_sometimes()).then(|| interest.is_always())
    }
}

/// Identifies the metadata. `tracing` reports interest to the `DefaultCallsite`.
impl Callsite for LogSite {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        self.metadata()
    }
}
