//! Runs a future with more log lines than the filter shows.

use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use tracing::Level;

use super::late::end_trace;
use crate::base::clock;
use crate::base::outcome::{CancelReason, Outcome};
use crate::base::scoped_future::{Place, Progress, Within};
use crate::context::cancellation;
use crate::context::trace;
use crate::context::trace::TraceContext;
use crate::context::trace::asked::Asking;
use crate::traces::{SpanEnd, Subject};

/// Runs a future whose log lines are written up to a level, whatever the log's filter says.
///
/// The lines of tasks that it spawns with [`task::spawn`](crate::task::spawn) are written, too. Its
/// request is kept for `/requests` with the reason `asked`. Outside of
/// requests, the future is kept as a task is.
///
/// While such a future lives, `tracing` asks the filter about every line up to the level: a line that
/// is not written then costs some tens of nanoseconds instead of one. It needs the subscriber that
/// `start()` installs; with another one it changes nothing.
///
/// ```
/// use monitor_runtime::logs::verbose;
/// use tracing::Level;
///
/// # async fn import(_: u64) {}
/// # async fn example(customer: u64) {
/// if customer == 4711 {
///     verbose(Level::DEBUG, import(customer)).await;
/// } else {
///     import(customer).await;
/// }
/// # }
/// ```
#[track_caller]
pub fn verbose<F: Future>(level: Level, future: F) -> Verbose<F> {
    let here = trace::trace_context();
    let is_inside = here.as_ref().is_some_and(|here| here.local().is_some());
    let mut context = here.unwrap_or_default();
    if !is_inside {
        context.begin_at_caller(Subject::Task(Location::caller()));
    }
    context.ask(level);
    Verbose {
        inner: Within::new(
            future,
            Loud {
                _asking: context.begin_asking(),
                context,
                progress: Progress::default(),
            },
        ),
    }
}

pin_project_lite::pin_project! {
    /// A future whose log lines are written up to a level; made by [`verbose`].
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Verbose<F> {
        #[pin]
        inner: Within<F, Loud>,
    }
}

impl<F: Future> Future for Verbose<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.project().inner.poll(context)
    }
}

/// The context of a future whose lines are written.
struct Loud {
    context: TraceContext,
    _asking: Option<Asking>,
    progress: Progress,
}

impl Place for Loud {
    fn enter<T>(&self, code: impl FnOnce() -> T) -> T {
        self.progress.run(|| self.context.scope(code))
    }

    fn cancel<T>(&self, code: impl FnOnce() -> T) -> T {
        let reason = cancellation::of_task(false);
        self.enter(|| cancellation::dropping(reason, code))
    }

    fn end(&self) {
        self.progress.end();
    }
}

/// Ends the local trace that began with it, if one did.
impl Drop for Loud {
    fn drop(&mut self) {
        let outcome = self.progress.outcome();
        let mut end = SpanEnd::new(clock::now(), outcome);
        if outcome == Outcome::Cancelled {
            let reason = cancellation::of_task(false);
            end.class = reason.map_or("", CancelReason::as_str);
        }
        end_trace(&self.context, end);
    }
}
