//! Local traces that wait for the exporter.
//!
//! A trace is offered when its root ends, when a task of it ends later, and when it fails after that. The
//! exporter takes the spans that have ended and that it has not taken before.

use std::collections::HashSet;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::judge::Reason;
use super::{LocalTrace, Story};
use crate::base::outbox::Outbox;

/// Bytes of the traces that wait.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// The traces that wait.
pub(crate) static ENDED: Outbox<Arc<LocalTrace>> = Outbox::new(MAX_BYTES);
/// Spans of traces that found no room.
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// Returns the number of spans that were dropped because the exporter is too slow.
pub(crate) fn dropped() -> u64 {
    DROPPED.load(Ordering::Relaxed)
}

/// The spans of a trace that the exporter has taken.
#[derive(Default)]
pub(super) enum Exported {
    #[default]
    Nothing,
    /// By number.
    Some(HashSet<u64>),
    /// All before this number.
    Before(u64),
}

impl Exported {
    fn has(&self, number: u64) -> bool {
        match self {
            Self::Nothing => false,
            Self::Some(numbers) => numbers.contains(&number),
            Self::Before(next) => number < *next,
        }
    }

    /// Adds the numbers of spans. `is_complete` is `true` if no other span of the trace is open.
    fn add(self, numbers: impl Iterator<Item = u64>, is_complete: bool) -> Self {
        let mut all = match self {
            Self::Before(next) if is_complete => {
                return Self::Before(numbers.map(|number| number + 1).fold(next, u64::max));
            }
            Self::Nothing if is_complete => {
                return Self::Before(numbers.map(|number| number + 1).fold(0, u64::max));
            }
            Self::Before(next) => (0..next).collect(),
            Self::Nothing => HashSet::new(),
            Self::Some(known) => known,
        };
        all.extend(numbers);
        Self::Some(all)
    }
}

impl LocalTrace {
    /// Offers the trace to the exporter, if its root has ended and there is a reason to export it.
    pub(super) fn offer(self: &Arc<Self>) {
        if !ENDED.is_open() {
            return;
        }
        let bytes = self.with(|rest| {
            let is_kept = matches!(rest.facts.kept, Some(reason) if reason != Reason::Share);
            let is_wanted = rest.facts.root.is_some() && (self.ids.shared || is_kept);
            if !is_wanted || rest.is_offered {
                return None;
            }
            rest.is_offered = true;
            Some(rest.bytes())
        });
        let Some(bytes) = bytes.flatten() else { return };
        let bytes = bytes + self.own_bytes();
        if ENDED.put(Arc::clone(self), bytes).is_err() {
            let dropped = self.drop_for_export() as u64;
            DROPPED.fetch_add(dropped, Ordering::Relaxed);
        }
    }

    /// Does without the spans that the exporter would take, and returns their number. Runs in the request,
    /// so it copies nothing of them.
    fn drop_for_export(&self) -> usize {
        let dropped = self.with(|rest| {
            rest.is_offered = false;
            let mut is_complete = rest.parts == 0;
            let mut dropped = Vec::new();
            for span in self.slots.read() {
                is_complete &= span.ended.is_some();
                if span.ended.is_some() && !rest.exported.has(span.key.number) {
                    dropped.push(span.key.number);
                }
            }
            let before = mem::take(&mut rest.exported);
            rest.exported = before.add(dropped.iter().copied(), is_complete);
            dropped.len()
        });
        dropped.unwrap_or_default()
    }

    /// Returns all spans without the lines, and the numbers of those that are open or were taken before.
    pub(crate) fn take_for_export(&self) -> (Story, HashSet<u64>) {
        let story = self.read_spans();
        let open = story.spans.iter().filter(|span| span.ended.is_none());
        let mut left: HashSet<u64> = open.map(|span| span.number).collect();
        self.with(|rest| {
            rest.is_offered = false;
            let is_complete = left.is_empty() && rest.parts == 0;
            let before = mem::take(&mut rest.exported);
            let numbers = story.spans.iter().map(|span| span.number);
            left.extend(numbers.clone().filter(|number| before.has(*number)));
            let taken = numbers.filter(|number| !left.contains(number));
            rest.exported = before.add(taken, is_complete);
        });
        (story, left)
    }
}
