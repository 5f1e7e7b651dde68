//! The trace context that the current thread has entered. A local trace that it was promised is not
//! begun for any question here; see [`current`](super::current).

use std::cell::{Cell, RefCell};
use std::mem::{self, ManuallyDrop};
use std::sync::Arc;

use tracing::Level;

use super::asked;
use super::failure::Failure;
use super::innermost::Innermost;
use super::local::Local;
use super::{Carried, TraceContext};
use crate::base::panics::Panic;
use crate::context::thread::{THREAD, Thread};
use crate::context::visible_stack::Promise;
use crate::context::{threads, worker_notes};
use crate::traces::lines::Line;
use crate::traces::{Ids, LocalTrace, SpanKey};

/// The parts of a context that are not copied.
#[derive(Clone, Default)]
struct Rest {
    carried: Option<Arc<Carried>>,
    failure: Option<Arc<Failure>>,
    asked: Option<Level>,
    /// `true` if the span of the context is the caller's, in another process.
    is_remote: bool,
}

impl Rest {
    fn new(context: &TraceContext) -> Self {
        Self {
            carried: context.carried.clone(),
            failure: context.failure.clone(),
            asked: context.asked,
            is_remote: context.is_remote,
        }
    }
}

impl Innermost {
    /// Puts the thread into this state.
    #[inline]
    pub(super) fn set(self) {
        THREAD.with(|thread| thread.innermost.set(self));
    }

    #[inline]
    pub(super) fn current() -> Self {
        THREAD.with(|thread| thread.innermost.get())
    }

    /// Puts the thread into this state, and returns the one before it.
    #[inline]
    pub(super) fn enter(self) -> Self {
        let before = Self::current();
        self.set();
        before
    }
}

thread_local! {
    // Both without a destructor, so that they exist to the end of the thread and are one instruction away.
    /// The ids of the context, as it was entered.
    static IDS: Cell<Option<Ids>> = const { Cell::new(None) };
    /// Empty outside of all contexts, so there is nothing to drop when a thread ends.
    static REST: ManuallyDrop<RefCell<Rest>> = const { ManuallyDrop::new(RefCell::new(Rest {
        carried: None,
        failure: None,
        asked: None,
        is_remote: false,
    })) };
}

/// Returns the context that was entered, with the innermost span of its local trace.
pub(super) fn context() -> Option<TraceContext> {
    let ids = current_ids()?;
    let Rest {
        carried,
        failure,
        asked,
        is_remote,
    } = REST.with(|rest| rest.borrow().clone());
    let local = with_begun(|trace, innermost| Local::inside(Arc::clone(trace), innermost.key));
    Some(TraceContext {
        ids,
        // Inside a local trace, its innermost span is meant.
        is_remote: is_remote && local.is_none(),
        carried,
        failure,
        local,
        asked,
    })
}

/// Returns the ids of the context as it was entered.
pub(super) fn ids() -> Option<Ids> {
    IDS.get()
}

/// Replaces the ids of the context, and shows its trace to other threads.
fn put_ids(ids: Option<Ids>) -> Option<Ids> {
    threads::show_trace(ids.map(|ids| ids.trace));
    IDS.replace(ids)
}

/// Returns `true` if the context was entered with the span of a caller in another process.
pub(super) fn is_remote() -> bool {
    REST.with(|rest| rest.try_borrow().is_ok_and(|rest| rest.is_remote))
}

/// Returns the `tracestate` of the context as it was entered.
pub(super) fn state() -> Option<Arc<str>> {
    REST.with(|rest| rest.try_borrow().ok()?.carried.as_ref()?.state.clone())
}

/// Makes a local trace that begins here the one of this thread.
pub(super) fn place_local(trace: &Arc<LocalTrace>) {
    put_ids(Some(trace.ids));
    Innermost::new(trace, SpanKey::ROOT).set();
    put_local(Some(Arc::clone(trace)));
}

/// Leaves the local trace that [`place_local`] made that of this thread, and returns it.
pub(super) fn leave_local(ids: Option<Ids>, around: Innermost) -> Option<Arc<LocalTrace>> {
    put_ids(ids);
    around.set();
    put_local(None)
}

/// Replaces the local trace of this thread.
fn put_local(local: Option<Arc<LocalTrace>>) -> Option<Arc<LocalTrace>> {
    THREAD.with(|thread| thread.local.replace(local))
}

pub(crate) fn current_ids() -> Option<Ids> {
    let span = Innermost::current().id();
    IDS.get().map(|ids| Ids { span, ..ids })
}

/// Notes a line of level `WARN` or above on the failure of the current request.
pub(crate) fn note_logged() {
    if let Some(failure) = current_failure() {
        failure.set_logged();
    }
}

/// Notes on the failure of the current request that Sentry has an event of it, or is not to get
/// one.
pub(crate) fn note_reported() {
    if let Some(failure) = current_failure() {
        failure.set_reported();
    }
}

/// Leaves a panic to the access line of the current request. Returns `false` outside a request.
pub(crate) fn leave_to_request(panic: &Arc<Panic>) -> bool {
    current_failure().is_some_and(|failure| failure.keep_panic(panic))
}

/// Returns the failure of the request that this code works for.
fn current_failure() -> Option<Arc<Failure>> {
    IDS.get()?;
    REST.with(|rest| rest.borrow().failure.clone())
}

/// Returns `true` if this code asked for its log lines of a level.
pub(crate) fn is_asked_for(level: Level) -> bool {
    if !asked::is_raised(level) {
        return false;
    }
    let asked = REST.with(|rest| rest.try_borrow().ok()?.asked);
    asked.is_some_and(|most| level <= most)
}

/// Returns the log lines so far of the local trace that this code works for.
pub(crate) fn lines_so_far() -> Vec<Line> {
    with_begun(|trace, _| trace.lines()).unwrap_or_default()
}

/// Runs code that has the local trace of this thread; `None` outside of local traces, and in one that
/// was promised and has not begun.
#[inline]
pub(super) fn with_begun<R>(code: impl FnOnce(&Arc<LocalTrace>, Innermost) -> R) -> Option<R> {
    THREAD.with(|thread| with_begun_on(thread, code))
}

/// Runs code that has the local trace of a thread, as [`with_begun`] does for this one.
#[inline]
pub(super) fn with_begun_on<R>(
    thread: &Thread,
    code: impl FnOnce(&Arc<LocalTrace>, Innermost) -> R,
) -> Option<R> {
    let local = thread.local.try_borrow().ok()?;
    Some(code(local.as_ref()?, thread.innermost.get()))
}

/// Marks code that works in a context, or in none. Dropping it restores the previous context.
pub(crate) struct Here {
    ids: Option<Ids>,
    innermost: Innermost,
    rest: Rest,
    local: Option<Arc<LocalTrace>>,
    promised: Option<Promise>,
    diverted: bool,
}

impl Here {
    pub(crate) fn enter(context: Option<&TraceContext>) -> Self {
        worker_notes::note_worker();
        let local = context.and_then(|context| context.local.as_ref());
        Self {
            ids: put_ids(context.map(|context| context.ids)),
            innermost: context.map_or(Innermost::NONE, Innermost::of).enter(),
            promised: THREAD.with(|thread| thread.clock.visible().promised.take()),
            diverted: THREAD.with(|thread| thread.clock.divert(local.is_some())),
            local: put_local(local.map(|local| Arc::clone(&local.trace))),
            rest: REST.with(|rest| rest.replace(context.map(Rest::new).unwrap_or_default())),
        }
    }
}

impl Drop for Here {
    fn drop(&mut self) {
        put_ids(self.ids);
        self.innermost.set();
        THREAD.with(|thread| {
            thread.clock.visible().promised.set(self.promised);
            thread.clock.divert(self.diverted);
        });
        drop(put_local(self.local.take()));
        drop(REST.with(|rest| rest.replace(mem::take(&mut self.rest))));
    }
}
