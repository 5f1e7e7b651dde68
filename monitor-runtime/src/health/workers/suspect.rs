//! A thread that runs a worker, and how long it has been in the same poll.

use std::time::Duration;

use super::report::BlockedWorker;
use super::runtime::WatchedRuntime;
use crate::base::thread_state::{self, Usage};
use crate::callsite::Site;
use crate::context::threads::ThreadReading;
use crate::context::visible_stack::Frame;

/// A thread that runs a worker, as the last ticks have seen it.
#[derive(Default)]
pub(super) struct Suspect {
    /// The functions that run, outermost first, and how long each has been seen to.
    frames: Vec<(Frame, Duration)>,
    /// The trace context that it works in, and how long it has been seen in it.
    scope: Option<u64>,
    in_scope: Duration,
    /// The time for which its worker has been in one poll for certain, whatever that calls.
    held: Duration,
    /// The time for which it has been in the same wait, while its worker stood still.
    asleep: Duration,
    /// `true` if whatever it does is part of a poll: its runtime [owns](WatchedRuntime::owns_its_threads) it.
    is_owned: bool,
    /// The part of its poll in which it ran or waited for something, and what the kernel said at the last
    /// tick.
    own: Duration,
    usage: Option<Usage>,
    blocked: Option<BlockedWorker>,
}

impl Suspect {
    /// Takes a reading, `passed` after the last one, of a worker of the runtime.
    pub(super) fn advance(
        &mut self,
        reading: &ThreadReading,
        runtime: &WatchedRuntime,
        limit: Duration,
        passed: Duration,
    ) {
        self.is_owned = runtime.owns_its_threads();
        self.held = runtime.held(reading.worker.index, limit);
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
        let is_still = !runtime.still(reading.worker.index).is_zero();
        self.account(reading.thread.kernel_id, is_still, passed);
    }

    /// Adds to its own time, and to the time for which it has been asleep.
    fn account(&mut self, kernel_id: Option<u32>, is_still: bool, passed: Duration) {
        let may_sleep = is_still && self.is_owned;
        let now = kernel_id.filter(|_| may_sleep || self.seen().is_some());
        let now = now.and_then(thread_state::usage);
        let before = std::mem::replace(&mut self.usage, now);
        let is_asleep = before
            .zip(now)
            .is_some_and(|(before, now)| now.is_asleep_since(before));
        self.asleep = if may_sleep && is_asleep {
            self.asleep + passed
        } else {
            Duration::ZERO
        };
        let age = self.seen().unwrap_or_default();
        self.own = match (before, now) {
            _ if age.is_zero() => Duration::ZERO,
            (Some(before), Some(now)) => self.own + now.since(before, passed),
            _ => self.own + passed,
        };
    }

    /// Returns the time for which it has been seen in the same poll; `None` outside of polls.
    ///
    /// A poll is that of the outermost monitored future or task, or of a request at the edge. The one that
    /// was seen for longer is further out. On a thread that the runtime owns, any other function is part of a poll as
    /// well, and so is any wait but the one for tasks.
    pub(super) fn age(&self) -> Option<Duration> {
        self.seen().filter(|age| !age.is_zero())
    }

    /// Returns its [age](Self::age), also that of a poll at first sight.
    fn seen(&self) -> Option<Duration> {
        let is_polled =
            |frame: &Frame| self.is_owned || frame.site.is_none_or(|site| site.is_future);
        let outermost = self.frames.iter().find(|(frame, _)| is_polled(frame));
        let outermost = outermost.map(|(_, held)| *held);
        let in_scope = self.scope.map(|_| self.in_scope);
        let of_worker = Some(self.held.max(self.asleep)).filter(|age| !age.is_zero());
        outermost.max(in_scope).max(of_worker)
    }

    /// Returns `true` if its poll has lasted for the limit.
    ///
    /// Time for which the thread had no processor does not count: the machine is too busy then, and the
    /// function may be none the worse. A poll that has lasted for half as long again need not have used
    /// more than a quarter of the limit.
    pub(super) fn is_over(&self, limit: Duration) -> bool {
        let is_long = self.age() >= Some(limit * 3 / 2);
        self.own >= limit || (is_long && self.own >= limit / 4)
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

    /// Returns `true` if a new reading shows the poll that it has been in.
    pub(super) fn is_in_same_poll(&self, again: &ThreadReading) -> bool {
        let half = self.age().unwrap_or_default() / 2;
        let held = self.frames.iter().take_while(|(_, held)| *held >= half);
        let held = held.map(|(frame, _)| frame);
        let frames = &again.stack.frames;
        let is_same = held.clone().eq(frames.iter().take(held.count()));
        let is_in_scope = self.scope.is_none_or(|scope| scope == again.stack.scopes);
        is_same && (is_in_scope || self.age() > Some(self.in_scope))
    }

    /// Notes that it blocks its worker, unless a new reading shows another poll.
    pub(super) fn block(
        &mut self,
        again: &ThreadReading,
        runtime: &str,
        age: Duration,
        state: Option<String>,
    ) -> Option<BlockedWorker> {
        if !self.is_in_same_poll(again) {
            return None;
        }
        let blocked = BlockedWorker {
            runtime: runtime.to_owned(),
            worker: again.worker.index,
            number: again.number,
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
