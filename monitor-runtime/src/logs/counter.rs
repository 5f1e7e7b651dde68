//! Counts the log's events by level, for `monitor_log_events_total`.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

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

/// Counts of a few threads, one per level in the order of [`LEVELS`].
// Alone on its cache lines, which CPUs prefetch in pairs.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Counts([AtomicU64; LEVELS.len()]);

/// Threads share these by turns, so that few of them count in the same place; allocated by the first
/// counter.
static COUNTS: OnceLock<[Counts; 16]> = OnceLock::new();

thread_local! {
    /// The place in [`COUNTS`] of this thread.
    static PLACE: usize = {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Ordering::Relaxed)
    };
}

/// Counts events by level; made by [`event_counter`].
#[derive(Debug)]
pub struct EventCounter {
    counts: &'static [Counts],
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
        let all = counts
            .iter()
            .map(|Counts(counts)| counts[at].load(Ordering::Relaxed));
        (LEVELS[at].1, all.sum())
    }))
}

/// Counts an event that no [`EventCounter`] sees.
pub(super) fn count(level: Level) {
    if let Some(counts) = COUNTS.get() {
        add(counts, level);
    }
}

/// Returns the number of this thread, for counters that a few threads share.
pub(super) fn stripe() -> usize {
    PLACE.with(|place| *place)
}

fn add(counts: &[Counts], level: Level) {
    let Counts(counts) = &counts[stripe() % counts.len()];
    if let Some(at) = LEVELS.iter().position(|(known, _)| *known == level) {
        counts[at].fetch_add(1, Ordering::Relaxed);
    }
}

impl<S: Subscriber> Layer<S> for EventCounter {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        add(self.counts, *event.metadata().level());
    }
}
