//! Tasks that are stories of their own.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use sentry::{Hub, HubSwitchGuard};
use tokio::task::JoinHandle;
use tracing::Span;

use crate::report;
use crate::story::Outside;

/// [`tokio::spawn`] for monitored code: the task keeps the current span and has a Sentry scope of its
/// own.
///
/// Its log lines stay in the span of whoever spawned it. Tags it sets and breadcrumbs it leaves are
/// seen by nobody else. The functions it runs are a path of their own, and an error that comes out
/// of it is told of there, whatever its caller makes of it.
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
/// monitor_runtime::spawn(send_receipt(7));
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
    tokio::spawn(scoped(future))
}

/// The future that [`spawn`] spawns, for other ways to run a task: a `JoinSet`, a `LocalSet`.
///
/// It is there without the feature `enable` too, and is then the future itself.
///
/// ```no_run
/// # async fn example() {
/// let mut tasks = tokio::task::JoinSet::new();
/// tasks.spawn(monitor_runtime::scoped(async { 7 }));
/// # }
/// ```
pub fn scoped<F: Future>(future: F) -> Scoped<F> {
    Scoped {
        future: Some(future),
        surroundings: Surroundings {
            span: Span::current(),
            hub: report::fork(),
        },
    }
}

pin_project_lite::pin_project! {
    /// A future in a span and a Sentry scope of its own; made by [`scoped`].
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Scoped<F> {
        // Emptied where it belongs, so that `Drop` code runs there too.
        #[pin]
        future: Option<F>,
        surroundings: Surroundings,
    }

    impl<F> PinnedDrop for Scoped<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            this.surroundings.enter(|| this.future.set(None));
        }
    }
}

struct Surroundings {
    span: Span,
    /// `None` where Sentry is off.
    hub: Option<Arc<Hub>>,
}

impl Surroundings {
    fn enter<T>(&self, code: impl FnOnce() -> T) -> T {
        let _outside = Outside::enter();
        self.span.in_scope(|| {
            // A thread that ends has no hub to switch.
            let switch = |hub: &Arc<Hub>| report::quietly(|| HubSwitchGuard::new(Arc::clone(hub)));
            // Inside the span: Sentry's own layer for spans has a hub for each of them.
            let _hub = self.hub.as_ref().and_then(switch);
            code()
        })
    }
}

impl<F: Future> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        // Only a drop empties it, and nothing polls a dropped future.
        let Some(future) = this.future.as_pin_mut() else {
            return Poll::Pending;
        };
        this.surroundings.enter(|| future.poll(context))
    }
}
