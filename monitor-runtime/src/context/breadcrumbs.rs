//! The path of the running code: the functions around it, and their breadcrumbs.
//!
//! Breadcrumbs belong to the call they were made in, and to those around it. A future takes its own
//! with it while it waits, so that calls which take turns on a thread do not see each other's.
//! Breadcrumbs that sibling calls add to an outer call after this call began are not attached to
//! this call's event.

use std::collections::VecDeque;

use super::frames::{Step, begin_task, end_task, outermost, path};
use super::{HERE, Here, Stretch, mark, now, reported_errors};
use crate::base::clock;
use crate::callsite::Site;
use crate::context::sentry_types::Breadcrumb;
use crate::context::trace;
use crate::context::trace::TraceContext;
use crate::traces::Ids;

/// The number of breadcrumbs that a thread or a future keeps: the newest.
const CRUMBS: usize = 64;

pub(super) struct CallBreadcrumb {
    /// The thread's clock of events when it was made, or came back with its future.
    tick: u64,
    /// The time at which its call got it, in ticks of the process's clock: when it was made, or
    /// when the call it was made in ended.
    told: u64,
    breadcrumb: Breadcrumb,
}

/// The place of the running code, as an event shows it.
#[derive(Default)]
pub(crate) struct EventContext {
    /// The monitored functions it runs in, outermost first.
    pub(crate) path: Vec<&'static Site>,
    /// Earlier events and calls, oldest first.
    pub(crate) breadcrumbs: Vec<Breadcrumb>,
    /// The trace of the request it works for, or one per outermost call; `None` outside all calls.
    pub(crate) trace: Option<Ids>,
}

/// Returns the place of the running code. `ended` is a call that has just left it: its site, its
/// stretch, and its start in ticks of the process's clock.
pub(crate) fn scene(ended: Option<(&'static Site, Stretch, u64)>) -> EventContext {
    let mut path = path();
    path.extend(ended.map(|(site, stretch, call)| Step {
        site,
        began: stretch.began,
        call: if call == 0 { u64::MAX } else { call },
    }));
    let Some(outermost) = path.first() else {
        return EventContext::default();
    };
    let gather = |here: &Here| {
        // Called by the panic hook, where a second panic would abort the process.
        let crumbs = here.crumbs.try_borrow().ok();
        let seen = crumbs.iter().flat_map(|crumbs| crumbs.iter());
        let seen = seen.filter(|crumb| crumb.is_seen_from(&path));
        let mut breadcrumbs: Vec<Breadcrumb> = seen.map(|crumb| crumb.breadcrumb.clone()).collect();
        breadcrumbs.sort_by_key(|breadcrumb| breadcrumb.timestamp);
        (breadcrumbs, trace(here, outermost.began))
    };
    let gathered = HERE.try_with(gather).ok();
    let (breadcrumbs, trace) = gathered.unzip();
    EventContext {
        path: path.iter().map(|step| step.site).collect(),
        breadcrumbs: breadcrumbs.unwrap_or_default(),
        trace,
    }
}

impl CallBreadcrumb {
    fn is_seen_from(&self, path: &[Step]) -> bool {
        // It was made in the innermost function of the path that had begun by then.
        let inside = path.partition_point(|step| step.began <= self.tick);
        let own = inside == path.len();
        inside > 0 && (own || self.told <= path[inside].call)
    }
}

/// Keeps a breadcrumb with the call it was made in. Gives it back if no call runs.
pub(crate) fn keep_breadcrumb(breadcrumb: Breadcrumb) -> Option<Breadcrumb> {
    let tick = now();
    let Some(outermost) = outermost() else {
        return Some(breadcrumb);
    };
    let keep = |here: &Here| {
        let Ok(mut crumbs) = here.crumbs.try_borrow_mut() else {
            return;
        };
        // Removes those of calls that have ended.
        crumbs.retain(|crumb| crumb.tick >= outermost);
        crumbs.push_back(CallBreadcrumb {
            tick,
            told: clock::now(),
            breadcrumb,
        });
        shorten(&mut crumbs);
    };
    let _ = HERE.try_with(keep);
    mark();
    None
}

fn shorten(crumbs: &mut VecDeque<CallBreadcrumb>) {
    while crumbs.len() > CRUMBS {
        crumbs.pop_front();
    }
}

/// Takes the breadcrumbs of a stretch off the thread, for its future to keep.
pub(super) fn take(here: &Here, stretch: Stretch) -> Vec<CallBreadcrumb> {
    let mut crumbs = here.crumbs.borrow_mut();
    let (own, others) = crumbs
        .drain(..)
        .partition(|crumb| crumb.tick >= stretch.began);
    *crumbs = others;
    Vec::from(own)
}

/// Gives the breadcrumbs of earlier polls back to their future.
pub(super) fn give_back(here: &Here, own: Vec<CallBreadcrumb>, stretch: Stretch) {
    let mut crumbs = here.crumbs.borrow_mut();
    let tick = stretch.began;
    crumbs.extend(
        own.into_iter()
            .map(|crumb| CallBreadcrumb { tick, ..crumb }),
    );
    shorten(&mut crumbs);
}

/// Makes the breadcrumbs of a stretch that began at `began` part of the call around it. For a
/// stretch that is undone, `before` is the tick to which they move.
pub(super) fn hand_up(here: &Here, began: u64, before: Option<u64>) {
    let Ok(mut crumbs) = here.crumbs.try_borrow_mut() else {
        return;
    };
    let told = clock::now();
    for crumb in crumbs.iter_mut().filter(|crumb| crumb.tick >= began) {
        crumb.told = told;
        crumb.tick = before.unwrap_or(crumb.tick);
    }
}

/// Returns the trace that the outermost call was given; else the one it has, or a new one from now
/// on.
fn trace(here: &Here, outermost: u64) -> Ids {
    if let Some(handed) = trace::current_ids() {
        return handed;
    }
    let known = here.trace.get().filter(|(since, _)| *since >= outermost);
    let (_, trace) = known.unwrap_or_else(|| {
        let new = (now(), TraceContext::new().ids());
        here.trace.set(Some(new));
        mark();
        new
    });
    trace
}

/// Returns the trace of the outermost call around a stretch, if it has been needed yet.
pub(super) fn known_trace(here: &Here, stretch: Stretch) -> Option<Ids> {
    let outermost = outermost().unwrap_or(stretch.began);
    let known = here.trace.get().filter(|(since, _)| *since >= outermost);
    known.map(|(_, trace)| trace)
}

/// Returns the trace of the outermost call of this thread, if it has been needed yet.
pub(crate) fn known_trace_here() -> Option<Ids> {
    let outermost = outermost()?;
    let known = HERE.try_with(|here| here.trace.get()).ok().flatten();
    known
        .filter(|(since, _)| *since >= outermost)
        .map(|(_, trace)| trace)
}

/// Leaves the trace of an undone stretch to the call around it, and to no later call.
pub(super) fn forget_trace(here: &Here, began: u64, before: u64) {
    if let Some((_, trace)) = here.trace.get().filter(|(since, _)| *since >= began) {
        let around = outermost().map(|_| (before, trace));
        here.trace.set(around);
    }
}

fn take_all(here: &Here) -> VecDeque<CallBreadcrumb> {
    let crumbs = here.crumbs.try_borrow_mut();
    crumbs
        .map(|mut crumbs| std::mem::take(&mut *crumbs))
        .unwrap_or_default()
}

/// A stretch of code that belongs to no call around it: one poll of a task.
///
/// Afterwards the call around it finds its own breadcrumbs and trace again, and none of the task's.
pub(crate) struct DetachedScope {
    crumbs: VecDeque<CallBreadcrumb>,
    trace: Option<(u64, Ids)>,
    /// See [`begin_task`].
    around: usize,
    _told: reported_errors::Inside,
}

impl DetachedScope {
    pub(crate) fn enter() -> Self {
        let around = begin_task();
        let take = |here: &Here| (take_all(here), here.trace.take());
        let (crumbs, trace) = HERE.try_with(take).unwrap_or_default();
        Self {
            crumbs,
            trace,
            around,
            _told: reported_errors::Inside::enter(None),
        }
    }
}

impl Drop for DetachedScope {
    fn drop(&mut self) {
        end_task(self.around);
        let crumbs = std::mem::take(&mut self.crumbs);
        let _ = HERE.try_with(|here| {
            if let Ok(mut kept) = here.crumbs.try_borrow_mut() {
                *kept = crumbs;
            }
            here.trace.set(self.trace);
        });
    }
}
