//! Finds the reason for which the future of a call is dropped.
//!
//! A drop has no argument, so its reason comes from the code around it. The HTTP edge and a task
//! note why they drop a future before they do, and so does a call for the futures inside its own. A
//! drop that nothing has noted, while code of the service runs, is the work of that code.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::base::clock;
use crate::base::outcome::CancelReason;
use crate::context::thread::THREAD;
use crate::context::trace::entered::current_ids;

/// A drop under way on this thread.
#[derive(Clone, Copy)]
struct UnderWay {
    /// `None` if the reason is not known.
    reason: Option<CancelReason>,
    /// The functions on the call stack. A deeper one runs in `Drop` code of the user.
    depth: usize,
    /// Its start, in ticks of the clock.
    since: u64,
}

thread_local! {
    // Without a destructor, so that it exists to the end of the thread.
    static UNDER_WAY: Cell<Option<UnderWay>> = const { Cell::new(None) };
}

/// `true` while the process cuts requests off, and from its shutdown on.
static GOING_DOWN: AtomicBool = AtomicBool::new(false);

/// Notes that what is dropped from now on is dropped by the shutdown of the process, or that a new
/// start ends that.
pub(crate) fn set_going_down(going_down: bool) {
    GOING_DOWN.store(going_down, Ordering::Relaxed);
}

/// A drop under way; dropping this ends it.
pub(crate) struct Dropping {
    around: Option<UnderWay>,
}

impl Dropping {
    /// Begins the drop of the futures at this depth of the call stack.
    pub(crate) fn enter(reason: Option<CancelReason>) -> Self {
        let under_way = UnderWay {
            reason,
            depth: depth(),
            since: clock::now(),
        };
        Self {
            around: UNDER_WAY.replace(Some(under_way)),
        }
    }
}

impl Drop for Dropping {
    fn drop(&mut self) {
        UNDER_WAY.set(self.around);
    }
}

/// Runs code that drops a future for a reason.
pub(crate) fn dropping<T>(reason: Option<CancelReason>, code: impl FnOnce() -> T) -> T {
    let _dropping = Dropping::enter(reason);
    code()
}

/// Returns the reason of a call whose future is dropped here. `began` is its start, in ticks of the
/// clock, or 0.
pub(crate) fn of_call(began: u64) -> Option<CancelReason> {
    match here() {
        // It began in `Drop` code, which has dropped it: a time-out there, for example.
        Some(drop) if began > drop.since => Some(CancelReason::Caller),
        Some(drop) => drop.reason,
        None if is_inside() => Some(CancelReason::Caller),
        None => shutdown(),
    }
}

/// Returns the reason of a task whose future is dropped here. One that is `spawned` is dropped by
/// its runtime alone; any other may be awaited in place.
pub(crate) fn of_task(spawned: bool) -> Option<CancelReason> {
    match here() {
        Some(drop) => drop.reason,
        None if !spawned && is_inside() => Some(CancelReason::Caller),
        None => shutdown().or(Some(CancelReason::Aborted)),
    }
}

/// Returns the reason of a request whose response is dropped here. `own` is that of a request that
/// is not part of a larger drop.
// A function around it serves its connection: it polls, and the server inside drops.
pub(crate) fn of_request(own: CancelReason) -> CancelReason {
    let around = here().and_then(|drop| drop.reason);
    around.or_else(shutdown).unwrap_or(own)
}

/// Returns the drop that this code is directly part of.
fn here() -> Option<UnderWay> {
    UNDER_WAY.get().filter(|drop| drop.depth == depth())
}

fn depth() -> usize {
    THREAD.with(|thread| thread.clock.whole_depth())
}

/// Returns `true` inside a monitored function, a task or a request.
fn is_inside() -> bool {
    depth() > 0 || current_ids().is_some()
}

fn shutdown() -> Option<CancelReason> {
    let going_down = GOING_DOWN.load(Ordering::Relaxed);
    going_down.then_some(CancelReason::Shutdown)
}
