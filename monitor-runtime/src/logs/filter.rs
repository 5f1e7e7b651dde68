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
use tracing::{Event, Metadata, Subscriber};
use tracing_log::NormalizeEvent;
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::{places, recorded};
use crate::callsite::events::{is_of_call, is_telling, pending};
use crate::context;
use crate::context::trace::asked;
use crate::context::trace::is_asked_for;
use crate::settings::log_filter;
use crate::settings::log_filter::{LogDirectives, RecordDirectives};

/// The filters of the process' subscriber, if `start()` installed it.
pub(crate) static FILTERS: OnceLock<Arc<Filters>> = OnceLock::new();

/// The current filter and the one to go back to.
pub(crate) struct Filters {
    now: ArcSwap<LogDirectives>,
    /// It keeps seeing spans while another filter is in effect: a span that was entered has to be
    /// left, too.
    default: ArcSwap<LogDirectives>,
    /// Lines that are kept with their request, although the log does not show them.
    recorded: ArcSwap<RecordDirectives>,
}

/// The layer; it filters for all layers of its subscriber.
#[derive(Clone)]
pub(crate) struct FilterLayer(pub(crate) Arc<Filters>);

impl Filters {
    pub(crate) fn new(default: LogDirectives, recorded: RecordDirectives) -> Self {
        pending::allow(!default.follows_spans);
        let default = Arc::new(default);
        Self {
            now: ArcSwap::new(Arc::clone(&default)),
            default: ArcSwap::new(default),
            recorded: ArcSwap::from_pointee(recorded),
        }
    }

    /// Makes another filter the default and the current one.
    pub(crate) fn restart(&self, default: LogDirectives, recorded: RecordDirectives) {
        pending::allow(!default.follows_spans);
        self.recorded.store(Arc::new(recorded));
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

    /// Returns `true` if a line that the log does not show is kept with its request.
    fn is_recorded(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && self.recorded.load().admits(metadata) && !is_of_call(metadata)
    }

    /// Returns `true` if a line that the log does not show is kept with the request that this thread
    /// works for.
    fn is_kept_here(&self, metadata: &Metadata<'_>) -> bool {
        context::is_in_local_trace() && !is_telling() && self.is_recorded(metadata)
    }

    /// Returns `true` if the log may have to show a line that its filter hides.
    fn may_be_wanted(&self, metadata: &Metadata<'_>) -> bool {
        asked::is_raised(*metadata.level()) || self.is_recorded(metadata)
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
        let shown = Layer::<S>::register_callsite(&self.0.now.load().filter, metadata);
        if shown.is_never() && self.0.may_be_wanted(metadata) {
            // The thread that writes it decides.
            return Interest::sometimes();
        }
        shown
    }

    fn enabled(&self, metadata: &Metadata<'_>, context: Context<'_, S>) -> bool {
        self.0.now.load().filter.enabled(metadata, context)
            || is_asked_for(*metadata.level())
            || self.0.is_kept_here(metadata)
    }

    fn event_enabled(&self, event: &Event<'_>, context: Context<'_, S>) -> bool {
        let is_shown_at_once =
            asked::raised() == LevelFilter::OFF && self.0.recorded.load().is_empty();
        if is_shown_at_once && !places::are_limited() {
            return true;
        }
        // A record of the `log` crate says in its fields where it comes from.
        let normalized = event.normalized_metadata();
        let metadata = normalized.as_ref().unwrap_or_else(|| event.metadata());
        if is_asked_for(*metadata.level()) {
            return true;
        }
        if is_shown_at_once || self.0.now.load().filter.enabled(metadata, context) {
            places::decide(event.metadata(), normalized.as_ref());
            return true;
        }
        // `enabled` has let it pass only to be kept. An event of a call comes without asking.
        if !is_of_call(metadata) && !is_telling() {
            recorded::keep(event, false);
        }
        false
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let shown = self.0.now.load().filter.max_level_hint();
        let recorded = self.0.recorded.load().max_level();
        // `None` stands for every level.
        shown.map(|shown| shown.max(recorded).max(asked::raised()))
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
