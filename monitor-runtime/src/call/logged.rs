//! The way of a call that a subscriber watches: the fast path, and then the line.
//!
//! The span of such a call is on the list of [pending] ones. Where the subscriber is the runtime's own, it
//! is opened when something needs it; where it is another one, at once. A call that took long, failed or
//! waits goes on as a full one.

use std::cell::RefCell;

use tracing::Span;

use super::extras::Traced;
use super::fast::{FastCall, now};
use super::line;
use super::marks::{LOGGED, RECORDED, ROOT};
use crate::base::clock;
use crate::base::outcome::Outcome;
use crate::base::verdict::Verdict;
use crate::call::start::Start;
use crate::call::{CallExtras, End};
use crate::callsite::Site;
use crate::callsite::counters::Timing;
use crate::callsite::events::{CallSpan, Declared, pending};
use crate::context;
use crate::context::counter_cache::OwnShard;
use crate::context::thread::THREAD;
use crate::context::trace;
use crate::context::trace::{Begun, RootCall};
use crate::context::{capture, own_shards};
use crate::logs::EndedCall;
use crate::traces::SpanEnd;

thread_local! {
    /// The calls of this thread that are outside of local traces, one for each context inside another.
    static ROOTS: RefCell<Vec<RootCall>> = const { RefCell::new(Vec::new()) };
}

impl FastCall {
    /// Begins a call that a subscriber watches. Gives it back if it needs the full path.
    #[inline]
    pub(super) fn begin_logged(mut start: Start) -> Result<Self, Start> {
        Self::begin_pending(&mut start).ok_or(start)
    }

    #[inline]
    fn begin_pending(start: &mut Start) -> Option<Self> {
        let site = start.site;
        let declared = start.declared.as_deref();
        let is_root = !context::is_in_local_trace();
        let is_plain = site.is_recorded() && (is_root || declared.is_none());
        if !is_plain || capture::is_active() {
            return None;
        }
        if !THREAD.with(|thread| thread.clock.has_room()) {
            return None;
        }
        let events = site.events()?;
        let is_pending = EndedCall::is_direct() && events.is_span_pending(declared);
        let is_short = is_pending || (events.is_span_plain(declared) && pending::are_all_open());
        if !is_short {
            return None;
        }
        let claimed = own_shards::claim(site, start.label_set);
        let shard = claimed.inspect_err(|shard| shard.release()).ok()?;
        if shard.timing == Timing::None {
            return None;
        }
        if is_root {
            push_root(site)?;
        }
        // As for full calls: opened outside the call's own span of the local trace, and entered inside it.
        let mut open = None;
        if !is_pending {
            let span = open.insert(Span::none());
            pending::open(span, site, declared.map(Declared::fields));
        }
        let marked = if is_root {
            enter_root();
            Some(ROOT)
        } else {
            begin_inside(site, shard)
        };
        // A call whose span is open goes on without one in the local trace if that has no room.
        let marked = marked.or(open.is_some().then_some(0))?;
        // Of the others, code of the user or of the runtime still runs before the call begins.
        let has_begun = !is_root && open.is_none();
        pending::begin(site, start.declared.take(), &mut open);
        THREAD.with(|thread| thread.clock.push_diverted(site));
        shard.started();
        // The clock is read last: the time before is not the user's.
        let began = if has_begun {
            marked
        } else {
            now(&shard) | (marked & (ROOT | RECORDED))
        };
        if is_root {
            RootCall::note_start(shard.thread(), Self::ticks(began));
        }
        let began = began | LOGGED;
        Some(Self { shard, began })
    }

    /// Ends a call whose span is on the list of pending ones, and that succeeded. `ticks` is the time stamp
    /// counter minus `began` with its marks.
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
        let mut declared = None;
        let mut span = match pending::end() {
            Some(call) => {
                declared = call.declared;
                CallSpan::pending(call.place)
            }
            None => CallSpan::listed(),
        };
        span.unlist(&mut declared);
        let fields = declared.as_deref().map(Declared::fields);
        let seconds = Some(clock::seconds(ticks));
        line::write_plain_and_leave(site, events, &mut span, seconds, fields);
        if self.began & RECORDED != 0 {
            trace::end_call(self.shard.thread(), site, ended);
        } else if self.began & ROOT != 0
            && let Some(root) = leave_root()
        {
            end_begun(root, site, ended, declared.as_deref());
        }
        if span.pending_place().is_none() {
            drop(span);
        }
        if let Some(declared) = declared {
            Declared::discard(declared);
        }
        THREAD.with(|thread| thread.clock.pop_ended());
    }

    /// Returns `false` if the local trace of an outermost call has begun.
    fn keeps_its_promise(&self) -> bool {
        self.began & ROOT == 0 || !context::is_recorded()
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

/// Adds a call outside local traces, which begins.
#[inline]
fn push_root(site: &'static Site) -> Option<()> {
    let push = |roots: &RefCell<Vec<RootCall>>| {
        roots.try_borrow_mut().ok()?.push(RootCall::new(site, 0)?);
        Some(())
    };
    ROOTS.try_with(push).ok().flatten()
}

/// Enters the call that was pushed last.
#[inline]
fn enter_root() {
    let _ = ROOTS.try_with(|roots| {
        let mut roots = roots.try_borrow_mut().ok()?;
        roots.last_mut().map(RootCall::enter)
    });
}

/// Leaves and ends the innermost call outside local traces, and returns it if its trace has begun.
#[inline]
fn leave_root() -> Option<RootCall> {
    let leave = |roots: &RefCell<Vec<RootCall>>| {
        let mut roots = roots.try_borrow_mut().ok()?;
        let root = roots.last_mut()?;
        root.leave();
        let has_begun = root.span().is_some();
        if has_begun {
            return roots.pop();
        }
        let outer = roots.len() - 1;
        roots.truncate(outer);
        None
    };
    ROOTS.try_with(leave).ok().flatten()
}

/// Ends a call whose local trace has begun after its end, by code of the subscriber.
#[cold]
#[inline(never)]
fn end_begun(root: RootCall, site: &'static Site, ended: u64, declared: Option<&Declared>) {
    let mut root = Traced::Root(root);
    root.describe(site, declared.map(|declared| &declared.recorded));
    root.end(SpanEnd::new(ended, Outcome::Ok));
}

/// Begins a call in the local trace of this thread, and returns its start.
fn begin_inside(site: &'static Site, shard: OwnShard) -> Option<u64> {
    match trace::begin_call(shard.thread(), site, || now(&shard))? {
        Begun::Recorded(began) => Some(began | RECORDED),
        Begun::LeftOut => Some(now(&shard)),
    }
}
