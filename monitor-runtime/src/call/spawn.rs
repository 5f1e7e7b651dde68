//! Spawns tasks that keep the span and trace of the code that spawns them, and report errors of
//! their own.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::task::JoinHandle;
use tracing::Span;

use crate::base::clock;
use crate::base::outcome::{CancelReason, Outcome};
use crate::base::scoped_future::{Place, Progress, Within};
use crate::base::wakes::Wakes;
use crate::context::cancellation;
use crate::context::trace;
use crate::context::trace::TraceContext;
use crate::context::trace::asked::Asking;
use crate::context::{DetachedScope, InTask, Tasks};
use crate::logs;
use crate::sentry::TaskHub;
use crate::traces::{SpanEnd, Subject, WokenSpan};

/// Spawns a task of monitored code, as [`tokio::spawn`] does. The task keeps the current span and
/// trace, and has a Sentry scope of its own.
///
/// Its log lines stay in the span that the task is spawned in. They, its events and
/// [`inject`](crate::trace::inject) have the trace id of the request that it is spawned for. Tags it sets
/// and breadcrumbs it leaves stay with it. The functions it runs are a path of their own. An error
/// that comes out of it is told there; the function that spawned it and passes the error on adds
/// nothing.
///
/// ```no_run
/// use monitor_runtime::monitored;
///
/// #[monitored]
/// async fn send_receipt(order: u64) -> Result<(), std::io::Error> {
///     sentry::configure_scope(|scope| scope.set_tag("order", order));
///     Ok(())
/// }
///
/// # async fn example() {
/// monitor_runtime::task::spawn(send_receipt(7));
/// # }
/// ```
///
/// # Panics
///
/// Outside a `tokio` runtime, as `tokio::spawn` does.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let mut task = scoped(future);
    task.inner.place_mut().is_spawned = true;
    let shows = task.inner.place().trace.shows_wakes();
    task.wakes.hand_over(&shows);
    tokio::spawn(task)
}

/// Runs monitored code on the blocking pool, as [`tokio::task::spawn_blocking`] does, with the
/// context that [`spawn`] gives to futures.
///
/// ```no_run
/// use monitor_runtime::monitored;
///
/// #[monitored]
/// fn render(order: u64) -> Result<Vec<u8>, std::io::Error> {
///     Ok(format!("receipt of order {order}").into_bytes())
/// }
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let receipt = monitor_runtime::task::spawn_blocking(|| render(7)).await??;
/// # drop(receipt);
/// # Ok(())
/// # }
/// ```
///
/// # Panics
///
/// Outside a `tokio` runtime, as `tokio::task::spawn_blocking` does.
#[track_caller]
pub fn spawn_blocking<F, T>(code: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let mut work = Work {
        code: Some(code),
        surroundings: Surroundings::current(Location::caller()),
        wakes: Wakes::default(),
    };
    work.surroundings.is_spawned = true;
    work.wakes.hand_over(&work.surroundings.trace.shows_wakes());
    tokio::task::spawn_blocking(move || work.run())
}

/// Returns the future that [`spawn`] spawns, for other ways to run a task: a `JoinSet`, a
/// `LocalSet`.
///
/// Without the feature `enable` it returns the future itself.
///
/// ```no_run
/// # async fn example() {
/// let mut tasks = tokio::task::JoinSet::new();
/// tasks.spawn(monitor_runtime::task::scoped(async { 7 }));
/// # }
/// ```
#[track_caller]
pub fn scoped<F: Future>(future: F) -> Scoped<F> {
    Scoped {
        inner: Within::new(future, Surroundings::current(Location::caller())),
        wakes: Wakes::default(),
    }
}

pin_project_lite::pin_project! {
    /// A future in a span, a trace and a Sentry scope of its own; made by [`scoped`].
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Scoped<F> {
        #[pin]
        inner: Within<F, Surroundings>,
        wakes: Wakes<Option<WokenSpan>>,
    }

    impl<F> PinnedDrop for Scoped<F> {
        fn drop(this: Pin<&mut Self>) {
            let this = this.project();
            // No wait any more: what the future holds may take long to drop.
            this.inner.place().trace.begin_poll(this.wakes.begin_poll());
        }
    }
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        let inner = this.inner.as_mut();
        if !inner.place().trace.is_own() {
            return inner.poll(context);
        }
        inner.place().trace.begin_poll(this.wakes.begin_poll());
        let shows = || inner.place().trace.shows_wakes();
        let waker = this.wakes.waker(context, shows);
        let polled = inner.poll(&mut Context::from_waker(waker));
        this.inner.place().trace.end_poll();
        polled
    }
}

/// Code for a blocking thread. A runtime that shuts down before it runs drops it.
struct Work<F> {
    code: Option<F>,
    surroundings: Surroundings,
    wakes: Wakes<Option<WokenSpan>>,
}

impl<F> Work<F> {
    fn run<T>(mut self) -> T
    where
        F: FnOnce() -> T,
    {
        let code = self.code.take().expect("it is run once");
        self.surroundings.trace.begin_poll(self.wakes.begin_poll());
        let result = self.surroundings.enter(code);
        self.surroundings.end();
        result
    }
}

impl<F> Drop for Work<F> {
    fn drop(&mut self) {
        if let Some(code) = self.code.take() {
            self.surroundings.trace.begin_poll(self.wakes.begin_poll());
            self.surroundings.cancel(|| drop(code));
        }
    }
}

/// The context that a task takes from the code that spawns it.
struct Surroundings {
    span: Span,
    /// Its place in the trace of the request it is spawned for, or a trace of its own.
    trace: TraceContext,
    /// `None` if Sentry is off.
    hub: Option<TaskHub>,
    /// Errors of the tasks of the call that spawns it.
    tasks: Option<Arc<Tasks>>,
    progress: Progress,
    /// `true` if its runtime alone drops it.
    is_spawned: bool,
    _asking: Option<Asking>,
}

impl Surroundings {
    fn current(place: &'static Location<'static>) -> Self {
        let trace = TraceContext::of_task(trace::trace_context(), Subject::Task(place));
        // For its first poll.
        trace.end_poll();
        Self {
            span: Span::current(),
            _asking: trace.begin_asking(),
            trace,
            hub: TaskHub::fork(),
            tasks: Tasks::of_this_call(),
            progress: Progress::default(),
            is_spawned: false,
        }
    }
}

/// Ends the task's span, after its future is gone.
impl Drop for Surroundings {
    fn drop(&mut self) {
        let outcome = self.progress.outcome();
        let mut end = SpanEnd::new(clock::now(), outcome);
        if outcome == Outcome::Cancelled {
            let reason = cancellation::of_task(self.is_spawned);
            end.class = reason.map_or("", CancelReason::as_str);
        }
        logs::end_trace(&self.trace, end);
    }
}

impl Place for Surroundings {
    fn enter<T>(&self, code: impl FnOnce() -> T) -> T {
        self.progress.run(|| {
            let _outside = DetachedScope::enter();
            let _task = InTask::enter(self.tasks.clone());
            // A task that is polled inside a request need not belong to it.
            let _trace = trace::Here::enter(Some(&self.trace));
            self.span.in_scope(|| {
                // Entered inside the span: Sentry's own layer for spans has a hub for each of them.
                let _hub = self.hub.as_ref().and_then(TaskHub::enter);
                code()
            })
        })
    }

    fn cancel<T>(&self, code: impl FnOnce() -> T) -> T {
        let reason = cancellation::of_task(self.is_spawned);
        self.enter(|| cancellation::dropping(reason, code))
    }

    fn end(&self) {
        self.progress.end();
    }
}
