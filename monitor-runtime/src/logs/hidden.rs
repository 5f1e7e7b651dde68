//! Detects filters that hide the runtime's log lines: of the service's own subscriber, and of `start()`'s.

use std::sync::Once;
use std::thread;

use tracing::dispatcher::{self, Dispatch};
use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata};
use tracing_core::callsite::Callsite;
use tracing_core::field::FieldSet;
use tracing_core::identify_callsite;
use tracing_core::metadata::Kind;
use tracing_core::subscriber::Interest;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::Filter;
use tracing_subscriber::{EnvFilter, Registry};

/// The target of the access lines, and of the span that has the trace id.
const TARGET: &str = "monitor_runtime::http";

/// Warns that the filter is likely to be a mistake: in the log, or on standard error if the filter
/// hides the warning.
pub(crate) fn warn_of_filter(mistake: &str) {
    if tracing::enabled!(tracing::Level::WARN) {
        tracing::warn!("RUST_LOG: {mistake}");
    } else {
        to_stderr(&format!("RUST_LOG: {mistake}"));
    }
}

/// Warns on standard error, once, that a filter of the process' own subscriber hides the runtime's
/// lines. A line of the log would be hidden as well.
pub(crate) fn warn_if_hidden() {
    static SAID: Once = Once::new();
    let (place, lost) = if !dispatcher::get_default(shows_runtime) {
        ("the filter", "there are no access lines and no trace ids")
    } else if dispatcher::get_default(hides_from_a_layer) {
        (
            "the filter on one of the layers",
            "that layer has no access lines and no trace ids",
        )
    } else {
        return;
    };
    SAID.call_once(|| {
        to_stderr(&format!(
            "{place} of the `tracing` subscriber that was already installed hides the target \
             `monitor_runtime`: {lost}; add the directive `monitor_runtime=info` to it",
        ));
    });
}

/// Warns on standard error, once, if the filter of `start()`'s subscriber hides even the runtime's warnings.
pub(crate) fn warn_if_forgotten() {
    static SAID: Once = Once::new();
    if tracing::enabled!(target: "monitor_runtime::log_limit", Level::WARN) {
        return;
    }
    SAID.call_once(|| {
        to_stderr(
            "RUST_LOG hides the target `monitor_runtime`: there are no access lines, and no warnings of lines \
             that were suppressed or dropped, of health checks and of slow polls; add the directive \
             `monitor_runtime=info` to it, or `monitor_runtime=off` if that is meant",
        );
    });
}

/// Returns `true` if a subscriber shows lines of the runtime's target.
// Asked on a thread of its own: filters of layers keep their answer for the event that follows, and without one
// the next event of this thread would be lost for the layers that do not want this one.
fn shows_runtime(subscriber: &Dispatch) -> bool {
    let ask = || subscriber.enabled(Access::metadata());
    thread::scope(|scope| {
        let asked = thread::Builder::new().spawn_scoped(scope, ask);
        asked.map_or(true, |asked| asked.join().unwrap_or(true))
    })
}

/// Returns `true` if a filter of a layer hides the runtime's target, and shows others at that
/// level.
///
/// A filter that names the target is intended, and so is one that hides the level everywhere. A
/// subscriber reveals the outermost filter of each type, but none inside a `reload::Layer` or a
/// closure.
fn hides_from_a_layer(subscriber: &Dispatch) -> bool {
    let hides = |text: String, most: Option<LevelFilter>, shows: bool| {
        let shows_level = most.is_none_or(|most| most >= Level::INFO);
        !shows && shows_level && !text.contains("monitor_runtime")
    };
    let by_words = subscriber.downcast_ref::<EnvFilter>().map(|filter| {
        let shows = Filter::<Registry>::callsite_enabled(filter, Access::metadata());
        hides(
            filter.to_string(),
            filter.max_level_hint(),
            !shows.is_never(),
        )
    });
    let by_targets = subscriber.downcast_ref::<Targets>().map(|filter| {
        let most = Filter::<Registry>::max_level_hint(filter);
        let shows = filter.would_enable(TARGET, &Level::INFO);
        hides(filter.to_string(), most, shows)
    });
    by_words.unwrap_or(false) || by_targets.unwrap_or(false)
}

/// Stands for an access line.
struct Access;

impl Access {
    fn metadata() -> &'static Metadata<'static> {
        static METADATA: Metadata<'static> = Metadata::new(
            "access",
            TARGET,
            Level::INFO,
            None,
            None,
            None,
            FieldSet::new(&[], identify_callsite!(&Access)),
            Kind::EVENT,
        );
        &METADATA
    }
}

impl Callsite for Access {
    fn set_interest(&self, _: Interest) {}

    fn metadata(&self) -> &Metadata<'_> {
        Self::metadata()
    }
}

/// Writes a line to standard error, for a warning that the log would hide.
fn to_stderr(line: &str) {
    use std::io::Write;
    // Standard error may be closed, which must not cause a panic.
    let _ = writeln!(std::io::stderr(), "monitor: {line}");
}
