//! One `tracing` call site that is not in the code it speaks of.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

use tracing::level_filters::{LevelFilter, STATIC_MAX_LEVEL};
use tracing::{Level, Metadata};
use tracing_core::callsite::{self, Callsite};
use tracing_core::field::FieldSet;
use tracing_core::identify_callsite;
use tracing_core::metadata::Kind;
use tracing_core::subscriber::Interest;

use crate::site::Site;

/// A call site that `tracing` asks and is asked through.
pub(super) struct LogSite {
    site: &'static Site,
    metadata: OnceLock<Metadata<'static>>,
    interest: AtomicU8,
}

const NEVER: u8 = 0;
const SOMETIMES: u8 = 1;
const ALWAYS: u8 = 2;

impl LogSite {
    /// The names of its fields: these, and those that the function declares.
    pub(super) fn names(site: &'static Site, own: &[&'static str]) -> &'static [&'static str] {
        [own, site.fields].concat().leak()
    }

    pub(super) fn leak(
        site: &'static Site,
        level: Level,
        kind: Kind,
        names: &'static [&'static str],
    ) -> &'static Self {
        let leaked: &'static Self = Box::leak(Box::new(Self {
            site,
            metadata: OnceLock::new(),
            interest: AtomicU8::new(NEVER),
        }));
        let fields = FieldSet::new(names, identify_callsite!(leaked));
        let name = if kind == Kind::SPAN {
            site.function().to_owned().leak()
        } else {
            "call"
        };
        let (file, line) = site.location();
        let module = Some(site.module());
        leaked.metadata.get_or_init(|| {
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
        callsite::register(leaked);
        leaked
    }

    pub(super) fn metadata(&self) -> &Metadata<'static> {
        self.metadata
            .get()
            .expect("set in `leak`, before anybody has the site")
    }

    /// Returns `true` if a subscriber may want it.
    pub(super) fn wanted(&self) -> bool {
        self.interest.load(Ordering::Relaxed) != NEVER
    }

    #[inline]
    pub(super) fn enabled(&self) -> bool {
        let level = self.metadata().level();
        if level > &STATIC_MAX_LEVEL || level > &LevelFilter::current() {
            return false;
        }
        match self.interest.load(Ordering::Relaxed) {
            NEVER => false,
            ALWAYS => true,
            _ => tracing::dispatcher::get_default(|current| current.enabled(self.metadata())),
        }
    }
}

impl Callsite for LogSite {
    fn set_interest(&self, interest: Interest) {
        let interest = match (interest.is_never(), interest.is_always()) {
            (true, _) => NEVER,
            (_, true) => ALWAYS,
            _ => SOMETIMES,
        };
        self.interest.store(interest, Ordering::Relaxed);
        self.site.rewatch();
    }

    fn metadata(&self) -> &Metadata<'_> {
        self.metadata()
    }
}
