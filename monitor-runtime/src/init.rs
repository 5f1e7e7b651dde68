//! One call in `main`: decides the settings, then puts the parts in place, each of them once.

use std::fmt;
use std::future::Future;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::config::{Config, ConfigError, LogFormat, Overrides};
use crate::health::{self, Check, Health, InvalidCheck};
use crate::lifecycle::Lifecycle;
use crate::monitor::{Monitor, Parts};
use crate::report::Destination;
use crate::server::{self, BindError};
use crate::{clock, metrics, report, trace};

/// A [`Builder`] that knows the name and version of the crate it is called in.
///
/// The name is that of the binary, or of the package where there is none; commit and branch come
/// from `VERGEN_GIT_SHA` and `VERGEN_GIT_BRANCH` if the build sets them.
///
/// ```no_run
/// # async fn example() -> Result<(), monitor_runtime::StartError> {
/// let monitor = monitor_runtime::builder!().start().await?;
/// # monitor.shutdown().await;
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! builder {
    () => {
        $crate::Builder::new(
            ::core::option_env!("CARGO_BIN_NAME").unwrap_or(::core::env!("CARGO_PKG_NAME")),
            ::core::env!("CARGO_PKG_VERSION"),
        )
        .commit(::core::option_env!("VERGEN_GIT_SHA").unwrap_or(""))
        .branch(::core::option_env!("VERGEN_GIT_BRANCH").unwrap_or(""))
    };
}

/// Everything that can be decided before the start; see [`SETTINGS`](crate::SETTINGS).
#[must_use = "nothing runs before `start()`"]
pub struct Builder {
    crate_name: String,
    crate_version: String,
    commit: String,
    branch: String,
    overrides: Overrides,
    checks: Vec<Check>,
    exporter: Option<PrometheusBuilder>,
    others: Option<PrometheusHandle>,
}

impl Builder {
    /// For a service of this name and version; [`builder!`](crate::builder) knows both.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            crate_name: name.into(),
            crate_version: version.into(),
            commit: String::new(),
            branch: String::new(),
            overrides: Overrides::default(),
            checks: Vec::new(),
            exporter: None,
            others: None,
        }
    }

    /// The commit this build is of, for `build_info`.
    pub fn commit(mut self, commit: impl Into<String>) -> Self {
        self.commit = commit.into();
        self
    }

    /// The branch this build is of, for `build_info`.
    pub fn branch(mut self, branch: impl Into<String>) -> Self {
        self.branch = branch.into();
        self
    }

    /// The `service_name` label; beats `OTEL_SERVICE_NAME`.
    pub fn service_name(mut self, name: impl Into<String>) -> Self {
        self.overrides.service_name = Some(name.into());
        self
    }

    /// Where the management server listens, `IP:PORT` or `off`; beats `MONITOR_ADDR`.
    pub fn addr(mut self, addr: impl ToString) -> Self {
        self.overrides.addr = Some(addr.to_string());
        self
    }

    /// The token that opens details to remote peers; beats `MONITOR_TOKEN`.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.overrides.token = Some(token.into());
        self
    }

    /// How log lines are written; beats `MONITOR_LOG_FORMAT`.
    pub fn log_format(mut self, format: LogFormat) -> Self {
        self.overrides.log_format = Some(format);
        self
    }

    /// Which spans and events are logged; beats `RUST_LOG`.
    pub fn log_filter(mut self, directives: impl Into<String>) -> Self {
        self.overrides.log_filter = Some(directives.into());
        self
    }

    /// Time between readiness falling and [`Monitor::drained`]; beats `MONITOR_DRAIN`.
    pub fn drain(mut self, drain: Duration) -> Self {
        self.overrides.drain = Some(drain);
        self
    }

    /// Where errors and panics are sent; beats `SENTRY_DSN`.
    pub fn sentry_dsn(mut self, dsn: impl Into<String>) -> Self {
        self.overrides.sentry_dsn = Some(dsn.into());
        self
    }

    /// The environment of Sentry events; beats `SENTRY_ENVIRONMENT`.
    pub fn environment(mut self, environment: impl Into<String>) -> Self {
        self.overrides.environment = Some(environment.into());
        self
    }

    /// The release of Sentry events; beats `SENTRY_RELEASE`.
    pub fn release(mut self, release: impl Into<String>) -> Self {
        self.overrides.release = Some(release.into());
        self
    }

    /// A health check with defaults: not critical, every 10 s, given 5 s.
    ///
    /// ```no_run
    /// # async fn ping() -> std::io::Result<()> { Ok(()) }
    /// let builder = monitor_runtime::builder!().check("database", || async { ping().await });
    /// ```
    pub fn check<F, Fut, T, E>(self, name: impl Into<String>, check: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>> + Send + 'static,
    {
        self.check_with(Check::new(name, check))
    }

    /// A health check of one's own making: critical, or with another interval or time-out.
    pub fn check_with(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    /// The exporter to install as the `metrics` recorder, with buckets and labels of one's own.
    ///
    /// Without one, histograms whose names end in `_seconds` get the buckets of
    /// `function_calls_duration_seconds`, and other histograms are summaries.
    pub fn exporter(mut self, exporter: PrometheusBuilder) -> Self {
        self.exporter = Some(exporter);
        self
    }

    /// The handle of an exporter that is already installed, so that its series are on the page.
    pub fn exporter_handle(mut self, handle: PrometheusHandle) -> Self {
        self.others = Some(handle);
        self
    }

    /// Starts logs, metrics, Sentry, health checks and the management server.
    ///
    /// Needs no particular runtime. Health checks run on the `tokio` runtime it is called in, if
    /// there is one. What the process already has is left alone and used: a `tracing` subscriber,
    /// a `metrics` recorder (see [`exporter_handle`](Self::exporter_handle)), a Sentry client.
    ///
    /// # Errors
    ///
    /// Nothing has been started when one is returned, and `start` may be called again:
    /// a setting that cannot be used, a port that is taken, a check that is not valid, a second
    /// start of the process.
    pub async fn start(self) -> Result<Monitor, StartError> {
        self.start_blocking()
    }

    /// [`start`](Self::start) for a `main` that is not `async`.
    pub fn start_blocking(self) -> Result<Monitor, StartError> {
        // Everything that can be refused comes before anything the process keeps.
        let env = |name: &str| std::env::var_os(name);
        let config = Config::resolve(self.overrides, &env, &self.crate_name, &self.crate_version)?;
        let claim = Claim::take().ok_or(StartError::AlreadyStarted)?;
        let id = config.service_name.clone();
        let service = health::Service {
            id,
            version: self.crate_version.clone(),
        };
        let health = Health::new(service, self.checks)?;
        let listener = config.addr.map(server::bind).transpose()?;

        let service = metrics::Service {
            name: config.service_name.clone(),
            version: self.crate_version,
            commit: self.commit,
            branch: self.branch,
        };
        clock::calibrate();
        let destination = report::start(&config);
        report::install_hook();
        let log = trace::install(config.log_format, config.log_filter);
        let (others, recorder) = recorder(self.exporter, self.others);
        let others_page = others.clone();
        let page = move || {
            let others = others_page
                .as_ref()
                .map(PrometheusHandle::render)
                .unwrap_or_default();
            metrics::page(&service, trace::dropped_lines(), &others)
        };
        let context = server::Context::new(Arc::clone(&health), page, config.token.clone());
        let server = listener
            .map(|listener| server::serve(listener, context.clone()))
            .transpose();
        let server = server.map_err(StartError::Thread)?;
        health.spawn().map_err(StartError::Thread)?;
        let addr = server.as_ref().map(server::Server::local_addr);
        let parts = Arc::new(Parts {
            health: Arc::clone(&health),
            server,
            upkeep: Mutex::new(Some(upkeep(others).map_err(StartError::Thread)?)),
            own_sentry: matches!(destination, Destination::Dsn),
            claim: Mutex::new(Some(claim)),
        });
        let closing = Arc::clone(&parts);
        let lifecycle = Lifecycle::new(health, config.drain, move || closing.close());
        lifecycle.follow_signals().map_err(StartError::Thread)?;
        parts.health.mark_started();
        let monitor = Monitor {
            lifecycle,
            parts,
            context,
        };
        announce(addr, config.token.is_some(), &destination, log, recorder);
        Ok(monitor)
    }
}

/// One line on what runs, and one for each part that somebody else had already put in place.
fn announce(
    addr: Option<std::net::SocketAddr>,
    token: bool,
    destination: &Destination,
    log: trace::Installed,
    recorder: Recorder,
) {
    let sentry = match destination {
        Destination::Dsn => "on",
        Destination::Existing => "on, by the client that was already bound",
        Destination::Nowhere => "off: no SENTRY_DSN",
    };
    let server = addr.map_or_else(|| "off".to_owned(), |addr| format!("http://{addr}"));
    tracing::info!(server, sentry, "monitoring started");
    if addr.is_some_and(|addr| !addr.ip().is_loopback()) && !token {
        tracing::info!("details of /health are hidden from remote peers: no MONITOR_TOKEN");
    }
    if log == trace::Installed::Theirs {
        tracing::info!("logging through the subscriber that was already installed");
    }
    if recorder == Recorder::Theirs {
        tracing::warn!(
            "another `metrics` recorder was already installed: its series are not on /metrics; \
             give its handle to Builder::exporter_handle"
        );
    }
}

/// Who records the series of the `metrics` facade.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Recorder {
    Ours,
    Given,
    Theirs,
}

/// Installs the exporter as the recorder; returns what renders the user's own series.
fn recorder(
    exporter: Option<PrometheusBuilder>,
    given: Option<PrometheusHandle>,
) -> (Option<PrometheusHandle>, Recorder) {
    /// A recorder stays for the life of the process, and outlives a shutdown.
    static OURS: OnceLock<PrometheusHandle> = OnceLock::new();
    if given.is_some() {
        return (given, Recorder::Given);
    }
    if let Some(ours) = OURS.get() {
        return (Some(ours.clone()), Recorder::Ours);
    }
    let recorder = exporter.unwrap_or_else(default_exporter).build_recorder();
    let handle = recorder.handle();
    match ::metrics::set_global_recorder(recorder) {
        Ok(()) => (Some(OURS.get_or_init(|| handle).clone()), Recorder::Ours),
        Err(_) => (None, Recorder::Theirs),
    }
}

fn default_exporter() -> PrometheusBuilder {
    let bounds = metrics::BUCKETS.map(|bound| bound.value);
    let seconds = Matcher::Suffix("_seconds".into());
    PrometheusBuilder::new()
        .set_buckets_for_metric(seconds, &bounds)
        .unwrap_or_else(|_| PrometheusBuilder::new())
}

/// Runs the exporter's upkeep, without which its histograms grow until they are scraped.
fn upkeep(handle: Option<PrometheusHandle>) -> io::Result<mpsc::Sender<()>> {
    const INTERVAL: Duration = Duration::from_secs(5);
    let (stop, stopped) = mpsc::channel::<()>();
    if let Some(handle) = handle {
        let run = move || {
            while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                handle.run_upkeep();
            }
        };
        std::thread::Builder::new()
            .name("monitor-upkeep".into())
            .spawn(run)?;
    }
    Ok(stop)
}

/// The right to be the one started runtime of the process; given back when dropped.
pub(crate) struct Claim(());

impl Claim {
    fn take() -> Option<Self> {
        (!STARTED.swap(true, Ordering::AcqRel)).then_some(Self(()))
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        STARTED.store(false, Ordering::Release);
    }
}

static STARTED: AtomicBool = AtomicBool::new(false);

/// Why the runtime did not start.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A setting cannot be used; the message names it, its value and what is allowed.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The management server's address cannot be listened on.
    #[error("MONITOR_ADDR: {0}; allowed: another IP:PORT, port 0 for a free one, or `off`")]
    Bind(#[from] BindError),
    /// A health check is not valid.
    #[error(transparent)]
    Check(#[from] InvalidCheck),
    /// The runtime is already running; it can be started again after `shutdown()`.
    #[error("already started in this process: share the `Monitor` of the first start")]
    AlreadyStarted,
    /// A thread or a signal handler could not be had from the system.
    #[error("a background thread could not be started: {0}")]
    Thread(#[source] io::Error),
}

/// The message: `main` prints an error it returns with `Debug`.
impl fmt::Debug for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
