//! Starts the runtime: decides the settings, then installs each part once.

use std::io;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::claim::Claim;
use super::exporter::Bounds;
use super::page::{count, page};
use super::start_error::StartError;
use super::upkeep::Upkeep;
use crate::base::{clock, redact};
use crate::callsite::Site;
use crate::callsite::labels;
use crate::health::{self, BlockingLimits, Health};
use crate::metrics::{facade, process};
use crate::monitor::Monitor;
use crate::monitor::builder::Builder;
use crate::monitor::parts::Parts;
use crate::monitor::shutdown::Lifecycle;
use crate::monitor::subscriber;
use crate::sentry::Destination;
use crate::server::{self, Listener};
use crate::settings::config::Config;
use crate::settings::log_filter;
use crate::{callsite, http, inventory, logs, metrics, otlp, sentry, slo};

impl Builder {
    /// Starts logs, metrics, Sentry, health checks and the management server, as far as they are built.
    ///
    /// Needs no particular runtime. Health checks run on the `tokio` runtime it is called in, if
    /// there is one. Parts that the process already has are left alone and used: a `tracing`
    /// subscriber, a `metrics` recorder (see [`exporter_handle`](Self::exporter_handle)), a Sentry
    /// client.
    ///
    /// # Errors
    ///
    /// A setting that cannot be used, a port that is taken, a check that is not valid, a second
    /// start of the process. After an error nothing runs, and `start` may be called again.
    #[expect(
        clippy::unused_async,
        reason = "it may have to wait one day, which must not break callers"
    )]
    pub async fn start(self) -> Result<Monitor, StartError> {
        self.start_blocking()
    }

    /// Starts the monitor from a `main` that is not `async`; see [`start`](Self::start).
    pub fn start_blocking(self) -> Result<Monitor, StartError> {
        // Every check that can fail comes before any change to the process.
        let env: Vec<_> = std::env::vars_os().collect();
        log_filter::note_functions(callsite::all().map(Site::log_target));
        let mut config =
            Config::resolve(self.overrides, &env, &self.crate_name, &self.crate_version)?;
        let interval = self.facade.map(facade::check).transpose()?;
        super::exporter::check(&self.buckets)?;
        slo::agree(&inventory::collect()).map_err(StartError::Objectives)?;
        let claim = Claim::take().ok_or(StartError::AlreadyStarted)?;
        let service = metrics::Service {
            name: config.service_name.clone(),
            version: config.service_version.clone(),
            commit: self.commit,
            branch: self.branch,
        };
        let subject = health::Service {
            id: service.name.clone(),
            version: service.version.clone(),
        };
        let health = Health::new(subject, self.checks, BlockingLimits::from_config(&config))?;
        let listener = server::listen(&config.server)?;

        let plan = otlp::Plan::new(&mut config);
        clock::calibrate();
        redact::hide(&config.redact);
        let destination = sentry::start(&config);
        sentry::install_hook();
        labels::bound(config.label_series);
        inventory::set_service(&service);
        slo::lead_to(slo::Links {
            runbooks: config.runbook_url,
            grafana: config.grafana_url,
            server: config.server_url,
        });
        let mistake = config.log_filter.mistake();
        let unmatched = config.record_level.mistake();
        let is_recording = !config.record_level.is_empty();
        let form = (config.log_format, config.colours);
        let log = subscriber::install(
            form,
            (config.log_filter, config.record_level),
            config.log_limit,
        );
        let (others, recorder) = recorder(self.exporter, self.others, self.buckets);
        http::begin_metrics();
        let facade = facade_interval(interval, recorder);
        let reader = config.process_metrics.then(process::Reader::new);
        let native = config.native_histograms;
        count(native, config.slow_poll);
        let page = page(&service, native, reader, others.clone(), &health);
        let context = server::Context::configured(
            service.clone(),
            Arc::clone(&health),
            Arc::clone(&page),
            config.server,
        );
        http::verbose::set_gate(context.lines_gate());
        let own_sentry = destination.is_own();
        let upkeep = Upkeep {
            others,
            facade: facade.map(|interval| (interval, service.name.clone())),
            server: listener.as_ref().map(|_| context.clone()),
            objectives: slo::begin(),
        };
        let exporter = plan.start(&page);
        let threads = Threads::start(exporter, listener, &context, &health, upkeep);
        let threads = threads.inspect_err(|_| {
            sentry::stop(Duration::ZERO, own_sentry);
            health.stop();
        })?;
        let parts = Arc::new(Parts {
            health: Arc::clone(&health),
            server: threads.server,
            upkeep: Mutex::new(Some(threads.upkeep)),
            own_sentry,
            exporter: threads.exporter,
            claim: Mutex::new(Some(claim)),
        });
        let closing = Arc::clone(&parts);
        let (drain, limit) = (config.drain, config.drain_limit);
        let lifecycle = Lifecycle::new(health, drain, limit, move || closing.close());
        let followed = lifecycle.follow(self.signals);
        parts.health.mark_started();
        let monitor = Monitor {
            lifecycle,
            parts,
            page,
            context,
        };
        // An error drops it, which stops everything again.
        followed?;
        monitor.announce(destination);
        announce_existing(log, recorder, facade.is_some());
        for warning in config.warnings.into_iter().chain(http::route_warnings()) {
            tracing::warn!("{warning}");
        }
        if let Some(mistake) = mistake.filter(|_| log == subscriber::Installed::Ours) {
            logs::warn_of_filter(&mistake);
        }
        warn_of_record_level(is_recording, log, unmatched);
        Ok(monitor)
    }
}

/// The threads that run in the background after the start.
struct Threads {
    server: Option<server::Server>,
    upkeep: mpsc::Sender<()>,
    exporter: otlp::Exporter,
}

impl Threads {
    fn start(
        exporter: io::Result<otlp::Exporter>,
        listener: Option<Listener>,
        context: &server::Context,
        health: &Arc<Health>,
        upkeep: Upkeep,
    ) -> io::Result<Self> {
        let exporter = exporter?;
        let begin = || {
            let upkeep = upkeep.start()?;
            health.spawn()?;
            let serve = |listener| server::serve(listener, context.clone());
            Ok((upkeep, listener.map(serve).transpose()?))
        };
        let (upkeep, server) =
            begin().inspect_err(|_: &io::Error| exporter.stop(Duration::ZERO))?;
        Ok(Self {
            server,
            upkeep,
            exporter,
        })
    }
}

impl Monitor {
    /// Logs one line on what runs.
    fn announce(&self, destination: Destination) {
        let sentry = destination.as_str();
        let server = self.context.state(self.parts.server.as_ref());
        tracing::info!(server, sentry, "monitoring started");
        self.context.announce(self.parts.server.as_ref());
    }
}

/// Logs one line for each part that was already installed in the process.
fn announce_existing(log: subscriber::Installed, recorder: Recorder, is_published: bool) {
    if log == subscriber::Installed::Theirs {
        tracing::info!("logging through the subscriber that was already installed");
        logs::warn_if_hidden();
    }
    // A recorder that gets the call sites, too, was installed on purpose.
    if recorder == Recorder::Theirs && !is_published {
        tracing::warn!(
            "another `metrics` recorder was already installed: its series are not on the page of metrics; \
             give its handle to Builder::exporter_handle"
        );
    }
}

/// Warns of a record level that has no effect.
fn warn_of_record_level(is_set: bool, log: subscriber::Installed, unmatched: Option<String>) {
    if is_set && log == subscriber::Installed::Theirs {
        tracing::warn!(
            "MONITOR_RECORD_LEVEL has no effect: the log's subscriber was installed by the service, not by start()"
        );
    } else if let Some(unmatched) = unmatched {
        tracing::warn!("MONITOR_RECORD_LEVEL: {unmatched}");
    }
}

/// The recorder of the `metrics` facade's series.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Recorder {
    Ours,
    Given,
    Theirs,
}

/// Returns the interval at which call sites are published through the facade, unless its recorder is the
/// exporter of `start()`.
fn facade_interval(interval: Option<Duration>, recorder: Recorder) -> Option<Duration> {
    let facade = interval.filter(|_| recorder != Recorder::Ours);
    if interval.is_some() && facade.is_none() {
        tracing::warn!(
            "publish_to_facade has nothing to do: the recorder is the exporter that start() installed, and its \
             page has the call sites already; to publish them elsewhere, install another recorder before start()"
        );
    }
    facade
}

/// Installs the exporter as the recorder. Returns the handle that renders the service's own series.
fn recorder(
    exporter: Option<PrometheusBuilder>,
    given: Option<PrometheusHandle>,
    bounds: Bounds,
) -> (Option<PrometheusHandle>, Recorder) {
    /// A recorder stays for the life of the process, even after a shutdown.
    static OURS: OnceLock<(PrometheusHandle, Bounds)> = OnceLock::new();
    let (handle, who) = match (given, OURS.get()) {
        (Some(given), _) => (Some(given), Recorder::Given),
        (None, Some((ours, known))) if *known == bounds => {
            return (Some(ours.clone()), Recorder::Ours);
        }
        (None, Some((ours, _))) => (Some(ours.clone()), Recorder::Ours),
        (None, None) => {
            let recorder = super::exporter::configure(exporter, &bounds).build_recorder();
            let handle = recorder.handle();
            if ::metrics::set_global_recorder(recorder).is_ok() {
                let (ours, _) = OURS.get_or_init(|| (handle, bounds));
                return (Some(ours.clone()), Recorder::Ours);
            }
            (None, Recorder::Theirs)
        }
    };
    if !bounds.is_empty() {
        tracing::warn!(
            "histogram_buckets comes too late: the exporter was installed before, and keeps the \
             buckets it has"
        );
    }
    (handle, who)
}
