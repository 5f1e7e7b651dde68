//! The polls of a future: they begin, continue and suspend its call.

use std::mem::{self, ManuallyDrop};

use super::{Edge, FutureState, Phase};
use crate::call::guard::CallGuard;
use crate::call::start::Start;
use crate::call::{Call, FastCall, begin};
use crate::callsite::events::Declared;
use crate::context::trace::SuspendedSpan;
use crate::context::worker_notes;
use crate::traces::SpanKey;

impl FutureState {
    /// Begins or continues the call, unless it has ended.
    #[inline(never)]
    pub(crate) fn enter(&mut self) -> CallGuard {
        match self.phase {
            Phase::Plain => {
                self.phase = Phase::Away;
                begin::plain_in_place(self.site)
            }
            Phase::Waiting if !worker_notes::is_worker_to_be_noted() => self.continue_plainly(),
            _ => self.enter_otherwise(),
        }
    }

    /// Continues a call of which nothing but its start is kept.
    #[inline]
    fn continue_plainly(&mut self) -> CallGuard {
        match FastCall::resume_plainly(self.site, self.label_set, || self.began) {
            Some(quick) => {
                self.phase = Phase::Away;
                CallGuard::quick(quick)
            }
            None => self.continue_otherwise(),
        }
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
        worker_notes::note_worker_of_poll();
        match self.phase {
            Phase::Waiting => self.continue_plainly(),
            _ => self.continue_otherwise(),
        }
    }

    #[inline(never)]
    fn continue_otherwise(&mut self) -> CallGuard {
        if self.is_waiting()
            && self.extra.is_none()
            && let Some(quick) = self.resume()
        {
            self.phase = Phase::Away;
            return CallGuard::quick(quick);
        }
        let (site, label_set) = (self.site, self.label_set);
        match self.phase {
            Phase::Plain | Phase::New => {
                self.phase = Phase::Away;
                let declared = self.take_declared();
                // Later polls look the label set up again.
                let label_set = site.admit(label_set);
                self.label_set = label_set;
                begin::any(Start {
                    site,
                    label_set,
                    declared,
                })
            }
            Phase::Waiting | Phase::WaitingInFull => {
                self.phase = Phase::Away;
                CallGuard::full(self.take().resume(site, label_set))
            }
            // Polled after its end, it begins nothing; the future itself decides how to react.
            Phase::Away | Phase::Ending => CallGuard::ENDED,
        }
    }

    fn take_declared(&mut self) -> Option<Box<Declared>> {
        match mem::replace(&mut *self.edge, Edge::None) {
            Edge::Declared(declared) => Some(declared),
            Edge::None | Edge::Ending(_) => None,
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
            Ok(quick) if quick.rest_plainly(&mut self.began) => self.phase = Phase::Waiting,
            Ok(quick) => self.rest_quick(quick),
            Err(open) => self.rest_otherwise(open),
        }
    }

    /// Waits for the next poll with what is kept.
    fn wait(&mut self) {
        let is_plain = self.trace.is_none() && self.extra.is_none();
        self.phase = if is_plain {
            Phase::Waiting
        } else {
            Phase::WaitingInFull
        };
    }

    #[inline]
    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.phase, Phase::Waiting | Phase::WaitingInFull)
    }

    /// Suspends a call that is not plain, for example because it is inside a local trace.
    #[inline(never)]
    fn rest_quick(&mut self, quick: FastCall) {
        // One that was suspended before began earlier than its present poll.
        if !quick.is_resumed() {
            self.began = quick.began;
        }
        match quick.rest() {
            Ok(suspended) => {
                self.suspend(suspended);
                self.wait();
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
            self.wait();
        }
    }
}
