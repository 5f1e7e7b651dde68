//! Counts the log's events by level, for `monitor_log_events_total`.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

const LEVELS: [(Level, &str); 5] = [
    (Level::ERROR, "error"),
    (Level::WARN, "warn"),
    (Level::INFO, "info"),
    (Level::DEBUG, "debug"),
    (Level::TRACE, "trace"),
];

/// One count per level, in the order of [`LEVELS`]; allocated by the first counter.
static COUNTS: OnceLock<[AtomicU64; LEVELS.len()]> = OnceLock::new();

/// Counts events by level; made by [`event_counter`].
#[derive(Debug)]
pub struct EventCounter {
    counts: &'static [AtomicU64; LEVELS.len()],
}

/// Returns a layer that counts events into `monitor_log_events_total{level}`, for a subscriber of
/// your own.
///
/// It counts what the subscriber's filter lets through; `start()` installs one with its own
/// subscriber. Two of them in one subscriber count every event twice.
///
/// ```
/// use tracing_subscriber::layer::SubscriberExt;
///
/// let subscriber = tracing_subscriber::registry()
///     .with(tracing_subscriber::EnvFilter::new("info"))
///     .with(monitor_runtime::logs::event_counter());
/// # drop(subscriber);
/// ```
pub fn event_counter() -> EventCounter {
    EventCounter {
        counts: COUNTS.get_or_init(Default::default),
    }
}

/// Returns the events so far by the name of their level; `None` if no [`EventCounter`] was made.
pub(crate) fn counts() -> Option<[(&'static str, u64); LEVELS.len()]> {
    let counts = COUNTS.get()?;
    Some(std::array::from_fn(|at| {
        (LEVELS[at].1, counts[at].load(Ordering::Relaxed))
    }))
}

/// Counts an event that no [`EventCounter`] sees.
pub(super) fn count(level: Level) {
    if let Some(counts) = COUNTS.get() {
        add(counts, level);
    }
}

fn add(counts: &[AtomicU64; LEVELS.len()], level: Level) {
    if let Some(at) = LEVELS.iter().position(|(known, _)| *known == level) {
        counts[at].fetch_add(1, Ordering::Relaxed);
    }
}

impl<S: Subscriber> Layer<S> for EventCounter {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        add(self.counts, *event.metadata().level());
    }
}
