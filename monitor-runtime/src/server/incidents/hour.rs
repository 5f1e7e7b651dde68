//! The calls of the last hour by function, in columns of five minutes: what an incident is compared
//! with.
//!
//! A column holds only functions with calls, 20 bytes for each. A function that is called all the
//! time takes 300 bytes, so ten thousand of them take 3 MB.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::base::outcome::Outcome;
use crate::server::live::{Class, Totals};

/// The length of a column.
pub(super) const COLUMN: Duration = Duration::from_secs(300);
/// A timer of five seconds may fire a little early.
const TICK: Duration = Duration::from_millis(2500);
/// Columns kept: those of an hour, and the one that ended within the last minute.
const COLUMNS: usize = 13;
/// Columns within which a function counts as one whose calls end: those of six hours, as for the
/// alert `MonitorCallStuck`.
const REMEMBERED: u32 = 72;
/// Classes of errors and reasons that a column keeps, of all functions.
const MAX_CLASSES: usize = 4000;

/// Calls of the last hour.
pub(super) struct Hour {
    /// The end of the last column.
    at: Instant,
    /// The counts at that time, by function.
    totals: Vec<Totals>,
    columns: VecDeque<Column>,
    /// The columns so far.
    number: u32,
    /// By function, the number of the last column in which a call of it ended.
    ended: Vec<Option<u32>>,
}

struct Column {
    from: Instant,
    to: Instant,
    entries: Vec<Entry>,
    /// All errors and cancelled calls up to its end, by function and class.
    classes: Vec<(u32, Class)>,
}

/// The calls of one function in a column.
struct Entry {
    function: u32,
    /// By result.
    ended: [u32; Outcome::RESULTS],
    seconds: f32,
}

/// The calls of up to an hour that ended before the last minute began.
pub(super) struct Before {
    pub(super) length: Duration,
    /// By function.
    pub(super) calls: Vec<Totals>,
    /// All errors and cancelled calls up to its end, by function and class.
    pub(super) classes: Vec<(u32, Class)>,
}

impl Hour {
    /// Begins with counts of zero: nothing was counted before the process began.
    pub(super) fn new(now: Instant, functions: usize) -> Self {
        Self {
            at: now,
            totals: vec![Totals::default(); functions],
            columns: VecDeque::new(),
            number: 0,
            ended: vec![None; functions],
        }
    }

    /// Closes a column if it is time to.
    pub(super) fn remember(
        &mut self,
        now: Instant,
        totals: impl FnOnce() -> Vec<Totals>,
        classes: impl Fn(usize) -> Vec<Class>,
    ) {
        if now.saturating_duration_since(self.at) + TICK < COLUMN {
            return;
        }
        let totals = totals();
        self.number += 1;
        let mut entries = Vec::new();
        for (function, (now, before)) in totals.iter().zip(&self.totals).enumerate() {
            let new = now.since(before);
            if new.calls() > 0 {
                self.ended[function] = Some(self.number);
                entries.push(Entry::new(function, &new));
            }
        }
        entries.shrink_to_fit();
        let failing = totals.iter().enumerate();
        let failing = failing.filter(|(_, of)| of.calls() > of.ended[Outcome::Ok.result()]);
        let classes = failing.flat_map(|(function, _)| {
            let classes = classes(function).into_iter();
            classes.map(move |class| (place(function), class))
        });
        let classes = classes.take(MAX_CLASSES).collect();
        self.columns.push_back(Column {
            from: std::mem::replace(&mut self.at, now),
            to: now,
            entries,
            classes,
        });
        self.totals = totals;
        if self.columns.len() > COLUMNS {
            self.columns.pop_front();
        }
        // An older column is never the last one before a minute.
        if let Some(old) = self.columns.len().checked_sub(3) {
            self.columns[old].classes = Vec::new();
        }
    }

    /// Returns the calls of the columns that ended at a time or before it; `None` before the
    /// first.
    pub(super) fn before(&self, until: Instant) -> Option<Before> {
        let columns = self.columns.iter().filter(|column| column.to <= until);
        let last = columns.clone().next_back()?;
        let mut calls = vec![Totals::default(); self.totals.len()];
        let mut length = Duration::ZERO;
        for column in columns.clone() {
            length += column.to - column.from;
            for entry in &column.entries {
                entry.add_to(&mut calls[entry.function as usize]);
            }
        }
        Some(Before {
            length,
            calls,
            classes: last.classes.clone(),
        })
    }

    /// Returns `true` if a call of a function has ended in the last six hours. `now` has its counts.
    pub(super) fn has_ended(&self, function: usize, now: &Totals) -> bool {
        let last = self.ended.get(function).copied().flatten();
        let recent = last.is_some_and(|last| self.number - last < REMEMBERED);
        let known = self.totals.get(function);
        recent || known.is_some_and(|known| now.since(known).calls() > 0)
    }

    /// Returns the bytes that it occupies.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        let columns = self.columns.iter().map(|column| {
            column.entries.capacity() * size_of::<Entry>()
                + column.classes.capacity() * size_of::<(u32, Class)>()
        });
        self.totals.capacity() * size_of::<Totals>()
            + self.ended.capacity() * size_of::<Option<u32>>()
            + columns.sum::<usize>()
    }
}

impl Entry {
    #[expect(clippy::cast_possible_truncation, reason = "a sum for a ratio")]
    fn new(function: usize, new: &Totals) -> Self {
        Self {
            function: place(function),
            ended: new
                .ended
                .map(|calls| u32::try_from(calls).unwrap_or(u32::MAX)),
            seconds: new.seconds as f32,
        }
    }

    fn add_to(&self, sum: &mut Totals) {
        for (sum, calls) in sum.ended.iter_mut().zip(self.ended) {
            *sum += u64::from(calls);
        }
        sum.seconds += f64::from(self.seconds);
    }
}

fn place(function: usize) -> u32 {
    u32::try_from(function).unwrap_or(u32::MAX)
}
