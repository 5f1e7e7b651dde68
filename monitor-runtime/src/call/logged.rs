//! The way of a call that a subscriber watches: the fast path, and then the line.
//!
//! The span of such a call is on the list of [pending] ones. Where the subscriber is the runtime's own, it
//! is opened when something needs it; where it is another one, at once. A call that took long, failed or
//! waits goes on as a full one.

use std::cell::RefCell;

use super::extras::Traced;
use super::fast::{FastCall, RECORDED, now};
use super::finish;
use crate::base::verdict::Verdict;
use crate::base::{clock, unwind};
use crate::call::start::Start;
use crate::call::{CallExtras, End};
use crate::callsite::Site;
use crate::callsite::counters::{Shard, Timing};
use crate::callsite::events::{CallSpan, Completion, Declared, pending};
use crate::context;
use crate::context::thread::THREAD;
use crate::context::trace;
use crate::context::trace::{Begun, RootCall};
use crate::context::{capture, counter_cache};
use crate::logs::EndedCall;

/// Set in the start of a call whose span is pending. Its ticks then exceed every bound, as those of a
/// recorded call do.
pub(super) const LOGGED: u64 = 1 << 61;
/// Set in the start of such a call that is outside of local traces.
pub(super) const ROOT: u64 = 1 << 60;

thread_local! {
    /// The calls of this thread that are outside of local traces, one for each context inside another.
    static ROOTS: RefCell<Vec<RootCall>> = const { RefCell::new(Vec::new()) };
}

impl FastCall {
    /// Begins a call that a subscriber watches. Gives it back if it needs the full path.
    pub(super) fn begin_logged(mut start: Start) -> Result<Self, Start> {
        Self::begin_pending(&mut start).ok_or(start)
    }

    fn begin_pending(start: &mut Start) -> Option<Self> {
        let site = start.site;
        let declared = start.declared.as_deref();
        let is_root = !context::is_in_local_trace();
        let is_plain = site.is_recorded() && (is_root || declared.is_none());
        if !is_plain || capture::is_active() {
            return None;
        }
        let has_room = THREAD.with(|thread| thread.clock.has_room());
        if !has_room || !site.events()?.is_span_plain(declared) {
            return None;
        }
        let is_pending = EndedCall::is_direct() && pending::is_possible();
        if !is_pending && !pending::are_all_open() {
            return None;
        }
        let (shard, is_late) = counter_cache::claim(site, start.label_set);
        if is_late {
            shard.release();
            return None;
        }
        if shard.timing == Timing::None {
            return None;
        }
        let began = if is_root {
            begin_root(site)?;
            ROOT
        } else {
            begin_inside(site, shard)?
        };
        pending::begin(site, start.declared.take(), !is_pending);
        THREAD.with(|thread| thread.clock.push_diverted(site));
        shard.started();
        // The clock is read last: the time before is not the user's.
        let began = if began == ROOT {
            now(shard) | ROOT
        } else {
            began
        };
        let began = began | LOGGED;
        Some(Self { shard, began })
    }

    /// Ends a call whose span is on the list of pending ones, and that succeeded; `ticks` are those of the time stamp counter
    /// since the word of the call.
    #[inline(never)]
    pub(super) fn end_logged(self, ticks: u64) {
        let ended = self.ended(ticks);
        let ticks = ended.wrapping_sub(Self::ticks(self.began));
        let site = self.shard.site;
        let is_brief =
            ticks <= self.shard.brief && !site.recent().admits(Self::ticks(self.began), ticks);
        let events = site.events();
        let Some(events) = events.filter(|_| is_brief && self.keeps_its_promise()) else {
            return self.end(End::Returned(&Verdict::Ok));
        };
        self.shard.ended_briefly(ticks);
        let write = |span: &mut CallSpan, declared: Option<&Declared>| {
            let completion =
                Completion::ok(clock::seconds(ticks), declared.and_then(Declared::fields));
            unwind::quietly(|| finish::write_line(site, events, span, &completion));
        };
        let mut open = CallSpan::none();
        match pending::end() {
            Some(call) if site.log => {
                write(&mut CallSpan::pending(call.place), call.declared.as_deref());
            }
            // Without a line its span is needed no more.
            Some(_) => {}
            None => {
                let mut declared = None;
                open = CallSpan::listed();
                open.take_off(&mut declared);
                if site.log {
                    write(&mut open, declared.as_deref());
                }
                unwind::quietly(|| open.leave());
            }
        }
        if self.began & RECORDED != 0 {
            trace::end_call(site, ended);
        } else if self.began & ROOT != 0 {
            let _ = ROOTS.try_with(|roots| {
                let mut roots = roots.try_borrow_mut().ok()?;
                roots.last_mut()?.leave();
                roots.pop()
            });
        }
        if !open.is_disabled() {
            // Closed after the span around it in the local trace is current again.
            unwind::quietly(|| drop(open));
        }
        THREAD.with(|thread| thread.clock.pop_ended());
    }

    /// Returns `false` if the local trace of an outermost call has begun.
    fn keeps_its_promise(&self) -> bool {
        self.began & ROOT == 0 || THREAD.with(|thread| thread.promised.get().is_some())
    }

    /// Takes the outermost call that it is.
    fn root(&self) -> Option<RootCall> {
        let take = |roots: &RefCell<Vec<RootCall>>| roots.try_borrow_mut().ok()?.pop();
        let is_root = self.began & ROOT != 0;
        is_root
            .then(|| ROOTS.try_with(take).ok().flatten())
            .flatten()
    }

    /// Returns the parts of a call that goes on as a full one.
    #[cold]
    pub(super) fn logged_extras(&self) -> CallExtras {
        CallExtras {
            span: CallSpan::listed(),
            traced: self.root().map(Traced::Root),
            ..CallExtras::default()
        }
    }
}

/// Begins a call outside of local traces.
fn begin_root(site: &'static Site) -> Option<()> {
    let begin = |roots: &RefCell<Vec<RootCall>>| {
        let mut roots = roots.try_borrow_mut().ok()?;
        roots.push(RootCall::new(site)?);
        roots.last_mut().map(RootCall::enter)
    };
    ROOTS.try_with(begin).ok().flatten()
}

/// Begins a call in the local trace of this thread, and returns its start.
fn begin_inside(site: &'static Site, shard: &'static Shard) -> Option<u64> {
    match trace::begin_call(site, || now(shard))? {
        Begun::Recorded(began) => Some(began | RECORDED),
        Begun::LeftOut => Some(now(shard)),
    }
}
