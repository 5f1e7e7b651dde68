//! A call while the user's code runs, in the frame that runs it.
#![allow(unsafe_code)]

use std::mem::{self, ManuallyDrop};
use std::ptr;

use crate::base::pool::Pool;
use crate::base::verdict::Verdict;
use crate::call::{End, FastCall, FullCall};
use crate::context::counter_cache::OwnShard;

/// A call while the user's code runs, in the frame that runs it.
///
/// Dropped, it ends the call as a panic, because *this* code was running. A future that is dropped
/// while another panic unwinds is not being polled, so it counts as cancelled.
// Two words are returned in registers and stay there. Three, or an enum, go through memory, which
// took 15 of the 60 instructions a monitored call may cost.
pub struct CallGuard {
    /// `None` for a call that is not on the fast path.
    shard: Option<OwnShard>,
    /// The start of the call; on the full path, the address of its boxed parts, or 0 after its end.
    word: u64,
}

thread_local! {
    static BOXES: Pool<Option<FullCall>> = const { Pool::new() };
}

impl CallGuard {
    /// A call that has ended.
    pub(crate) const ENDED: Self = Self {
        shard: None,
        word: 0,
    };

    #[inline]
    pub(crate) fn quick(FastCall { shard, began }: FastCall) -> Self {
        Self {
            shard: Some(shard),
            word: began,
        }
    }

    pub(crate) fn full(full: FullCall) -> Self {
        let mut full = Some(full);
        let boxed = BOXES.try_with(|boxes| boxes.fill(full.take()));
        let boxed = boxed.unwrap_or_else(|_| Box::new(full));
        Self {
            shard: None,
            word: Box::into_raw(boxed).expose_provenance() as u64,
        }
    }

    /// Ends a call whose body returned; `timed` is `false` if the call is known not to be.
    // Takes `self` by value: a reference passed to the cold function would make the compiler spill
    // both words to the stack on the fast path, too.
    #[inline]
    pub(crate) fn returned(self, timed: bool, verdict: Verdict<'_>) {
        match verdict {
            Verdict::Ok => match self.into_quick() {
                Ok(quick) => quick.end_ok(timed),
                Err(open) => open.returned_otherwise(Verdict::Ok),
            },
            other => self.returned_otherwise(other),
        }
    }

    #[cold]
    #[inline(never)]
    fn returned_otherwise(self, verdict: Verdict<'_>) {
        self.end(End::Returned(&verdict));
    }

    /// Returns the call if it is on the fast path.
    #[inline]
    pub(crate) fn into_quick(self) -> Result<FastCall, Self> {
        let Some(shard) = self.shard else {
            return Err(self);
        };
        let open = ManuallyDrop::new(self);
        let began = open.word;
        Ok(FastCall { shard, began })
    }

    /// Returns the full call, unless it has ended.
    pub(crate) fn into_full(self) -> Option<FullCall> {
        match self.into_quick() {
            Ok(quick) => Some(quick.in_full()),
            Err(open) => {
                let open = ManuallyDrop::new(open);
                #[expect(clippy::cast_possible_truncation, reason = "it was one")]
                let full = ptr::with_exposed_provenance_mut(open.word as usize);
                // SAFETY: without a shard the word is 0, or the address of the box that `full`
                // leaked; this call is its only owner, and ends here.
                let mut boxed = (open.word != 0).then(|| unsafe { Box::from_raw(full) });
                let kept = BOXES.try_with(|boxes| boxes.empty(boxed.take()?));
                kept.unwrap_or_else(|_| *boxed?)
            }
        }
    }

    /// Ends the call, unless it has ended.
    #[cold]
    #[inline(never)]
    pub(crate) fn end(self, end: End<'_>) {
        if let Some(full) = self.into_full() {
            full.call.end(end, &full.stretch);
        }
    }
}

impl Drop for CallGuard {
    #[cold]
    fn drop(&mut self) {
        mem::replace(self, Self::ENDED).end(End::Panicked);
    }
}

// A `Send` future reaches `FullCall` only through an address, which the compiler does not look behind.
// So it is checked here.
const _: () = sent::<FullCall>();
const fn sent<T: Send>() {}
