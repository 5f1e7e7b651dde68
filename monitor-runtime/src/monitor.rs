//! The handle to a started runtime.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use warp::{Filter, Rejection, reply::Response};

use crate::config::Address;
use crate::health::{Health, InvalidCheck};
use crate::init::Claim;
use crate::lifecycle::Lifecycle;
use crate::log_filter::{LogFilter, LogFilterError};
use crate::server::{self, Server};
use crate::{lines, report, trace};

/// How long a shutdown may take to send what Sentry's queue holds.
const FLUSH: Duration = Duration::from_secs(2);
/// How long a shutdown lets requests to the management server end.
const GRACE: Duration = Duration::from_secs(1);

/// A started runtime; keep it until the end of `main`.
///
/// Dropped without [`shutdown`](Self::shutdown), it does the same without waiting for the drain
/// delay, and blocks for up to three seconds.
#[must_use = "dropping it stops the management server and flushes Sentry"]
pub struct Monitor {
    pub(crate) lifecycle: Arc<Lifecycle>,
    pub(crate) parts: Arc<Parts>,
    pub(crate) context: server::Context,
}

impl Monitor {
    /// The address the management server listens on; `None` when it is off or has no port.
    pub fn addr(&self) -> Option<SocketAddr> {
        match self.parts.server.as_ref()?.bound() {
            Address::Tcp(addr) => Some(*addr),
            Address::Unix(_) => None,
        }
    }

    /// The socket in the file system that the management server listens on, if it is one.
    pub fn socket_path(&self) -> Option<&Path> {
        match self.parts.server.as_ref()?.bound() {
            Address::Tcp(_) => None,
            Address::Unix(path) => Some(path),
        }
    }

    /// Ends once readiness has been false for the drain delay: time to stop one's own server.
    ///
    /// SIGTERM, [`drain`](Self::drain) and [`shutdown`](Self::shutdown) begin it; SIGINT does too,
    /// without the delay. Where nobody waits for this, the first signal still drains and flushes,
    /// and then ends the process as the signal does by default. A second signal ends it at once.
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

    /// Begins to drain as SIGTERM does: readiness falls now, [`drained`](Self::drained) ends later.
    pub fn drain(&self) {
        self.lifecycle.drain();
    }

    /// Drains, sends what is queued, and closes the management port last.
    ///
    /// Waits for the drain delay only if it has not passed and somebody waits for
    /// [`drained`](Self::drained); then for at most three seconds. Blocking work is done on a
    /// thread of its own. Calls that end afterwards are still counted and logged.
    pub async fn shutdown(self) {
        self.lifecycle.finish().await;
        let parts = Arc::clone(&self.parts);
        let (done, closed) = tokio::sync::oneshot::channel::<()>();
        let close = move || {
            parts.close();
            drop(done);
        };
        let spawned = std::thread::Builder::new()
            .name("monitor-shutdown".into())
            .spawn(close);
        if spawned.is_ok() {
            // Closed without a message: there is nothing to say.
            let _ = closed.await;
        }
    }

    /// [`shutdown`](Self::shutdown) for a `main` that is not `async`.
    ///
    /// # Panics
    ///
    /// Inside a `tokio` runtime, whose threads must not block.
    pub fn shutdown_blocking(self) {
        let finished = Arc::clone(&self.lifecycle);
        finished.finish_blocking();
        self.parts.close();
    }

    /// Watches one more `tokio` runtime, the one this is called in, as the one that `start()` was
    /// called in is watched.
    ///
    /// It is `runtime:<name>` in `/livez?verbose`, until it is shut down.
    ///
    /// # Errors
    ///
    /// There is no runtime here, the name is taken, or it is not one that a check could have.
    ///
    /// ```no_run
    /// # fn example(monitor: &monitor_runtime::Monitor, other: &tokio::runtime::Runtime) {
    /// let watched = other.block_on(async { monitor.watch_runtime("background") });
    /// # drop(watched);
    /// # }
    /// ```
    pub fn watch_runtime(&self, name: &str) -> Result<(), InvalidCheck> {
        self.parts.health.watch(name)
    }

    /// The log's filter; `None` where the subscriber is not the one that `start()` installs.
    ///
    /// `GET /log-level` of the management server says the same.
    pub fn log_filter(&self) -> Option<LogFilter> {
        trace::log_filter()
    }

    /// Sets the log's filter: for a time of up to 24 hours, or until it is set anew or reset.
    ///
    /// Directives are levels, by target or for all: `info,my_crate=debug`. They take the place of
    /// all that held before. One line of the log says that it was set, and one that it was set
    /// back; `shutdown()` sets it back, too. `PUT /log-level` does the same.
    ///
    /// ```no_run
    /// # fn example(monitor: &monitor_runtime::Monitor) -> Result<(), monitor_runtime::LogFilterError> {
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
        trace::set_log_filter(directives, lasting)
    }

    /// Sets the log's filter back to that of the start; `None` as for [`log_filter`](Self::log_filter).
    pub fn reset_log_filter(&self) -> Option<LogFilter> {
        trace::reset_log_filter()
    }

    /// `/health`, `/livez`, `/readyz`, `/startupz`, `/live` and `/ready` for one's own warp app, with
    /// what is below them, such as `/readyz/<check>`.
    ///
    /// Other paths are rejected as not found, so routes after it are tried.
    pub fn health_routes(
        &self,
    ) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + Send + Sync + 'static + use<>
    {
        server::health_routes(self.context.clone())
    }

    /// `/metrics` for one's own warp app.
    pub fn metrics_routes(
        &self,
    ) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + Send + Sync + 'static + use<>
    {
        server::metrics_routes(self.context.clone())
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        self.parts.close();
    }
}

/// What a shutdown has to close.
pub(crate) struct Parts {
    pub(crate) health: Arc<Health>,
    pub(crate) server: Option<Server>,
    /// Dropped, it ends the upkeep of the exporter.
    pub(crate) upkeep: Mutex<Option<Sender<()>>>,
    /// Whether the Sentry client is ours to close.
    pub(crate) own_sentry: bool,
    /// Given back when everything is closed; `None` says that it is.
    pub(crate) claim: Mutex<Option<Claim>>,
}

impl Parts {
    /// Sends and closes everything, the port last; blocks for a bounded time, does it once.
    pub(crate) fn close(&self) {
        let mut claim = self.claim.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(_claim) = claim.take() else { return };
        self.health.begin_drain();
        report::stop(FLUSH, self.own_sentry);
        self.upkeep
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        self.health.stop();
        if let Some(server) = &self.server {
            server.close(GRACE);
        }
        // Nobody is left to set it back.
        trace::reset_log_filter();
        lines::flush();
    }
}
