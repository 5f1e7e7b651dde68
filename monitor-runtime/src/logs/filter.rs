//! The filter of the runtime's subscriber, which can be exchanged while events go through it.
//!
//! `tracing_subscriber::reload` takes a lock that all threads share whenever something happens to a
//! span. This filter sees spans only if it has directives on spans, which few have. For all others
//! `tracing` caches its answer by call site, and exchanging the filter makes `tracing` ask again.

use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use crate::settings::log_filter;
use crate::settings::log_filter::LogDirectives;

/// The filters of the process' subscriber, if `start()` installed it.
pub(crate) static FILTERS: OnceLock<Arc<Filters>> = OnceLock::new();

/// The current filter and the one to go back to.
pub(crate) struct Filters {
    now: ArcSwap<LogDirectives>,
    /// It keeps seeing spans while another filter is in effect: a span that was entered has to be
    /// left, too.
    default: ArcSwap<LogDirectives>,
}

/// The layer; it filters for all layers of its subscriber.
#[derive(Clone)]
pub(crate) struct FilterLayer(pub(crate) Arc<Filters>);

impl Filters {
    pub(crate) fn new(default: LogDirectives) -> Self {
        let default = Arc::new(default);
        Self {
            now: ArcSwap::new(Arc::clone(&default)),
            default: ArcSwap::new(default),
        }
    }

    /// Makes another filter the default and the current one.
    pub(crate) fn restart(&self, default: LogDirectives) {
        self.default.store(Arc::new(default));
        self.revert();
    }

    pub(crate) fn set(&self, rules: LogDirectives) {
        self.now.store(Arc::new(rules));
        tracing_core::callsite::rebuild_interest_cache();
    }

    pub(crate) fn revert(&self) {
        self.now.store(self.default.load_full());
        tracing_core::callsite::rebuild_interest_cache();
    }

    pub(crate) fn default(&self) -> Arc<LogDirectives> {
        self.default.load_full()
    }

    /// Returns the current directives, and those of the default.
    pub(crate) fn texts(&self) -> (String, String) {
        (
            self.now.load().text.clone(),
            self.default.load().text.clone(),
        )
    }

    fn for_spans(&self, tell: impl FnOnce(&LogDirectives)) {
        let default = self.default.load();
        if default.follows_spans {
            tell(&default);
        }
    }
}

impl<S: Subscriber> Layer<S> for FilterLayer {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        log_filter::note(metadata.target());
        Layer::<S>::register_callsite(&self.0.now.load().filter, metadata)
    }

    fn enabled(&self, metadata: &Metadata<'_>, context: Context<'_, S>) -> bool {
        self.0.now.load().filter.enabled(metadata, context)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.0.now.load().filter.max_level_hint()
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        self.0
            .for_spans(|rules| rules.filter.on_new_span(attributes, id, context));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        self.0
            .for_spans(|rules| rules.filter.on_record(id, values, context));
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        self.0.for_spans(|rules| rules.filter.on_enter(id, context));
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        self.0.for_spans(|rules| rules.filter.on_exit(id, context));
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        self.0.for_spans(|rules| rules.filter.on_close(id, context));
    }
}
