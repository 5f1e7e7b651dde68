//! The call of a future between two polls.
#![allow(unsafe_code)]

mod polls;

use std::mem::{self, ManuallyDrop};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

use super::cancelled::Cancelled;
use crate::call::start::Start;
use crate::call::{CallExtras, FastCall};
use crate::callsite::Site;
use crate::callsite::events::Declared;
use crate::context::cancellation;
use crate::traces::LocalTrace;

/// A call between two polls.
// No part has drop glue, so every annotated function has that of `FutureState` alone, which is one
// comparison. In this order, what is 0 in a new one lies together.
#[repr(C)]
pub struct FutureState {
    phase: Phase,
    /// The key of `trace`.
    slot: u16,
    number: u32,
    label_set: usize,
    /// The start of a call that waits.
    began: u64,
    /// The local trace in which a call that waits has a span and nothing else.
    trace: ManuallyDrop<Option<Arc<LocalTrace>>>,
    /// The other parts of a call that waits.
    extra: ManuallyDrop<Option<Box<CallExtras>>>,
    edge: ManuallyDrop<Edge>,
    site: &'static Site,
}

/// The part of a call at its edges alone: before its first poll, and while its future is being dropped.
enum Edge {
    None,
    /// The declared values of a call that has not begun.
    Declared(Box<Declared>),
    /// Ends the call of a future that is being dropped, once that is done.
    Ending(#[expect(dead_code, reason = "its drop ends the call")] Box<Cancelled>),
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
        site,
        label_set,
        began,
        trace,
        extra,
        edge,
    } = state;
    // One by one: a tuple of references would be sent if its fields can be shared.
    let _: (&u16, &u32, &usize, &u64) = (slot, number, label_set, began);
    sent_and_shared(phase);
    sent_and_shared(site);
    sent_and_shared(trace);
    sent_and_shared(extra);
    sent_and_shared(edge);
};

// Without `PartialEq`: for an inlined `==` the user's compiler would search its impls in all
// crates.
#[derive(Clone, Copy)]
#[repr(u16)]
enum Phase {
    /// Not polled yet, without labels and declared values.
    Plain,
    /// Not polled yet, with them.
    New,
    /// Suspended, and nothing but its start is kept.
    Waiting,
    /// Suspended, with other parts.
    WaitingInFull,
    /// It has ended, or is being polled: nothing is kept.
    Away,
    /// It ends when its future has been dropped.
    Ending,
}

impl Site {
    /// Returns the state of a call that begins when it is polled.
    #[inline]
    pub fn wait(&'static self) -> FutureState {
        FutureState::new(self)
    }
}

/// Calls with declared values.
impl Start {
    /// Returns the state of a call that begins when it is polled.
    #[inline]
    pub fn wait(self) -> FutureState {
        let Self {
            site,
            label_set,
            declared,
        } = self;
        let mut state = FutureState::new(site);
        if !site.labels.is_empty() || declared.is_some() {
            state.phase = Phase::New;
        }
        state.label_set = label_set;
        if let Some(declared) = declared {
            *state.edge = Edge::Declared(declared);
        }
        state
    }
}

impl FutureState {
    #[inline]
    fn new(site: &'static Site) -> Self {
        Self {
            phase: Phase::Plain,
            slot: 0,
            number: 0,
            label_set: 0,
            began: 0,
            trace: ManuallyDrop::new(None),
            extra: ManuallyDrop::new(None),
            edge: ManuallyDrop::new(Edge::None),
            site,
        }
    }

    /// Resumes the call for the drop of its future. A call that has begun and not ended then ends
    /// when `self` is dropped.
    // The same comparison as in `drop`, so that the compiler makes it once for a future without drop glue.
    #[inline]
    pub(crate) fn reopen(&mut self) {
        if !matches!(self.phase, Phase::Away) {
            self.reopen_waiting();
        }
    }

    #[cold]
    #[inline(never)]
    fn reopen_waiting(&mut self) {
        if self.is_waiting() {
            let reason = cancellation::of_call(FastCall::ticks(self.began));
            let call = self.enter();
            *self.edge = Edge::Ending(Box::new(Cancelled::new(call, reason)));
            self.phase = Phase::Ending;
        }
    }

    #[cold]
    #[inline(never)]
    fn drop_edge(&mut self) {
        drop(mem::replace(&mut *self.edge, Edge::None));
    }
}

impl Drop for FutureState {
    #[inline]
    fn drop(&mut self) {
        if !matches!(self.phase, Phase::Away) {
            self.drop_edge();
        }
    }
}
