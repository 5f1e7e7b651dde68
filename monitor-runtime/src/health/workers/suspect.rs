//! A thread that runs a worker, and how long it has been in the same poll.

use std::time::Duration;

use super::report::BlockedWorker;
use crate::base::thread_state;
use crate::callsite::Site;
use crate::context::threads::{Frame, ThreadReading};

/// A thread that runs a worker, as the last ticks have seen it.
#[derive(Default)]
pub(super) struct Suspect {
    /// The functions that run, outermost first, and how long each has been seen to.
    frames: Vec<(Frame, Duration)>,
    /// The trace context that it works in, and how long it has been seen in it.
    scope: Option<u64>,
    in_scope: Duration,
    /// The time for which the kernel had no processor for it, at the first sight of its poll.
    delay_before: Option<Duration>,
    blocked: Option<BlockedWorker>,
}

impl Suspect {
    /// Takes a reading, `passed` after the last one.
    pub(super) fn advance(&mut self, reading: &ThreadReading, passed: Duration) {
        let before = self.age();
        let stack = &reading.stack;
        let known = self.frames.iter().map(|(frame, _)| frame);
        let same = known
            .zip(&stack.frames)
            .take_while(|(one, other)| one == other);
        let same = same.count();
        self.frames.truncate(same);
        for (_, held) in &mut self.frames {
            *held += passed;
        }
        let new = stack.frames[same..].iter().copied();
        self.frames.extend(new.map(|frame| (frame, Duration::ZERO)));
        let scope = stack.trace.map(|_| stack.scopes);
        self.in_scope = if scope.is_some() && scope == self.scope {
            self.in_scope + passed
        } else {
            Duration::ZERO
        };
        self.scope = scope;
        if self.age() <= before {
            self.delay_before = None;
        }
    }

    /// Returns the time for which it has been seen in the same poll; `None` outside of polls.
    ///
    /// A poll is that of the outermost monitored future or task, or of a request at the edge. The one that
    /// was seen for longer is further out.
    pub(super) fn age(&self) -> Option<Duration> {
        let is_polled = |frame: &Frame| frame.site.is_none_or(|site| site.is_future);
        let outermost = self.frames.iter().find(|(frame, _)| is_polled(frame));
        let outermost = outermost.map(|(_, held)| *held);
        let in_scope = self.scope.map(|_| self.in_scope);
        outermost.max(in_scope).filter(|age| !age.is_zero())
    }

    /// Returns `true` if its poll has lasted for the limit.
    ///
    /// Time for which the thread had no processor does not count: the machine is too busy then, and the
    /// function may be none the worse. A poll that has lasted for half as long again need not have used
    /// more than half of the limit.
    pub(super) fn is_over(&mut self, limit: Duration, kernel_id: Option<u32>) -> bool {
        let Some(age) = self.age() else { return false };
        let delay = kernel_id.and_then(thread_state::delay).unwrap_or_default();
        let before = *self.delay_before.get_or_insert(delay);
        let own = age.saturating_sub(delay.saturating_sub(before));
        own >= limit || (age >= limit * 3 / 2 && own >= limit / 2)
    }

    /// Returns the worker that it blocks.
    pub(super) fn blocked(&self) -> Option<&BlockedWorker> {
        self.blocked.as_ref()
    }

    /// Notes that it blocks nothing any more. Returns the worker that it blocked.
    pub(super) fn clear(&mut self) -> Option<BlockedWorker> {
        self.blocked.take()
    }

    /// Notes how long it has blocked its worker, and its state in the kernel now.
    pub(super) fn update(&mut self, age: Duration, state: Option<String>) {
        let (path, function) = (self.path(), self.function());
        if let Some(blocked) = &mut self.blocked {
            (blocked.path, blocked.function) = (path, function);
            (blocked.time, blocked.state) = (age, state);
        }
    }

    /// Notes that it blocks its worker, unless a new reading shows another poll.
    pub(super) fn block(
        &mut self,
        again: &ThreadReading,
        runtime: &str,
        age: Duration,
        state: Option<String>,
    ) -> Option<BlockedWorker> {
        let half = age / 2;
        let held = self.frames.iter().take_while(|(_, held)| *held >= half);
        let held = held.map(|(frame, _)| frame);
        let is_same = held
            .clone()
            .eq(again.stack.frames.iter().take(held.count()));
        let is_in_scope = self.scope.is_none_or(|scope| scope == again.stack.scopes);
        if !is_same || !(is_in_scope || self.age() > Some(self.in_scope)) {
            return None;
        }
        let blocked = BlockedWorker {
            runtime: runtime.to_owned(),
            worker: again.worker.index,
            thread: again.thread.name.clone(),
            function: self.function(),
            path: self.path(),
            trace: again.stack.trace,
            state,
            time: age,
        };
        self.blocked = Some(blocked.clone());
        Some(blocked)
    }

    /// Returns the function that blocks it: the innermost one that has run for most of the time. Those
    /// inside it come and go. `None` if it is not monitored.
    fn function(&self) -> Option<&'static Site> {
        let half = self.age()? / 2;
        let held = self.frames.iter().take_while(|(_, held)| *held >= half);
        held.last()?.0.site
    }

    /// Returns the functions that run since the last task began, outermost first.
    fn path(&self) -> Vec<&'static Site> {
        let task = self
            .frames
            .iter()
            .rposition(|(frame, _)| frame.site.is_none());
        let own = &self.frames[task.map_or(0, |task| task + 1)..];
        own.iter().filter_map(|(frame, _)| frame.site).collect()
    }
}
