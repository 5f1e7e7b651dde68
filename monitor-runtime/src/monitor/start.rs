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
use crate::monitor::started_log::StartedLog;
use crate::sentry::Destination;
use crate::server::{self, Listener};
use crate::settings::config::{Config, forget_log_filter};
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
        self.checked()?.start()
    }

    fn checked(self) -> Result<Checked, StartError> {
        let mut env: Vec<_> = std::env::vars_os().collect();
        if logs::has_subscriber() && !logs::is_ours() {
            forget_log_filter(&mut env);
        }
        log_filter::note_functions(callsite::all().map(Site::log_target));
        let config = Config::resolve(self.overrides, &env, &self.crate_name, &self.crate_version)?;
        let facade = self.facade.map(facade::check).transpose()?;
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
        Ok(Checked {
            health: Health::new(subject, self.checks, BlockingLimits::from_config(&config))?,
            listener: server::listen(&config.server)?,
            config,
            claim,
            service,
            facade,
            recorder: (self.exporter, self.others, self.buckets),
            signals: self.signals,
        })
    }
}

/// A start that has passed every check that can come before a change to the process.
struct Checked {
    config: Config,
    claim: Claim,
    service: metrics::Service,
    health: Arc<Health>,
    listener: Option<Listener>,
    /// The interval at which call sites are published through the facade.
    facade: Option<Duration>,
    recorder: (Option<PrometheusBuilder>, Option<PrometheusHandle>, Bounds),
    signals: bool,
}

impl Checked {
    /// Installs each part, and starts the threads.
    fn start(self) -> Result<Monitor, StartError> {
        let (mut config, service, health) = (self.config, self.service, self.health);
        let plan = otlp::Plan::new(&mut config);
        let destination = set_up(&config, &service);
        let log = StartedLog::install(
            (config.log_format, config.colours),
            (config.log_filter, config.record_level),
            config.log_limit,
        );
        let (others, recorder) = recorder(self.recorder);
        http::begin_metrics();
        let facade = facade_interval(self.facade, recorder);
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
        let upkeep = Upkeep {
            others,
            facade: facade.map(|interval| (interval, service.name)),
            server: self.listener.as_ref().map(|_| context.clone()),
            objectives: slo::begin(),
        };
        let exporter = plan.start(&page);
        let own_sentry = destination.is_own();
        let threads = Threads::start(exporter, self.listener, &context, &health, upkeep);
        let threads = threads.inspect_err(|_| {
            sentry::stop(Duration::ZERO, own_sentry);
            health.stop();
        })?;
        let parts = threads.into_parts(Arc::clone(&health), own_sentry, self.claim);
        let closing = Arc::clone(&parts);
        let close = move || closing.close();
        let lifecycle = Lifecycle::new(health, config.drain, config.drain_limit, close);
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
        log.announce();
        announce_recorder(recorder, facade.is_some());
        for warning in config.warnings.into_iter().chain(http::route_warnings()) {
            tracing::warn!("{warning}");
        }
        log.warn();
        Ok(monitor)
    }
}

/// Sets up the parts that have no thread and no page. Returns where Sentry events go.
fn set_up(config: &Config, service: &metrics::Service) -> Destination {
    clock::calibrate();
    redact::hide(&config.redact);
    let destination = sentry::start(config);
    sentry::install_hook();
    labels::bound(config.label_series);
    inventory::set_service(service);
    slo::lead_to(slo::Links {
        runbooks: config.runbook_url.clone(),
        grafana: config.grafana_url.clone(),
        server: config.server_url.clone(),
    });
    destination
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

    fn into_parts(self, health: Arc<Health>, own_sentry: bool, claim: Claim) -> Arc<Parts> {
        Arc::new(Parts {
            health,
            server: self.server,
            upkeep: Mutex::new(Some(self.upkeep)),
            own_sentry,
            exporter: self.exporter,
            claim: Mutex::new(Some(claim)),
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

/// Warns of a recorder that was already installed, unless it gets the call sites, too: then it was installed on
/// purpose.
fn announce_recorder(recorder: Recorder, is_published: bool) {
    if recorder == Recorder::Theirs && !is_published {
        tracing::warn!(
            "another `metrics` recorder was already installed: its series are not on the page of metrics; \
             give its handle to Builder::exporter_handle"
        );
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
    (exporter, given, bounds): (Option<PrometheusBuilder>, Option<PrometheusHandle>, Bounds),
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
