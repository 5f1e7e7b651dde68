//! Counts spans, data points and log records by their fate, for `monitor_otlp_items_total`.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::logs;
use crate::settings::config::otlp::Signal;
use crate::traces;

/// The fate of an item.
#[derive(Clone, Copy)]
pub(super) enum Fate {
    /// The collector has taken it.
    Sent,
    /// The collector has answered that it does not take it.
    Refused,
    /// It found no room, or the collector could not be reached.
    Dropped,
}

impl Fate {
    const ALL: [(Self, &'static str); 3] = [
        (Self::Sent, "sent"),
        (Self::Refused, "refused"),
        (Self::Dropped, "dropped"),
    ];
}

/// By signal and fate.
static COUNTS: [[AtomicU64; 3]; 3] = [const { [const { AtomicU64::new(0) }; 3] }; 3];

/// `true` for a signal that was exported at some time.
static IS_EXPORTED: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];

/// Shows the counts of a signal from now on.
pub(super) fn begin(signal: Signal) {
    IS_EXPORTED[signal as usize].store(true, Ordering::Relaxed);
}

/// Counts items.
pub(super) fn count(signal: Signal, fate: Fate, items: u64) {
    COUNTS[signal as usize][fate as usize].fetch_add(items, Ordering::Relaxed);
}

/// Returns the items so far, by signal and result, of the signals that are exported.
pub(crate) fn items() -> impl Iterator<Item = (&'static str, &'static str, u64)> {
    let exported = |signal: &Signal| IS_EXPORTED[*signal as usize].load(Ordering::Relaxed);
    Signal::ALL.into_iter().filter(exported).flat_map(|signal| {
        Fate::ALL.map(|(fate, result)| {
            let counted = COUNTS[signal as usize][fate as usize].load(Ordering::Relaxed);
            let early = match (signal, fate) {
                (Signal::Traces, Fate::Dropped) => traces::export::dropped(),
                (Signal::Logs, Fate::Dropped) => logs::export::dropped(),
                _ => 0,
            };
            (signal.as_str(), result, counted + early)
        })
    })
}
