//! The functions that run on this thread.

use super::HERE;
use super::call_stack::{Frame, MAX_DEPTH};
use crate::context::thread::THREAD;

/// Returns the functions running on this thread, outermost first.
pub(super) fn frames() -> Vec<Frame> {
    THREAD.with(|thread| {
        let stack = &thread.clock;
        let known = 0..stack.depth().min(MAX_DEPTH);
        let mut frames: Vec<Frame> = known.map(|depth| stack.frame(depth)).collect();
        let _ = HERE.try_with(|here| {
            // Called by the panic hook, where a second panic would abort the process.
            if let Ok(deeper) = here.deeper.try_borrow() {
                frames.extend_from_slice(&deeper);
            }
        });
        frames
    })
}
