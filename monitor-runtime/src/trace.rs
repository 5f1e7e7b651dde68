//! The log: installs the subscriber that shows spans and events, in one of two formats.

mod filter;
mod hidden;
mod level;

use std::sync::{Arc, OnceLock};

use tracing_subscriber::layer::{Layered, SubscriberExt};
use tracing_subscriber::{Layer, Registry};

use self::filter::{FilterLayer, Filters};
pub(crate) use self::hidden::warn_if_hidden;
pub(crate) use self::level::{log_filter, reset_log_filter, set_log_filter};
use crate::lines::{self, PrettyLayer, Tame, event_counter, json_layer, queued_stdout};
use crate::log_filter::Rules;
use crate::log_format::LogFormat;
use crate::report::sentry_layer;

/// The subscriber that shows spans and events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Installed {
    Ours,
    /// The subscriber that the process had before.
    Theirs,
}

/// The subscriber below the runtime's layers.
type Filtered = Layered<FilterLayer, Registry>;

/// The filters of the process' subscriber, if `start()` installed it.
static OURS: OnceLock<Arc<Filters>> = OnceLock::new();

/// Installs the subscriber, unless the process already has one.
pub(crate) fn install(format: LogFormat, colours: bool, rules: Rules) -> Installed {
    // After a shutdown lines are written directly; a start queues them again.
    lines::reopen();
    if let Some(filters) = OURS.get() {
        level::restart(filters, rules);
        return Installed::Ours;
    }
    if tracing::dispatcher::has_been_set() {
        return Installed::Theirs;
    }
    let filters = Arc::new(Filters::new(rules));
    let layer = FilterLayer(Arc::clone(&filters));
    let installed = match format {
        LogFormat::Pretty => {
            let writer = Tame(queued_stdout());
            set(layer, PrettyLayer { writer, colours })
        }
        LogFormat::Json => set(layer, json_layer(queued_stdout())),
    };
    if !installed {
        return Installed::Theirs;
    }
    OURS.get_or_init(|| filters);
    // Records of the `log` crate appear too; a logger that is already installed is left alone.
    let _ = tracing_log::LogTracer::init();
    Installed::Ours
}

/// Returns `true` if the process' subscriber is the one that `start()` installed.
pub(crate) fn is_ours() -> bool {
    OURS.get().is_some()
}

/// Warns that the filter is likely to be a mistake: in the log, or on standard error if the filter
/// hides the warning.
pub(crate) fn warn_of_filter(mistake: &str) {
    if tracing::enabled!(tracing::Level::WARN) {
        tracing::warn!("RUST_LOG: {mistake}");
    } else {
        to_stderr(&format!("RUST_LOG: {mistake}"));
    }
}

/// Writes a line to standard error, for a warning that the log would hide.
fn to_stderr(line: &str) {
    use std::io::Write;
    // Standard error may be closed, which must not cause a panic.
    let _ = writeln!(std::io::stderr(), "monitor: {line}");
}

fn set(filter: FilterLayer, layer: impl Layer<Filtered> + Send + Sync) -> bool {
    let subscriber = Registry::default().with(filter).with(layer);
    let subscriber = subscriber.with(event_counter()).with(sentry_layer());
    tracing::subscriber::set_global_default(subscriber).is_ok()
}
