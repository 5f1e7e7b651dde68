//! The log: which subscriber shows spans and events, and in which format.

use std::sync::OnceLock;

use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::layer::{Layered, SubscriberExt};
use tracing_subscriber::{Layer, Registry, fmt};

use crate::lines::{self, PrettyFields, event_counter, json_layer, queued_stdout};
use crate::log_format::LogFormat;
use crate::report::sentry_layer;

/// Who shows spans and events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Installed {
    Ours,
    /// The subscriber that the process had before.
    Theirs,
}

/// What our layers stand on.
type Filtered = Layered<EnvFilter, Registry>;

/// Set once the subscriber of the process is ours.
static OURS: OnceLock<()> = OnceLock::new();

/// Installs the subscriber, unless the process already has one.
pub(crate) fn install(format: LogFormat, filter: EnvFilter) -> Installed {
    // After a shutdown lines are written directly; a start queues them again.
    lines::reopen();
    if OURS.get().is_some() {
        return Installed::Ours;
    }
    if tracing::dispatcher::has_been_set() {
        return Installed::Theirs;
    }
    let installed = match format {
        LogFormat::Pretty => {
            let layer = fmt::layer().fmt_fields(PrettyFields);
            set(filter, layer.with_writer(queued_stdout()))
        }
        LogFormat::Json => set(filter, json_layer(queued_stdout())),
    };
    if !installed {
        return Installed::Theirs;
    }
    OURS.get_or_init(|| ());
    // Records of the `log` crate appear too; somebody else's logger is left alone.
    let _ = tracing_log::LogTracer::init();
    Installed::Ours
}

fn set(filter: EnvFilter, layer: impl Layer<Filtered> + Send + Sync) -> bool {
    let subscriber = Registry::default().with(filter).with(layer);
    let subscriber = subscriber.with(event_counter()).with(sentry_layer());
    tracing::subscriber::set_global_default(subscriber).is_ok()
}
