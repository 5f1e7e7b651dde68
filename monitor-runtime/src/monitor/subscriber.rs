//! The log: installs the subscriber that shows spans and events, in one of two formats.

use std::sync::Arc;

use tracing_subscriber::layer::{Layered, SubscriberExt};
use tracing_subscriber::{Layer, Registry};

use crate::base::rate_limit::Throttle;
use crate::callsite::events::OpensSpans;
use crate::logs;
use crate::logs::filter::{FILTERS, FilterLayer, Filters};
use crate::logs::{
    Form, PrettyLayer, SanitizingWriter, event_counter, json_layer, queued_stdout, request_layer,
};
use crate::sentry::sentry_layer;
use crate::settings::log_filter::{LogDirectives, RecordDirectives};
use crate::settings::log_format::LogFormat;

/// The subscriber that shows spans and events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Installed {
    Ours,
    /// The subscriber that the process had before.
    Theirs,
}

/// The subscriber below the runtime's layers.
type Filtered = Layered<FilterLayer, Registry>;

/// Installs the subscriber, unless the process already has one.
pub(crate) fn install(
    (format, colours): (LogFormat, bool),
    (rules, recorded): (LogDirectives, RecordDirectives),
    limit: Throttle,
) -> Installed {
    logs::places::set_limit(limit);
    // After a shutdown lines are written directly; a start queues them again.
    logs::reopen();
    if let Some(filters) = FILTERS.get() {
        crate::logs::level::restart(filters, rules, recorded);
        return Installed::Ours;
    }
    if logs::has_subscriber() {
        return Installed::Theirs;
    }
    let filters = Arc::new(Filters::new(rules, recorded));
    let layer = FilterLayer(Arc::clone(&filters));
    let installed = match format {
        LogFormat::Pretty => {
            let writer = SanitizingWriter(queued_stdout());
            set(layer, PrettyLayer { writer, colours })
        }
        LogFormat::Json => set(layer, json_layer(queued_stdout())),
    };
    if !installed {
        return Installed::Theirs;
    }
    logs::write_late_lines_as(Form::new(format, colours));
    FILTERS.get_or_init(|| filters);
    // Records of the `log` crate appear too; a logger that is already installed is left alone.
    let _ = tracing_log::LogTracer::init();
    Installed::Ours
}

fn set(filter: FilterLayer, layer: impl Layer<Filtered> + Send + Sync) -> bool {
    let subscriber = Registry::default().with(filter).with(layer);
    let subscriber = subscriber.with(event_counter()).with(sentry_layer());
    let subscriber = OpensSpans::new(subscriber.with(request_layer()));
    tracing::subscriber::set_global_default(subscriber).is_ok()
}
