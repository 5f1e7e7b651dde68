//! The parts of a local trace that few calls touch, behind a lock: fields and errors, spans that are
//! not calls, places to use again, and the facts for the judge.
//!
//! A trace that is full leaves out the oldest spans that have ended and have no spans inside them,
//! so that the way to the running code stays complete. A request with ten thousand calls shows its
//! last ones, and so does a stream that lives for days.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use super::export::Exported;
use super::judge::Facts;
use super::lines::Lines;
use super::slots::{Entry, MAX_SPANS, Slots, SpanKey};
use super::span::{Detail, Span, SpanEnd, Subject};
use crate::base::outcome::Outcome;
use crate::base::spread::Spread;

/// Places that become free at once, so that not every further span searches for one.
const BATCH: usize = 50;
/// Bytes of fields and errors that a local trace keeps.
const MAX_BYTES: usize = 64 * 1024;

/// The parts of a span beyond its place.
struct Extra {
    /// `None` for a call.
    subject: Option<Subject>,
    detail: Detail,
}

/// The parts of a local trace that few calls touch.
pub(super) struct Rest {
    /// By the span's number.
    extras: HashMap<u64, Extra, BuildHasherDefault<Spread>>,
    /// Places of spans that were left out.
    free: Vec<u32>,
    /// Spans that were left out so far.
    pub(super) left_out: u64,
    /// Spans that will be left out before the next search for a free place.
    patience: usize,
    /// Bytes of the details.
    bytes: usize,
    /// Details that were left out.
    pub(super) cut: u64,
    /// Open spans that keep the trace in flight: the root, and tasks.
    pub(super) parts: u32,
    /// `true` once it is counted among the traces that were judged.
    pub(super) is_counted: bool,
    /// Spans left out that are counted.
    pub(super) left_out_counted: u64,
    /// The time at which it was kept, in ticks of the clock.
    pub(super) kept_at: u64,
    pub(super) facts: Facts,
    pub(super) lines: Lines,
    pub(super) exported: Exported,
    /// `true` while the trace waits for the exporter.
    pub(super) is_offered: bool,
}

impl Rest {
    /// Creates the rest of a trace that begins with `root`.
    pub(super) fn new(root: Subject) -> Self {
        let mut rest = Self {
            extras: HashMap::default(),
            free: Vec::new(),
            left_out: 0,
            patience: 0,
            bytes: 0,
            cut: 0,
            parts: 1,
            is_counted: false,
            left_out_counted: 0,
            kept_at: 0,
            facts: Facts::default(),
            lines: Lines::default(),
            exported: Exported::default(),
            is_offered: false,
        };
        rest.add(SpanKey::ROOT.number, Some(root), None);
        rest
    }

    /// Adds the subject and the fields of a span that is about to begin.
    pub(super) fn add(&mut self, number: u64, subject: Option<Subject>, detail: Option<Detail>) {
        let detail = detail.filter(|detail| self.admits(detail.bytes()));
        if subject.is_some() || detail.is_some() {
            let detail = detail.unwrap_or_default();
            self.extras.insert(number, Extra { subject, detail });
        }
    }

    /// Adds the fields of a span that has begun.
    pub(super) fn describe(&mut self, number: u64, detail: Detail) {
        if self.admits(detail.bytes())
            && let Some(extra) = self.extras.get_mut(&number)
        {
            extra.detail.fields.extend(detail.fields);
        }
    }

    /// Adds the end of a span, which is about to end.
    pub(super) fn end(&mut self, key: SpanKey, end: SpanEnd) {
        self.facts.has_failed |= end.is_failure();
        self.facts.was_slow |= end.slow;
        if !end.has_detail() {
            return;
        }
        let mut detail = Detail::of_end(end);
        if !self.admits(detail.bytes()) {
            detail.chain.clear();
        }
        let extra = self.extras.entry(key.number).or_insert_with(|| Extra {
            subject: None,
            detail: Detail::default(),
        });
        extra.detail.join(detail);
    }

    fn admits(&mut self, bytes: usize) -> bool {
        let fits = self.bytes + bytes <= MAX_BYTES;
        if fits {
            self.bytes += bytes;
        } else {
            self.cut += 1;
        }
        fits
    }

    /// Returns a place to use again; `None` if the next span is left out.
    pub(super) fn reuse(&mut self, slots: &Slots) -> Option<u32> {
        if self.free.is_empty() {
            if let Some(patience) = self.patience.checked_sub(1) {
                self.patience = patience;
            } else {
                self.make_room(slots);
            }
        }
        let slot = self.free.pop();
        self.left_out += u64::from(slot.is_none());
        slot
    }

    /// Leaves out the oldest spans that have ended and have none inside: first those that succeeded.
    #[cold]
    fn make_room(&mut self, slots: &Slots) {
        let spans: Vec<Entry> = slots.read().collect();
        let mut is_leaf = [true; MAX_SPANS];
        for span in &spans {
            is_leaf[span.parent.slot as usize] = false;
        }
        let mut leaves: Vec<(bool, SpanKey)> = spans
            .iter()
            .filter(|span| span.key != SpanKey::ROOT && is_leaf[span.key.slot as usize])
            .filter_map(|span| Some((span.ended?.1 != Outcome::Ok, span.key)))
            .collect();
        leaves.sort_unstable_by_key(|(failed, key)| (*failed, key.number));
        leaves.truncate(BATCH);
        if leaves.is_empty() {
            self.patience = BATCH;
        }
        // The place of the oldest is the first to be used again.
        for (_, key) in leaves.iter().rev() {
            slots.vacate(*key);
            let extra = self.extras.remove(&key.number);
            let bytes = extra.map_or(0, |extra| extra.detail.bytes());
            self.bytes = self.bytes.saturating_sub(bytes);
            self.free.push(key.slot);
            self.left_out += 1;
        }
    }

    /// Returns the subject of the root.
    pub(super) fn root(&self) -> Option<Subject> {
        let root = self.extras.get(&SpanKey::ROOT.number)?;
        root.subject.clone()
    }

    /// Returns the bytes of its details and lines.
    pub(super) fn bytes(&self) -> usize {
        self.bytes + self.lines.bytes() + self.extras.capacity() * size_of::<(u64, Extra)>()
    }

    /// Copies all spans, in the order of their beginnings.
    pub(super) fn read(&self, slots: &Slots) -> Vec<Span> {
        let mut spans: Vec<Span> = slots.read().filter_map(|entry| self.span(&entry)).collect();
        spans.sort_unstable_by_key(|span| span.number);
        spans
    }

    fn span(&self, entry: &Entry) -> Option<Span> {
        let number = entry.key.number;
        let extra = self.extras.get(&number);
        let other = || extra.and_then(|extra| extra.subject.clone());
        Some(Span {
            number,
            parent: (number != 0).then_some(entry.parent.number),
            subject: entry.site.map(Subject::Call).or_else(other)?,
            began: entry.began,
            ended: entry.ended,
            waits: entry.waits,
            detail: extra.map(|extra| extra.detail.clone()).unwrap_or_default(),
        })
    }
}
