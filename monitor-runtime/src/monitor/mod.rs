//! The handle to a started runtime.

pub(crate) mod builder;
mod claim;
pub(crate) mod exporter;
#[cfg(feature = "server")]
mod management;
mod page;
pub(crate) mod parts;
pub(crate) mod shutdown;
pub(crate) mod start;
pub(crate) mod start_error;
mod started_log;
pub(crate) mod subscriber;
pub(crate) mod upkeep;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use self::parts::Parts;
use crate::health::CheckError;
use crate::logs;
use crate::metrics::{Format, Page};
use crate::monitor::shutdown::Lifecycle;
use crate::server;
use crate::settings::log_filter::{LogFilter, LogFilterError};

/// A started runtime; keep it until the end of `main`.
///
/// At the end of the process the log is written and Sentry's queue is sent, however the process
/// ends:
///
/// * [`shutdown`](Self::shutdown) drains and closes in order.
/// * Dropped without it, the `Monitor` closes without waiting for the drain delay, and blocks for up
///   to three seconds; in a runtime of `tokio`, too, and while a panic unwinds.
/// * Never dropped (in a `static`, leaked, or because the process calls `exit`), it is closed in the
///   same way when the process exits.
/// * Closing happens once. A second caller waits for the first.
/// * A process that aborts or crashes waits for up to two seconds, so that what is queued is written
///   and sent. `_exit` and SIGKILL leave no time for that: the lines of the level ERROR are written.
#[must_use = "dropping it stops the management server and flushes Sentry"]
pub struct Monitor {
    pub(crate) lifecycle: Arc<Lifecycle>,
    pub(crate) parts: Arc<Parts>,
    pub(crate) page: Page,
    pub(crate) context: server::Context,
}

impl Monitor {
    /// Ends once readiness has been false for the drain delay: time to stop one's own server.
    ///
    /// SIGTERM, SIGHUP, [`drain`](Self::drain) and [`shutdown`](Self::shutdown) begin it; SIGINT
    /// does too, without the delay. The process then has the drain limit (`MONITOR_DRAIN_LIMIT`, 30
    /// s) to end, see [`cut_off`](Self::cut_off). Another SIGTERM changes nothing; a second SIGINT
    /// ends the process at once.
    ///
    /// A service that has an action of its own for the signal decides itself when it ends, unless a
    /// drain limit is set for it. If the service has no such action, and nothing waits for this
    /// future, the runtime flushes and ends the process as the signal does by default. A line of
    /// the level WARN reports that.
    ///
    /// ```no_run
    /// # async fn example(monitor: &monitor_runtime::Monitor) {
    /// # use warp::Filter;
    /// let server = warp::serve(warp::any().map(|| "hello")).bind(([127, 0, 0, 1], 8080)).await;
    /// server.graceful(monitor.drained()).run().await;
    /// # }
    /// ```
    pub fn drained(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        self.lifecycle.drained()
    }

    /// Ends when readiness falls, before the drain delay: time for a health service of your own to
    /// report it.
    ///
    /// With `tonic_health`:
    ///
    /// ```ignore
    /// let (reporter, health) = tonic_health::server::health_reporter();
    /// let draining = monitor.draining();
    /// tokio::spawn(async move {
    ///     draining.await;
    ///     reporter.set_service_status("", ServingStatus::NotServing).await;
    /// });
    /// ```
    ///
    /// ```no_run
    /// # async fn example(monitor: &monitor_runtime::Monitor) {
    /// monitor.draining().await;
    /// println!("no new work");
    /// # }
    /// ```
    pub fn draining(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        self.lifecycle.draining()
    }

    /// Returns `true` from the moment when readiness falls.
    pub fn is_draining(&self) -> bool {
        self.lifecycle.is_draining()
    }

    /// Ends when the drain limit is over as well: time to drop a server that still waits for its
    /// clients.
    ///
    /// [`http::warp`](crate::http)'s server does so by itself. For another one, such as axum's:
    ///
    /// ```no_run
    /// # async fn serve(_: impl Future<Output = ()>) {}
    /// # async fn example(monitor: monitor_runtime::Monitor) {
    /// tokio::select! {
    ///     () = serve(monitor.drained()) => {}
    ///     () = monitor.cut_off() => {} // a stream that never ends, a client that has stalled
    /// }
    /// monitor.shutdown().await;
    /// # }
    /// ```
    ///
    /// Without it, a process that got a signal and has not called `shutdown()` one second after the
    /// limit is closed and exits with 0. One line of the level WARN has the number of requests that
    /// were cut off.
    pub fn cut_off(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        self.lifecycle.cut_off()
    }

    /// Begins to drain as SIGTERM does: readiness falls now, [`drained`](Self::drained) ends later.
    ///
    /// It does not end the process.
    pub fn drain(&self) {
        self.lifecycle.drain();
    }

    /// Drains, sends what is queued, and closes the management port last.
    ///
    /// Waits for the drain delay only if it has not passed and something waits for
    /// [`drained`](Self::drained); then for at most three seconds. Blocking work is done on a
    /// thread of its own. Calls that end afterwards are still counted and logged.
    ///
    /// Dropped before it is done, the future closes as the `Monitor` does when it is dropped.
    pub async fn shutdown(self) {
        self.lifecycle.finish().await;
        let lifecycle = Arc::clone(&self.lifecycle);
        let (done, closed) = tokio::sync::oneshot::channel::<()>();
        let close = move || {
            lifecycle.close();
            drop(done);
        };
        let spawned = std::thread::Builder::new()
            .name("monitor-shutdown".into())
            .spawn(close);
        if spawned.is_ok() {
            // A closed channel means that the work is done or impossible.
            let _ = closed.await;
        }
    }

    /// Shuts down from a `main` that is not `async`; see [`shutdown`](Self::shutdown).
    ///
    /// It blocks the thread it is called on. In a runtime of `tokio` that is a worker that runs
    /// nothing meanwhile, so `shutdown` is better there.
    pub fn shutdown_blocking(self) {
        self.lifecycle.finish_blocking();
        self.lifecycle.close();
    }

    /// Watches one more `tokio` runtime, the one this is called in, as the one that `start()` was
    /// called in is watched.
    ///
    /// It is `runtime:<name>` in `/livez?verbose`, until it is shut down.
    ///
    /// # Errors
    ///
    /// The call is outside a runtime, the name is taken, or it is not valid as the name of a check.
    ///
    /// ```no_run
    /// # fn example(monitor: &monitor_runtime::Monitor, other: &tokio::runtime::Runtime) {
    /// let watched = other.block_on(async { monitor.watch_runtime("background") });
    /// # drop(watched);
    /// # }
    /// ```
    pub fn watch_runtime(&self, name: &str) -> Result<(), CheckError> {
        self.parts.health.watch(name)
    }

    /// Returns the log's filter; `None` if the subscriber is not the one that `start()` installs.
    ///
    /// `GET /log-level` of the management server returns it, too.
    pub fn log_filter(&self) -> Option<LogFilter> {
        logs::log_filter()
    }

    /// Sets the log's filter: for a time of up to 24 hours, or until it is set anew or reset.
    ///
    /// Directives are levels, by target or for all: `info,my_crate=debug`. They replace all
    /// previous ones. One line of the log reports that it was set, and one that it was set back;
    /// `shutdown()` sets it back, too. `PUT /log-level` does the same.
    ///
    /// ```no_run
    /// # fn example(monitor: &monitor_runtime::Monitor) -> Result<(), monitor_runtime::logs::LogFilterError> {
    /// use std::time::Duration;
    ///
    /// monitor.set_log_filter("info,shop::orders=debug", Some(Duration::from_secs(600)))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn set_log_filter(
        &self,
        directives: &str,
        lasting: Option<Duration>,
    ) -> Result<LogFilter, LogFilterError> {
        logs::set_log_filter(directives, lasting)
    }

    /// Sets the log's filter back to that of the start; `None` as for [`log_filter`](Self::log_filter).
    pub fn reset_log_filter(&self) -> Option<LogFilter> {
        logs::reset_log_filter()
    }

    /// Returns the page of metrics, in Prometheus' text format 0.0.4: every series that `/metrics` of the management
    /// server has.
    ///
    /// For a server of the service's own, or for a job that pushes its numbers. The media type of the page is
    /// `text/plain; version=0.0.4`. It is made on the calling thread, which takes 0.3 µs for each function.
    ///
    /// ```no_run
    /// # fn example(monitor: &monitor_runtime::Monitor) -> std::io::Result<()> {
    /// std::fs::write("/var/lib/node_exporter/shop.prom", monitor.render_metrics())?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn render_metrics(&self) -> String {
        let page: Vec<u8> = (self.page)(Format::Text).flatten().collect();
        String::from_utf8_lossy(&page).into_owned()
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        self.lifecycle.close();
    }
}
