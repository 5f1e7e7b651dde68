//! The public interface without the feature `enable`: everything compiles and nothing happens.

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::future::{Future, pending};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::settings::log_format::LogFormat;
use crate::settings::traces_sampler::TracesSampler;

/// Takes every setting and starts nothing.
#[must_use = "nothing runs before `start()`"]
#[derive(Debug, Default)]
pub struct Builder(());

macro_rules! setters {
    ($($method:ident($argument:ty);)*) => {
        $(
            /// Takes the setting and does nothing with it.
            pub fn $method(self, _: $argument) -> Self {
                self
            }
        )*
    };
}

impl Builder {
    /// Creates a builder for a service of this name and version.
    pub fn new(_: impl Into<String>, _: impl Into<String>) -> Self {
        Self(())
    }

    setters! {
        commit(impl Into<String>);
        branch(impl Into<String>);
        service_name(impl Into<String>);
        resource_attributes(impl Into<String>);
        addr(impl fmt::Display);
        token(impl Into<String>);
        loopback_needs_token(bool);
        metrics_need_token(bool);
        log_format(LogFormat);
        process_metrics(bool);
        log_filter(impl Into<String>);
        drain(Duration);
        drain_limit(Duration);
        signals(bool);
        runbook_url(impl Into<String>);
        grafana_url(impl Into<String>);
        trace_url(impl Into<String>);
        source_url(impl Into<String>);
        sentry_dsn(impl Into<String>);
        environment(impl Into<String>);
        release(impl Into<String>);
        traces_sample_rate(f32);
        traces_sampler(TracesSampler);
        check_with(Check);
        watchdog(impl Into<Option<Duration>>);
    }

    /// Takes the setting and does nothing with it.
    pub fn redact(self, _: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self
    }

    /// Takes a check that is never run.
    pub fn check<F, Fut, T, E>(self, _: impl Into<String>, _: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>> + Send + 'static,
    {
        self
    }

    /// Takes the bounds of a histogram and does nothing with them.
    pub fn histogram_buckets(self, _: impl Into<String>, _: impl IntoIterator<Item = f64>) -> Self {
        self
    }

    /// Starts nothing, and never fails.
    #[expect(clippy::unused_async, reason = "the signature of the enabled one")]
    pub async fn start(self) -> Result<Monitor, StartError> {
        self.start_blocking()
    }

    /// Starts nothing, and never fails.
    #[expect(clippy::unnecessary_wraps, reason = "the signature of the enabled one")]
    pub fn start_blocking(self) -> Result<Monitor, StartError> {
        Ok(Monitor(()))
    }
}

/// A check that is never run.
#[derive(Debug)]
pub struct Check(());

impl Check {
    /// Takes a check that is never run.
    pub fn new<F, Fut, T, E>(_: impl Into<String>, _: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>> + Send + 'static,
    {
        Self(())
    }

    /// Takes a check that is never run.
    pub fn blocking<F, T, E>(_: impl Into<String>, _: F) -> Self
    where
        F: Fn() -> Result<T, E> + Send + Sync + 'static,
        E: Into<Box<dyn Error + Send + Sync>>,
    {
        Self(())
    }

    /// Takes a check that is never run.
    pub fn tcp(_: impl Into<String>, _: impl Into<String>) -> Self {
        Self(())
    }

    /// Takes a check that is never run.
    pub fn http(_: impl Into<String>, _: impl Into<String>) -> Self {
        Self(())
    }

    /// Takes a check that is never run.
    pub fn http_status(_: impl Into<String>, _: impl Into<String>, _: u16) -> Self {
        Self(())
    }

    /// Takes a check that is never run.
    pub fn disk(_: impl Into<String>, _: impl Into<PathBuf>, _: u64) -> Self {
        Self(())
    }

    setters! {
        interval(Duration);
        timeout(Duration);
        failures(u32);
        successes(u32);
        group(impl Into<String>);
    }

    /// Changes nothing.
    pub fn critical(self) -> Self {
        self
    }
}

/// A heartbeat that no check watches.
#[must_use = "dropping the enabled one says that the task has died"]
#[derive(Debug)]
pub struct Heartbeat(());

impl Heartbeat {
    /// Creates a heartbeat that no check watches.
    pub fn new(_: impl Into<String>, _: Duration) -> Self {
        Self(())
    }

    /// Returns a check that is never run.
    pub fn check(&self) -> Check {
        Check(())
    }

    /// Does nothing.
    pub fn beat(&self) {}

    /// Does nothing.
    pub fn finish(self) {}
}

/// A handle that does nothing.
#[must_use = "the enabled one does something when it is dropped"]
#[derive(Debug)]
pub struct Monitor(());

impl Monitor {
    /// Returns `None`: the management server is off.
    pub fn addr(&self) -> Option<SocketAddr> {
        None
    }

    /// Returns `None`: the management server is off.
    pub fn socket_path(&self) -> Option<&Path> {
        None
    }

    /// Never ends: signals keep their own meaning.
    pub fn drained(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        pending()
    }

    /// Never ends: signals keep their own meaning.
    pub fn draining(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        pending()
    }

    /// Returns `false`.
    pub fn is_draining(&self) -> bool {
        false
    }

    /// Never ends: signals keep their own meaning.
    pub fn cut_off(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        pending()
    }

    /// Changes nothing.
    pub fn drain(&self) {}

    /// Watches nothing, and never fails.
    pub fn watch_runtime(&self, _: &str) -> Result<(), InvalidCheck> {
        Ok(())
    }

    /// Returns `None`: the log is not the runtime's.
    pub fn log_filter(&self) -> Option<LogFilter> {
        None
    }

    /// Returns an error: the log is not the runtime's.
    pub fn set_log_filter(
        &self,
        _: &str,
        _: Option<Duration>,
    ) -> Result<LogFilter, LogFilterError> {
        Err(LogFilterError::NotOurs)
    }

    /// Returns `None`: the log is not the runtime's.
    pub fn reset_log_filter(&self) -> Option<LogFilter> {
        None
    }

    /// Ends at once.
    pub async fn shutdown(self) {}

    /// Ends at once.
    pub fn shutdown_blocking(self) {}
}

/// Objectives that are not measured.
pub mod slo {
    pub use crate::settings::objective::CountAs;

    /// Returns a check that is never run.
    pub fn check() -> super::Check {
        super::Check(())
    }
}

/// Returns the future itself.
pub fn scoped<F: Future>(future: F) -> F {
    future
}

macro_rules! errors {
    ($($name:ident)*) => {
        $(
            /// An error that never occurs.
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub struct $name(Infallible);

            impl fmt::Display for $name {
                fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
                    match self.0 {}
                }
            }

            impl Error for $name {}
        )*
    };
}

errors! { StartError InvalidCheck }

/// The log's filter; never made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogFilter {
    /// The directives that hold now.
    pub filter: String,
    /// The directives to which a reset returns.
    pub default: String,
    /// The time until it goes back by itself.
    pub reverts_in: Option<Duration>,
    /// A directive that fits nothing.
    pub hint: Option<String>,
}

/// A reason why the log's filter was not set.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogFilterError {
    /// The log is not the runtime's.
    NotOurs,
}

impl fmt::Display for LogFilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the feature `enable` of monitor-runtime is off: the log is not its own")
    }
}

impl Error for LogFilterError {}
