//! Marks in the start of a call on the fast path: bits that the clock does not reach, so that the ticks of a call with
//! a mark exceed every bound, and its end leaves the fast path without a check of its own.

use crate::callsite::slow_polls;

/// Set in the start of a call that has a span in a local trace.
pub(super) const RECORDED: u64 = 1 << 63;

/// Set in the start of a call that was suspended, which is then the start of its present poll. The thread's call stack
/// has the start of the call.
pub(super) const RESUMED: u64 = 1 << 62;

/// Set in the start of a call whose span is pending.
pub(super) const LOGGED: u64 = 1 << 61;

/// Set in the start of such a call that is outside of local traces.
pub(super) const ROOT: u64 = 1 << 60;

/// All marks that the start of a call can have.
pub(super) const MARKS: u64 = RECORDED | RESUMED | LOGGED | ROOT;
const _: () = assert!(
    slow_polls::NEVER < ROOT / 2,
    "no bound of a future is near a mark, even for a clock that went back"
);
