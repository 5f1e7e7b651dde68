//! Remembers, per thread, enough to report each failure once and with its history: the running
//! functions, their errors, breadcrumbs and trace.
//!
//! An error travels up by value, so nothing marks it as the one that an inner function already
//! reported. Each error that comes out of a function is remembered with the call around it, and
//! recognized by its text and type (see [`known`]). That needs only what happened on this thread
//! while the outer function ran, plus what an outer future keeps of its earlier polls.

pub(crate) mod block_lines;
mod breadcrumbs;
mod call_stack;
pub(crate) mod cancellation;
pub(crate) mod capture;
pub(crate) mod counter_cache;
mod error_identity;
mod error_lines;
mod frames;
pub(crate) mod outermost_calls;
pub(crate) mod own_shards;
mod panics;
mod reported_errors;
mod seen_errors;
#[cfg(feature = "sentry")]
pub(crate) mod sentry_types;
#[cfg(not(feature = "sentry"))]
#[path = "sentry_types_off.rs"]
pub(crate) mod sentry_types;
mod task_errors;
pub(crate) mod thread;
pub(crate) mod threads;
pub(crate) mod trace;
pub(crate) mod visible_stack;
pub(crate) mod worker_notes;
mod worker_runtime;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::sync::Arc;

pub(crate) use breadcrumbs::{
    DetachedScope, EventContext, keep_breadcrumb, known_trace_here, scene,
};
pub(crate) use call_stack::CallStack;
pub(crate) use error_lines::Line;
pub(crate) use panics::{first_to_unwind, note_panic};
pub(crate) use reported_errors::{Told, is_told_again, note_unwound};
pub(crate) use seen_errors::{Events, arrive};
pub(crate) use task_errors::{InTask, Tasks};

use self::breadcrumbs::CallBreadcrumb;
use self::call_stack::Frame;
use self::frames::frames;
use self::panics::PanicNote;
use self::seen_errors::SeenError;
use crate::callsite::Site;
use crate::context::thread::THREAD;
use crate::traces::Ids;

/// Errors remembered at once, per thread and per future; older ones are forgotten.
const REMEMBERED: usize = 16;

struct Here {
    marks: RefCell<VecDeque<SeenError>>,
    panics: RefCell<VecDeque<PanicNote>>,
    /// `true` if all panics of the thread are known to be over.
    calm: Cell<bool>,
    crumbs: RefCell<VecDeque<CallBreadcrumb>>,
    /// The trace of the outermost call, once it was needed, and the time of that.
    trace: Cell<Option<(u64, Ids)>>,
    /// Errors of the request this thread works for that Sentry already has.
    told: RefCell<Option<Arc<Told>>>,
    /// Errors of the tasks of one call, if this thread works on such a task.
    tasks: RefCell<Option<Arc<Tasks>>>,
    /// Functions nested deeper than the first 127.
    deeper: RefCell<Vec<Frame>>,
    /// The number of functions around the code of the innermost task, its start among them; 0 outside of tasks.
    before_task: Cell<usize>,
}

thread_local! {
    static HERE: Here = const {
        Here {
            marks: RefCell::new(VecDeque::new()),
            panics: RefCell::new(VecDeque::new()),
            calm: Cell::new(true),
            crumbs: RefCell::new(VecDeque::new()),
            trace: Cell::new(None),
            told: RefCell::new(None),
            tasks: RefCell::new(None),
            deeper: RefCell::new(Vec::new()),
            before_task: Cell::new(0),
        }
    };
}

/// Moves the thread's clock of events; returns the new time.
pub(crate) fn tick() -> u64 {
    THREAD.with(|thread| thread.clock.tick())
}

/// Notes that the running call has something to keep when it is suspended.
fn mark() {
    THREAD.with(|thread| thread.clock.mark());
}

/// Returns `true` if this thread works inside a local trace, or was promised one.
pub(crate) fn is_in_local_trace() -> bool {
    THREAD.with(|thread| thread.clock.is_diverted())
}

/// Returns `true` if this thread works inside a local trace that has begun.
pub(crate) fn is_recorded() -> bool {
    THREAD.with(|thread| thread.clock.is_diverted() && !thread.clock.visible().promised.is_some())
}

fn now() -> u64 {
    THREAD.with(|thread| thread.clock.tick_now())
}

/// A stretch of a monitored call on one thread: the whole of a function, or one poll of a future.
///
/// The code that begins it has to end it. It has no destructor, which would cost too much per call.
#[derive(Clone, Copy)]
pub(crate) struct Stretch {
    began: u64,
}

impl Stretch {
    pub(crate) fn begin(site: &'static Site) -> Self {
        THREAD.with(|thread| thread.clock.enter(Some(site), None))
    }

    /// Begins the next stretch of a call that began at `call`, in ticks of the process's clock.
    pub(crate) fn resume(site: &'static Site, call: u64) -> Self {
        THREAD.with(|thread| thread.clock.enter(Some(site), Some(call)))
    }

    /// Ends the stretch: the user's code waits, or has ended.
    pub(crate) fn end() {
        THREAD.with(|thread| thread.clock.leave());
    }

    /// Returns `true` if there is something to keep; a future asks this after every poll.
    pub(crate) fn has_marks(self) -> bool {
        THREAD.with(|thread| thread.clock.is_marked_since(self))
    }

    /// Returns the trace that events of the outermost call around it have, if there were any.
    pub(crate) fn trace(self) -> Option<Ids> {
        let known = HERE.try_with(|here| breadcrumbs::known_trace(here, self));
        known.ok().flatten()
    }

    /// Leaves the breadcrumbs of a call that has ended to the call around it, if it is one of that:
    /// [`is_stray`](SuspendedContext::is_stray).
    pub(crate) fn hand_up(self, is_stray: bool) {
        if self.has_marks() {
            let _ = HERE.try_with(|here| {
                if is_stray {
                    drop(breadcrumbs::take(here, self));
                }
                breadcrumbs::hand_up(here, self.began, None);
            });
        }
    }

    /// Undoes the stretch of a future that was dropped, unless a monitored call ran in it.
    /// Otherwise the drop of siblings would make an error on its way up look like a new one.
    pub(crate) fn rewind(self) {
        THREAD.with(|thread| {
            let clock = &thread.clock;
            if clock.tick_now() != self.began {
                clock.tick();
                return;
            }
            let before = self.began - 1;
            let _ = HERE.try_with(|here| {
                breadcrumbs::hand_up(here, self.began, Some(before));
                breadcrumbs::forget_trace(here, self.began, before);
            });
            clock.rewind(self);
        });
    }
}

/// Returns the monitored functions of the running task or thread, outermost first.
pub(crate) fn running() -> impl Iterator<Item = &'static Site> {
    frames::path().into_iter().map(|step| step.site)
}

/// Returns the innermost monitored function running on this thread.
pub(crate) fn innermost() -> Option<&'static Site> {
    THREAD.with(|thread| thread.clock.innermost())
}

/// The errors, breadcrumbs and trace that a future keeps from its earlier polls.
#[derive(Default)]
pub(crate) struct SuspendedContext {
    marks: VecDeque<SeenError>,
    crumbs: Vec<CallBreadcrumb>,
    trace: Option<Ids>,
    /// The place of the last poll.
    polled: Option<frames::Moment>,
    /// `true` if the call goes on inside one that began after it.
    is_stray: bool,
}

impl SuspendedContext {
    /// Returns `true` if the call goes on inside one that began after it, and that is not the caller: that one
    /// polls or drops a future which it did not make.
    pub(crate) fn is_stray(&self) -> bool {
        self.is_stray
    }

    /// Keeps what a poll that left the future pending has produced.
    pub(crate) fn keep(&mut self, stretch: Stretch) {
        self.polled = Some(frames::Moment::now());
        self.keep_marks(stretch);
        let _ = HERE.try_with(|here| {
            self.crumbs = breadcrumbs::take(here, stretch);
            self.trace = breadcrumbs::known_trace(here, stretch).or(self.trace);
        });
    }

    /// Gives back to the thread what the future kept, for its next poll. `call` is the start of its call, in ticks
    /// of the process's clock.
    pub(crate) fn recall(&mut self, stretch: Stretch, call: u64) {
        self.is_stray = frames::is_stray(call, self.polled);
        if self.crumbs.is_empty() && self.marks.is_empty() && self.trace.is_none() {
            return;
        }
        let _ = HERE.try_with(|here| {
            self.recall_marks(here, stretch);
            breadcrumbs::give_back(here, std::mem::take(&mut self.crumbs), stretch);
            if let Some(trace) = self
                .trace
                .filter(|_| breadcrumbs::known_trace(here, stretch).is_none())
            {
                here.trace.set(Some((stretch.began, trace)));
            }
        });
        mark();
    }
}
