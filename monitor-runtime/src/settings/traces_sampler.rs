//! The choice between a caller's sampling decision and the service's own.

/// The sampling decision that makes a request at the [HTTP edge](crate::http) a transaction in
/// Sentry.
///
/// The rate is that of [`Builder::traces_sample_rate`](crate::Builder::traces_sample_rate). At 0
/// there are no transactions, even if a caller samples its trace.
///
/// ```no_run
/// use monitor_runtime::trace::TracesSampler;
///
/// let builder = monitor_runtime::builder!()
///     .traces_sample_rate(0.01)
///     .traces_sampler(TracesSampler::Own); // a port that strangers reach
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TracesSampler {
    /// The caller's decision if its headers have one, else the rate.
    ///
    /// Of the requests that only a caller asked for, at most ten per second are sent.
    #[default]
    Caller,
    /// The rate alone.
    Own,
    /// Both: a request that the caller has not sampled is not a transaction, and the rate decides
    /// for all others.
    Both,
}
