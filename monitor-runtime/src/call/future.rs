//! The call of a future between two polls.
#![allow(unsafe_code)]

use std::mem::{self, ManuallyDrop};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use super::begin;
use super::cancelled::Cancelled;
use super::guard::CallGuard;
use crate::call::start::Start;
use crate::call::{Call, CallExtras, FastCall};
use crate::callsite::Site;
use crate::callsite::events::Declared;
use crate::context::cancellation;
use crate::context::threads;
use crate::context::trace::SuspendedSpan;
use crate::traces::{LocalTrace, SpanKey};

/// A call between two polls.
// Boxes have no drop glue in every annotated function, except those that are seldom there.
pub struct FutureState {
    phase: Phase,
    /// The key of `trace`.
    slot: u16,
    number: u32,
    /// Copied from its `Start`.
    pub(crate) timed: bool,
    site: &'static Site,
    label_set: usize,
    /// The start of a call that waits.
    began: u64,
    /// The local trace in which a call that waits has a span and nothing else.
    trace: ManuallyDrop<Option<Arc<LocalTrace>>>,
    /// The other parts of a call that waits.
    extra: ManuallyDrop<Option<Box<CallExtras>>>,
    /// The declared values of a call that has not begun.
    declared: Option<Box<Declared>>,
    /// Ends the call of a future that is being dropped, once that is done.
    ending: Option<Box<Cancelled>>,
}

// A span holds no user state that a panic could leave half done.
impl UnwindSafe for FutureState {}
impl RefUnwindSafe for FutureState {}

// Written out, and checked below, so that rustc does not look through all of its parts: at the end of a
// chain of futures they are twenty types of the 128 that the recursion limit allows.
// SAFETY: each of its fields may be sent to another thread.
unsafe impl Send for FutureState {}
// SAFETY: each of its fields may be shared by threads.
unsafe impl Sync for FutureState {}
const _: fn(&FutureState) = |state| {
    fn sent_and_shared<T: Send + Sync>(_: &T) {}
    // Without `..`: a field that is added has to be checked, too.
    let FutureState {
        phase,
        slot,
        number,
        timed,
        site,
        label_set,
        began,
        trace,
        extra,
        declared,
        ending,
    } = state;
    // One by one: a tuple of references would be sent if its fields can be shared.
    let _: (&u16, &u32, &bool, &usize, &u64) = (slot, number, timed, label_set, began);
    sent_and_shared(phase);
    sent_and_shared(site);
    sent_and_shared(trace);
    sent_and_shared(extra);
    sent_and_shared(declared);
    sent_and_shared(ending);
};

// Without `PartialEq`: for an inlined `==` the user's compiler would search its impls in all
// crates.
#[derive(Clone, Copy)]
enum Phase {
    /// Not polled yet: timed, without labels and declared values.
    Plain,
    /// Not polled yet, and of any other kind.
    New,
    Waiting,
    /// It has ended, or is being polled.
    Away,
}

impl Site {
    /// Returns the state of a call that begins when it is polled.
    #[inline]
    pub fn wait(&'static self) -> FutureState {
        FutureState::new(self.start(), true)
    }

    /// Returns the state of a future whose function has `latency = false`.
    #[inline]
    pub fn wait_untimed(&'static self) -> FutureState {
        FutureState::new(self.start(), false)
    }
}

/// Calls with declared values.
impl Start {
    /// Returns the state of a call that begins when it is polled.
    #[inline]
    pub fn wait(self) -> FutureState {
        FutureState::new(self, true)
    }

    /// Returns the state of a future whose function has `latency = false`.
    #[inline]
    pub fn wait_untimed(self) -> FutureState {
        FutureState::new(self, false)
    }
}

impl FutureState {
    pub(crate) fn new(start: Start, timed: bool) -> Self {
        let Start {
            site,
            label_set,
            declared,
        } = start;
        let plain = timed && label_set == 0 && declared.is_none();
        Self {
            phase: if plain { Phase::Plain } else { Phase::New },
            slot: 0,
            number: 0,
            timed,
            site,
            label_set,
            began: 0,
            trace: ManuallyDrop::new(None),
            extra: ManuallyDrop::new(None),
            declared,
            ending: None,
        }
    }

    /// Begins or continues the call, unless it has ended.
    #[inline]
    pub(crate) fn enter(&mut self) -> CallGuard {
        if matches!(self.phase, Phase::Plain) {
            self.phase = Phase::Away;
            return begin::plain(self.site);
        }
        self.enter_again()
    }

    #[inline(never)]
    fn enter_again(&mut self) -> CallGuard {
        let is_plain =
            matches!(self.phase, Phase::Waiting) && self.extra.is_none() && self.trace.is_none();
        if is_plain
            && !threads::is_worker_to_be_noted()
            && let Some(quick) = FastCall::resume_plainly(self.site, self.label_set, || self.began)
        {
            self.phase = Phase::Away;
            return CallGuard::quick(quick);
        }
        self.enter_otherwise()
    }

    /// Continues a call that has no other parts.
    fn resume(&mut self) -> Option<FastCall> {
        let suspended = self.suspended();
        let resumed = FastCall::resume(self.site, self.label_set, self.began, suspended.as_ref());
        if resumed.is_none() {
            self.suspend(suspended);
        }
        resumed
    }

    fn suspended(&mut self) -> Option<SuspendedSpan> {
        let trace = self.trace.take()?;
        let key = SpanKey {
            slot: self.slot.into(),
            number: self.number.into(),
        };
        Some(SuspendedSpan { trace, key })
    }

    /// Keeps a span that waits. Its key fits, see [`SuspendedSpan::fits`].
    fn suspend(&mut self, span: Option<SuspendedSpan>) {
        if let Some(SuspendedSpan { trace, key }) = span {
            self.slot = u16::try_from(key.slot).unwrap_or_default();
            self.number = u32::try_from(key.number).unwrap_or_default();
            self.trace = ManuallyDrop::new(Some(trace));
        }
    }

    #[inline(never)]
    fn enter_otherwise(&mut self) -> CallGuard {
        threads::note_worker_of_poll();
        if matches!(self.phase, Phase::Waiting)
            && self.extra.is_none()
            && let Some(quick) = self.resume()
        {
            self.phase = Phase::Away;
            return CallGuard::quick(quick);
        }
        let (site, label_set) = (self.site, self.label_set);
        match mem::replace(&mut self.phase, Phase::Away) {
            Phase::Plain | Phase::New => {
                let declared = self.declared.take();
                // Later polls look the label set up again.
                let label_set = site.admit(label_set);
                self.label_set = label_set;
                begin::any(Start {
                    site,
                    label_set,
                    declared,
                })
            }
            Phase::Waiting => CallGuard::full(self.take().resume(site, label_set)),
            // Polled after its end, it begins nothing; the future itself decides how to react.
            Phase::Away => CallGuard::ENDED,
        }
    }

    fn take(&mut self) -> Call {
        let mut call = Call {
            began: FastCall::ticks(self.began),
            extra: ManuallyDrop::new(self.extra.take()),
        };
        if let Some(suspended) = self.suspended() {
            call.adopt(suspended.into_open());
        }
        call
    }

    /// Suspends the call until the next poll.
    #[inline(never)]
    pub(crate) fn rest(&mut self, open: CallGuard) {
        match open.into_quick() {
            Ok(quick) if quick.rest_plainly() => {
                self.keep_beginning(&quick);
                self.phase = Phase::Waiting;
            }
            Ok(quick) => self.rest_quick(quick),
            Err(open) => self.rest_otherwise(open),
        }
    }

    /// Keeps the beginning of a call. One that was suspended before began earlier than its present poll.
    #[inline]
    fn keep_beginning(&mut self, quick: &FastCall) {
        if !quick.is_resumed() {
            self.began = quick.began;
        }
    }

    /// Suspends a call that is not plain, for example because it is inside a local trace.
    #[inline(never)]
    fn rest_quick(&mut self, quick: FastCall) {
        self.keep_beginning(&quick);
        match quick.rest() {
            Ok(suspended) => {
                self.suspend(suspended);
                self.phase = Phase::Waiting;
            }
            Err(quick) => self.rest_otherwise(CallGuard::quick(quick)),
        }
    }

    #[cold]
    #[inline(never)]
    fn rest_otherwise(&mut self, open: CallGuard) {
        if let Some(full) = open.into_full() {
            let Call { began, extra } = full.call.rest(&full.stretch);
            self.began = began;
            self.extra = extra;
            self.phase = Phase::Waiting;
        }
    }

    /// Resumes the call for the drop of its future. A call that has begun and not ended then ends
    /// when `self` is dropped.
    #[inline]
    pub(crate) fn reopen(&mut self) {
        if matches!(self.phase, Phase::Waiting) {
            self.reopen_waiting();
        }
    }

    #[cold]
    #[inline(never)]
    fn reopen_waiting(&mut self) {
        let reason = cancellation::of_call(FastCall::ticks(self.began));
        let call = self.enter();
        self.ending = Some(Box::new(Cancelled::new(call, reason)));
    }
}
