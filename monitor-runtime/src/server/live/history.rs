//! The last ten minutes in columns of five seconds: calls, failures and durations of each function.

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use super::counts::Counts;
use crate::base::outcome::Outcome;

/// Columns kept: 120 of five seconds.
const COLUMNS: usize = 120;

/// The calls that ended in five seconds.
pub(super) struct Column {
    /// The document in which it was new.
    pub(super) number: u64,
    /// The end of the five seconds.
    pub(super) at: SystemTime,
    pub(super) length: Duration,
    entries: Vec<Entry>,
    /// The heat of all entries, one after the other.
    heat: Vec<u8>,
}

/// The calls of one function that ended in a column. A function without calls has no entry.
struct Entry {
    function: u32,
    /// By result.
    ended: [u32; Outcome::RESULTS],
    /// The first bucket with calls, and the number of buckets up to the last one.
    first: u8,
    buckets: u8,
}

/// Calls of a function in a column.
pub(super) struct Calls<'a> {
    pub(super) function: u32,
    pub(super) ended: [u32; Outcome::RESULTS],
    /// The bucket that `heat` begins with.
    pub(super) first: u8,
    /// For each bucket the number of bits of its number of calls: 0 for none, 1 for one, 2 for up
    /// to 3.
    pub(super) heat: &'a [u8],
}

impl Column {
    pub(super) fn new(number: u64, length: Duration) -> Self {
        Self {
            number,
            at: SystemTime::now(),
            length,
            entries: Vec::new(),
            heat: Vec::new(),
        }
    }

    /// Adds the counts of a function.
    pub(super) fn push(&mut self, function: usize, counts: &Counts) {
        if counts.calls() == 0 {
            return;
        }
        let used = |calls: &u64| *calls > 0;
        let first = counts.buckets.iter().position(used).unwrap_or(0);
        let last = counts.buckets.iter().rposition(used).unwrap_or(0);
        let buckets = counts.buckets.get(first..=last).unwrap_or_default();
        let bits = |calls: &u64| u8::try_from(u64::BITS - calls.leading_zeros()).unwrap_or(u8::MAX);
        self.heat.extend(buckets.iter().map(bits));
        self.entries.push(Entry {
            function: u32::try_from(function).unwrap_or(u32::MAX),
            ended: counts
                .ended
                .map(|calls| u32::try_from(calls).unwrap_or(u32::MAX)),
            first: u8::try_from(first).unwrap_or(u8::MAX),
            buckets: u8::try_from(buckets.len()).unwrap_or(u8::MAX),
        });
    }

    pub(super) fn calls(&self) -> impl Iterator<Item = Calls<'_>> {
        let mut rest = self.heat.as_slice();
        self.entries.iter().map(move |entry| {
            let (heat, after) = rest.split_at(usize::from(entry.buckets).min(rest.len()));
            rest = after;
            Calls {
                function: entry.function,
                ended: entry.ended,
                first: entry.first,
                heat,
            }
        })
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    fn shrink(&mut self) {
        self.entries.shrink_to_fit();
        self.heat.shrink_to_fit();
    }
}

/// The columns, the oldest first.
#[derive(Default)]
pub(super) struct History(VecDeque<Column>);

impl History {
    pub(super) fn push(&mut self, mut column: Column) {
        column.shrink();
        self.0.push_back(column);
        while self.0.len() > COLUMNS {
            self.0.pop_front();
        }
    }

    /// Returns the columns that came after a document, the oldest first. They hold at most `most`
    /// functions, but always include the last column.
    pub(super) fn after(&self, number: u64, most: usize) -> impl Iterator<Item = &Column> {
        let mut room = most;
        let new = self.0.iter().rev().enumerate();
        let new = new.take_while(move |(place, column)| {
            let fits = *place == 0 || column.len() <= room;
            room = room.saturating_sub(column.len());
            column.number > number && fits
        });
        let new: Vec<&Column> = new.map(|(_, column)| column).collect();
        new.into_iter().rev()
    }
}
