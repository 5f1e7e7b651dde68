//! A thread's call stack, as other threads may read it.
#![allow(unsafe_code)]

use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};

use crate::base::clock;
use crate::callsite::Site;
use crate::traces::TraceId;

/// The depth of nested functions up to which a thread needs nothing on the heap.
pub(super) const MAX_DEPTH: usize = 127;

/// Set in the depth while the thread works inside a local trace. The depth is then beyond
/// [`MAX_DEPTH`], so that calls leave the fast path without a check of their own.
pub(super) const DIVERTED: u64 = 1 << 7;

/// An event of the thread's clock, whose lower bits are the depth and [`DIVERTED`].
pub(super) const EVENT: u64 = 1 << 8;
const _: () = assert!((MAX_DEPTH as u64) < DIVERTED && DIVERTED < EVENT);

/// Returns the depth in a thread's clock of events.
#[expect(clippy::inline_always, reason = "an instruction of every call")]
#[inline(always)]
pub(super) fn depth_of(now: u64) -> usize {
    (now % DIVERTED) as usize
}

/// The index of the worker of a thread of which it is not known.
pub(super) const UNKNOWN: usize = usize::MAX;

/// The part of a thread's call stack that other threads may read.
///
/// Only its thread writes. It stores what a number refers to before the number itself, so a reader
/// that finds a number finds what belongs to it, or something later.
pub(super) struct VisibleStack {
    /// The clock of events and the depth, see [`CallStack`](crate::context::CallStack).
    pub(super) now: AtomicU64,
    /// The outermost functions that run; null for the start of a task.
    sites: [AtomicPtr<Site>; MAX_DEPTH],
    /// The clock of events when each of their stretches began, by the number of functions that ran from then
    /// on.
    pub(super) began: [AtomicU64; MAX_DEPTH + 1],
    /// Counts the trace contexts that were entered or left.
    scopes: AtomicU64,
    /// The trace id of the context; zeros outside of all.
    trace: [AtomicU64; 2],
    /// The index of the worker that the thread runs. Other threads change it, too, while they hold the
    /// list's lock.
    pub(super) worker: AtomicUsize,
    /// The time of the line which says that the thread blocks its worker, in ticks of the clock; 0 without one whose
    /// end is to be told. Other threads change it, too.
    pub(super) block: AtomicU64,
    /// `true` once the thread is on the list for its outermost calls.
    pub(super) is_listed: AtomicBool,
    /// The outermost call that was promised a local trace.
    pub(super) promised: PromiseCell,
}

/// An outermost call that has no local trace yet. The trace begins when something has to be recorded in it.
#[derive(Clone, Copy)]
pub(crate) struct Promise {
    pub(crate) site: &'static Site,
    /// The start of the call, in ticks of the clock; 0 while it begins.
    pub(crate) began: u64,
}

/// The [`Promise`] of a thread.
pub(super) struct PromiseCell {
    /// Null without one.
    site: AtomicPtr<Site>,
    began: AtomicU64,
}

impl PromiseCell {
    const fn new() -> Self {
        Self {
            site: AtomicPtr::new(ptr::null_mut()),
            began: AtomicU64::new(0),
        }
    }

    #[inline]
    pub(super) fn is_some(&self) -> bool {
        !self.site.load(Ordering::Relaxed).is_null()
    }

    #[inline]
    pub(super) fn set(&self, promise: Option<Promise>) {
        // A reader that sees this start also sees that the call before it has ended.
        if let Some(Promise { site, began }) = promise {
            self.began.store(began, Ordering::Release);
            self.site
                .store(ptr::from_ref(site).cast_mut(), Ordering::Release);
        } else {
            self.site.store(ptr::null_mut(), Ordering::Release);
        }
    }

    /// Notes the start of a call that begins.
    #[inline]
    pub(super) fn note_start(&self, began: u64) {
        self.began.store(began, Ordering::Release);
    }

    pub(super) fn take(&self) -> Option<Promise> {
        let promise = self.read();
        self.set(None);
        promise
    }

    /// Reads it on any thread. A call that ends meanwhile is left out, and one that begins does so now.
    pub(super) fn read(&self) -> Option<Promise> {
        let site = self.site.load(Ordering::Acquire);
        let began = self.began.load(Ordering::Acquire);
        let is_same = self.site.load(Ordering::Relaxed) == site;
        // SAFETY: the pointer is null, or was made from a `&'static Site`.
        let site = unsafe { site.as_ref() }.filter(|_| is_same)?;
        let began = if began == 0 { clock::now() } else { began };
        Some(Promise { site, began })
    }
}

impl VisibleStack {
    pub(super) const fn new() -> Self {
        Self {
            now: AtomicU64::new(0),
            sites: [const { AtomicPtr::new(ptr::null_mut()) }; MAX_DEPTH],
            began: [const { AtomicU64::new(0) }; MAX_DEPTH + 1],
            scopes: AtomicU64::new(0),
            trace: [const { AtomicU64::new(0) }; 2],
            worker: AtomicUsize::new(UNKNOWN),
            block: AtomicU64::new(0),
            is_listed: AtomicBool::new(false),
            promised: PromiseCell::new(),
        }
    }

    /// Sets the function at a depth; `None` without such a depth.
    #[inline]
    pub(super) fn set_site(&self, depth: usize, site: Option<&'static Site>) -> Option<()> {
        let site = site.map_or(ptr::null(), ptr::from_ref).cast_mut();
        // A reader that sees this function also sees that the one before it has ended.
        self.sites.get(depth)?.store(site, Ordering::Release);
        Some(())
    }

    /// Returns the function at a depth; `None` for the start of a task.
    pub(super) fn site(&self, depth: usize) -> Option<&'static Site> {
        let site = self.sites.get(depth)?.load(Ordering::Acquire);
        // SAFETY: the pointer is null, or was made from a `&'static Site`.
        unsafe { site.as_ref() }
    }

    /// Shows the trace that the thread works for from now on.
    pub(super) fn show_trace(&self, trace: Option<TraceId>) {
        let bytes = trace.map_or(0, |trace| u128::from_be_bytes(trace.to_bytes()));
        #[expect(clippy::cast_possible_truncation, reason = "two halves")]
        let halves = [(bytes >> 64) as u64, bytes as u64];
        for (shown, half) in self.trace.iter().zip(halves) {
            shown.store(half, Ordering::Release);
        }
        let scopes = self.scopes.load(Ordering::Relaxed).wrapping_add(1);
        self.scopes.store(scopes, Ordering::Release);
    }

    /// Returns `true` if the end of a block is to be told, which the caller then does.
    pub(super) fn take_block(&self) -> bool {
        self.block.swap(0, Ordering::Relaxed) != 0
    }

    /// Reads the stack. Functions that come and go meanwhile are left out.
    pub(super) fn read(&self) -> StackReading {
        let (first, mut reading) = (self.read_once(), self.read_once());
        let same = |(one, other): &(&Frame, &Frame)| one == other;
        let steady = first.frames.iter().zip(&reading.frames);
        let steady = steady.take_while(same).count();
        reading.frames.truncate(steady);
        if (first.scopes, first.trace) != (reading.scopes, reading.trace) {
            reading.trace = None;
        }
        reading
    }

    fn read_once(&self) -> StackReading {
        let scopes = self.scopes.load(Ordering::Acquire);
        let [high, low] = [&self.trace[0], &self.trace[1]].map(|half| half.load(Ordering::Acquire));
        let trace = u128::from(high) << 64 | u128::from(low);
        let depth = depth_of(self.now.load(Ordering::Acquire));
        let frames = (0..depth).map(|depth| Frame {
            site: self.site(depth),
            began: self.began[depth + 1].load(Ordering::Acquire),
        });
        StackReading {
            frames: frames.collect(),
            scopes,
            trace: (trace != 0).then(|| TraceId(trace.to_be_bytes())),
        }
    }
}

/// A function that runs on a thread, since an event of the thread's clock.
#[derive(Clone, Copy)]
pub(crate) struct Frame {
    /// `None` for the start of a task.
    pub(crate) site: Option<&'static Site>,
    began: u64,
}

impl PartialEq for Frame {
    fn eq(&self, other: &Self) -> bool {
        let address = |frame: &Self| frame.site.map(ptr::from_ref);
        (address(self), self.began) == (address(other), other.began)
    }
}

/// A thread's stack at a moment.
pub(crate) struct StackReading {
    /// The functions that run, outermost first.
    pub(crate) frames: Vec<Frame>,
    /// Changes with every trace context that the thread enters or leaves.
    pub(crate) scopes: u64,
    /// The trace that the thread works for.
    pub(crate) trace: Option<TraceId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_begins_does_so_now_until_its_start_is_noted() {
        enum Here {}
        static SITE: Site = Site::of::<Here>("shop");
        let cell = PromiseCell::new();
        cell.set(Some(Promise {
            site: &SITE,
            began: 0,
        }));
        let before = clock::now();
        let began = |promise: Option<Promise>| promise.expect("it was set").began;
        let begins = began(cell.read());
        assert!((before..=clock::now()).contains(&begins));
        cell.note_start(7);
        assert_eq!(began(cell.read()), 7);
        assert_eq!(began(cell.take()), 7);
        assert!(cell.read().is_none());
    }
}
