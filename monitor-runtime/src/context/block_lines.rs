//! Lines on blocked workers that need one more line, which tells the end.

use std::sync::atomic::Ordering;

use super::threads::with_stack;
use crate::base::clock;
use crate::context::thread::THREAD;
use crate::context::visible_stack::VisibleStack;

/// Notes that a line says of a thread that it blocks its worker. A line about the end is to follow.
pub(crate) fn note_block(number: u64) {
    with_stack(number, |stack| {
        stack.block.store(clock::now(), Ordering::Relaxed);
    });
}

/// Returns `true` if a line about the end of a thread's block is to follow, which the caller then writes; `false` if
/// the thread has ended.
pub(crate) fn take_end_of_block(number: u64) -> bool {
    with_stack(number, VisibleStack::take_block) == Some(true)
}

/// Does so for this thread, if the block was noted after a time in ticks of the clock.
pub(crate) fn take_end_of_own_block(since: u64) -> bool {
    THREAD.with(|thread| {
        let stack = thread.clock.visible();
        stack.block.load(Ordering::Relaxed) > since && stack.take_block()
    })
}
