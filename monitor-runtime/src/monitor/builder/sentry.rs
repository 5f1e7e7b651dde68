//! The settings of Sentry.

use super::Builder;
use crate::settings::traces_sampler::TracesSampler;

impl Builder {
    /// Sets the Sentry DSN that errors and panics are sent to. Wins over `SENTRY_DSN`.
    pub fn sentry_dsn(mut self, dsn: impl Into<String>) -> Self {
        self.overrides.sentry_dsn = Some(dsn.into());
        self
    }

    /// Sets the environment of Sentry events. Wins over `SENTRY_ENVIRONMENT`.
    pub fn environment(mut self, environment: impl Into<String>) -> Self {
        self.overrides.environment = Some(environment.into());
        self
    }

    /// Sets the release of Sentry events. Wins over `SENTRY_RELEASE`.
    pub fn release(mut self, release: impl Into<String>) -> Self {
        self.overrides.release = Some(release.into());
        self
    }

    /// Sets the share of requests at the [HTTP edge](crate::http) that are sent to Sentry as
    /// transactions, from 0 to 1. Wins over `SENTRY_TRACES_SAMPLE_RATE`.
    ///
    /// See [`TracesSampler`] for requests whose caller has decided.
    pub fn traces_sample_rate(mut self, rate: f32) -> Self {
        self.overrides.traces_sample_rate = Some(rate);
        self
    }

    /// Sets who decides that a request becomes a transaction: the caller, this service, or both.
    /// Wins over `MONITOR_TRACES_SAMPLER`.
    pub fn traces_sampler(mut self, sampler: TracesSampler) -> Self {
        self.overrides.traces_sampler = Some(sampler);
        self
    }
}
