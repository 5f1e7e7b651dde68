//! The places of a local trace's spans: written by the threads that run the calls, read at any time,
//! without a lock.
//!
//! A call gets a fresh place by one atomic addition; only its owner writes there, until it ends. A
//! place is used again once its span has been left out, see [`record`](super::record). A reader then
//! sees two different numbers and skips it.
#![allow(unsafe_code)]

use super::waits::{WaitCells, Waits};
use crate::base::outcome::Outcome;
use crate::base::sync::OnceLock;
use crate::base::sync::atomic::{AtomicPtr, AtomicU8, AtomicU32, AtomicU64, Ordering, fence};
use crate::callsite::Site;

/// Places that a trace has from its start. Most requests need no more.
const FIRST: usize = 8;
/// Further places, which are allocated together, and how often.
const CHUNK: usize = 32;
const CHUNKS: usize = 6;

/// Spans that a local trace keeps.
pub(super) const MAX_SPANS: usize = FIRST + CHUNK * CHUNKS;

/// The number of a place without a span.
const VACANT: u64 = u64::MAX;

/// Finds a span in its local trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SpanKey {
    /// Its place, which a later span may get.
    pub(crate) slot: u32,
    /// Its number in the trace, in the order of beginnings; 0 for the root.
    pub(crate) number: u64,
}

impl SpanKey {
    /// The key of the first span of every local trace.
    pub(crate) const ROOT: Self = Self { slot: 0, number: 0 };
}

/// A span as its place holds it.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) key: SpanKey,
    pub(crate) parent: SpanKey,
    /// The function; `None` for a span that is not a call.
    pub(crate) site: Option<&'static Site>,
    /// In ticks of the clock.
    pub(crate) began: u64,
    /// `None` while it is open.
    pub(crate) ended: Option<(u64, Outcome)>,
    pub(crate) waits: Waits,
}

struct Slot {
    number: AtomicU64,
    /// The key of the span around it.
    around_number: AtomicU64,
    around_place: AtomicU32,
    outcome: AtomicU8,
    site: AtomicPtr<Site>,
    began: AtomicU64,
    /// 0 while the span is open.
    ended: AtomicU64,
    waits: WaitCells,
}

/// The places of one local trace.
pub(crate) struct Slots {
    first: [Slot; FIRST],
    more: [OnceLock<Box<[Slot]>>; CHUNKS],
    next: AtomicU64,
}

impl Slot {
    fn vacant() -> Self {
        Self {
            number: AtomicU64::new(VACANT),
            around_number: AtomicU64::new(0),
            around_place: AtomicU32::new(0),
            outcome: AtomicU8::new(0),
            site: AtomicPtr::new(std::ptr::null_mut()),
            began: AtomicU64::new(0),
            ended: AtomicU64::new(0),
            waits: WaitCells::none(),
        }
    }

    /// Reads the span; `None` without one, or if it is being replaced.
    fn read(&self, slot: u32) -> Option<Entry> {
        let number = self.number.load(Ordering::Acquire);
        if number == VACANT {
            return None;
        }
        let site = self.site.load(Ordering::Relaxed);
        let ended = self.ended.load(Ordering::Acquire);
        let entry = Entry {
            key: SpanKey { slot, number },
            parent: self.around(),
            // SAFETY: the pointer is null, or was made from a `&'static Site`.
            site: unsafe { site.as_ref() },
            began: self.began.load(Ordering::Relaxed),
            ended: (ended != 0).then(|| (ended, outcome(self.outcome.load(Ordering::Relaxed)))),
            waits: self.waits.read(),
        };
        fence(Ordering::Acquire);
        (self.number.load(Ordering::Relaxed) == number).then_some(entry)
    }
}

impl Slot {
    #[inline]
    fn end(&self, ended: u64, outcome: Outcome) {
        self.outcome.store(outcome as u8, Ordering::Relaxed);
        self.ended.store(ended, Ordering::Release);
    }

    #[inline]
    fn around_call(&self, site: &Site) -> Option<SpanKey> {
        let same = std::ptr::eq(self.site.load(Ordering::Relaxed), site);
        let is_open = self.ended.load(Ordering::Relaxed) == 0;
        (same && is_open).then(|| self.around())
    }

    #[inline]
    fn around(&self) -> SpanKey {
        SpanKey {
            slot: self.around_place.load(Ordering::Relaxed),
            number: self.around_number.load(Ordering::Relaxed),
        }
    }
}

fn outcome(number: u8) -> Outcome {
    match number {
        0 => Outcome::Ok,
        1 => Outcome::Error,
        2 => Outcome::Panic,
        _ => Outcome::Cancelled,
    }
}

impl Slots {
    pub(crate) fn new() -> Self {
        Self {
            first: std::array::from_fn(|_| Slot::vacant()),
            more: std::array::from_fn(|_| OnceLock::new()),
            next: AtomicU64::new(0),
        }
    }

    /// Returns the next number, with a place for its span while there are fresh ones.
    #[inline]
    pub(crate) fn take(&self) -> Result<SpanKey, u64> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        match u32::try_from(number) {
            Ok(slot) if (slot as usize) < MAX_SPANS => Ok(SpanKey { slot, number }),
            _ => Err(number),
        }
    }

    #[inline]
    fn slot(&self, slot: u32) -> Option<&Slot> {
        let slot = slot as usize;
        match slot.checked_sub(FIRST) {
            None => self.first.get(slot),
            Some(rest) => self.more.get(rest / CHUNK)?.get()?.get(rest % CHUNK),
        }
    }

    #[cold]
    fn allocate(&self, slot: u32) -> &Slot {
        let slot = slot as usize - FIRST;
        let make = || (0..CHUNK).map(|_| Slot::vacant()).collect();
        &self.more[slot / CHUNK].get_or_init(make)[slot % CHUNK]
    }

    /// Begins a span in a place that the caller has to itself.
    #[inline]
    pub(crate) fn begin(
        &self,
        key: SpanKey,
        parent: SpanKey,
        site: Option<&'static Site>,
        began: u64,
    ) {
        let slot = match self.slot(key.slot) {
            Some(slot) => slot,
            None => self.allocate(key.slot),
        };
        let site = site.map_or(std::ptr::null(), std::ptr::from_ref);
        slot.around_number.store(parent.number, Ordering::Relaxed);
        slot.around_place.store(parent.slot, Ordering::Relaxed);
        slot.site.store(site.cast_mut(), Ordering::Relaxed);
        slot.began.store(began, Ordering::Relaxed);
        slot.ended.store(0, Ordering::Relaxed);
        slot.number.store(key.number, Ordering::Release);
    }

    /// Ends a span that the caller began.
    pub(crate) fn end(&self, key: SpanKey, ended: u64, outcome: Outcome) {
        if let Some(slot) = self.own(key) {
            slot.waits.end(ended, 0);
            slot.end(ended, outcome);
        }
    }

    /// Notes that the future of a span waits.
    pub(crate) fn begin_wait(&self, key: SpanKey, at: u64) {
        if let Some(slot) = self.own(key) {
            slot.waits.begin(at);
        }
    }

    /// Shows that the future of a span was woken, on any thread.
    pub(crate) fn wake(&self, key: SpanKey, at: u64) {
        if let Some(slot) = self.own(key) {
            slot.waits.wake(at);
        }
    }

    /// Notes that the future of a span is polled again, and when it was woken, if that is not 0.
    pub(crate) fn end_wait(&self, key: SpanKey, at: u64, woken: u64) {
        if let Some(slot) = self.own(key) {
            slot.waits.end(at, woken);
        }
    }

    /// Ends a call that succeeded, and returns the key of the span around it; `None` if the span is
    /// not a call of this function.
    #[inline]
    pub(crate) fn end_call(&self, key: SpanKey, site: &Site, ended: u64) -> Option<SpanKey> {
        let slot = self.own(key)?;
        let around = slot.around_call(site)?;
        slot.end(ended, Outcome::Ok);
        Some(around)
    }

    /// Returns the key of the span around an open call; `None` if the span is not one of this function.
    pub(crate) fn around_call(&self, key: SpanKey, site: &Site) -> Option<SpanKey> {
        self.own(key)?.around_call(site)
    }

    /// Returns the innermost open call of a function at or around a span, and the span around it. Spans of the user that were not left, or not in order, stand between.
    #[cold]
    #[inline(never)]
    pub(crate) fn find_call(&self, span: SpanKey, site: &Site) -> Option<(SpanKey, SpanKey)> {
        let mut key = span;
        loop {
            let slot = self.own(key)?;
            if let Some(around) = slot.around_call(site) {
                return Some((key, around));
            }
            if key == SpanKey::ROOT {
                return None;
            }
            key = slot.around();
        }
    }

    /// Returns the key of the span around another one; `None` for one that was left out.
    pub(crate) fn around(&self, key: SpanKey) -> Option<SpanKey> {
        self.own(key).map(Slot::around)
    }

    /// Returns the place of an open span. Its owner alone changes it.
    #[inline]
    fn own(&self, key: SpanKey) -> Option<&Slot> {
        let slot = self.slot(key.slot)?;
        (slot.number.load(Ordering::Relaxed) == key.number).then_some(slot)
    }

    /// Removes a span that has ended, so that another may begin in its place.
    pub(crate) fn vacate(&self, key: SpanKey) {
        if let Some(slot) = self.own(key) {
            slot.number.store(VACANT, Ordering::Relaxed);
            // A reader that sees a later value of the place also sees that its number has changed.
            fence(Ordering::Release);
            slot.waits.clear();
        }
    }

    /// Reads all spans, in the order of their places.
    pub(crate) fn read(&self) -> impl Iterator<Item = Entry> {
        let more = self.more.iter().filter_map(OnceLock::get);
        let all = self.first.iter().chain(more.flat_map(|chunk| &**chunk));
        (0..).zip(all).filter_map(|(slot, place)| place.read(slot))
    }

    /// Returns the bytes of the places beyond those that every trace has.
    pub(crate) fn bytes(&self) -> usize {
        let chunks = self.more.iter().filter(|chunk| chunk.get().is_some());
        chunks.count() * CHUNK * size_of::<Slot>()
    }
}
