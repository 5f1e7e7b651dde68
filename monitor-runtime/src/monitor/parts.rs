//! The parts that run after a start, and their end.

use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::claim::Claim;
use crate::health::Health;
use crate::sentry::panic_lines;
use crate::server::Server;
use crate::{logs, otlp, sentry};

/// The longest shutdown once the drain delay is over.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);
/// The part of it that sending Sentry's queue may take.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(2);
/// The time by which everything is exported by OTLP.
const EXPORT_TIMEOUT: Duration = Duration::from_millis(2900);
/// The time by which the management port is closed. The rest is for the log.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(2500);

/// The parts that a shutdown has to close.
pub(crate) struct Parts {
    pub(crate) health: Arc<Health>,
    pub(crate) server: Option<Server>,
    /// Dropped, it ends the upkeep of the exporter.
    pub(crate) upkeep: Mutex<Option<Sender<()>>>,
    /// `true` if `start()` made the Sentry client, so that a shutdown closes it.
    pub(crate) own_sentry: bool,
    pub(crate) exporter: otlp::Exporter,
    /// Given back when everything is closed; `None` from then on.
    pub(crate) claim: Mutex<Option<Claim>>,
}

impl Parts {
    /// Sends and closes everything, the port last. Blocks for three seconds at most, and does the
    /// work only once.
    pub(crate) fn close(&self) {
        let mut claim = self.claim.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(_claim) = claim.take() else { return };
        let began = Instant::now();
        let left = |of: Duration| of.saturating_sub(began.elapsed());
        self.health.begin_drain();
        sentry::stop(FLUSH_TIMEOUT, self.own_sentry);
        self.upkeep
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        self.health.stop();
        if let Some(server) = &self.server {
            server.close_by(left(CLOSE_TIMEOUT));
        }
        // The thread that would set it back later is about to end.
        logs::reset_log_filter();
        logs::places::sum_up(true);
        tracing::info!("shutdown is done");
        panic_lines::tell_late(Duration::ZERO);
        logs::tell_dropped();
        self.exporter.stop(left(EXPORT_TIMEOUT));
        logs::flush(left(SHUTDOWN_TIMEOUT));
    }
}
