//! Selects the requests that are sent to Sentry as transactions.

use sentry::{ClientOptions, TracesSamplingStrategy};

use super::{nanoseconds, reporter};
use crate::base::rate_limit::{Limit, Throttle};
use crate::context::trace::Sampling;
use crate::settings::traces_sampler::TracesSampler;

/// Transactions in a second that only their callers asked for: a caller may be a stranger.
const ASKED_FOR: Throttle = Throttle {
    events: 10,
    nanoseconds: 1_000_000_000,
};

static LIMIT: Limit = Limit::new();

/// Decides whether a request is a transaction; `None` leaves it to the rate.
///
/// `caller` is the decision that came with the request.
pub(crate) fn sampled(caller: Option<bool>) -> Option<bool> {
    let reporter = reporter()?;
    match reporter.client.options().traces_sampling_strategy {
        TracesSamplingStrategy::FixedRate(rate) if rate > 0.0 => {}
        TracesSamplingStrategy::Function(_) => {}
        _ => return Some(false),
    }
    match (reporter.sampler, caller) {
        (TracesSampler::Own, _) | (_, None) | (TracesSampler::Both, Some(true)) => None,
        (_, Some(false)) => Some(false),
        (TracesSampler::Caller, Some(true)) => {
            LIMIT.admit(ASKED_FOR, nanoseconds()).then_some(true)
        }
    }
}

/// Returns the sampling of a client, for the services that this one calls.
pub(super) fn context(options: &ClientOptions) -> Option<Sampling> {
    let dsn = options.dsn.as_ref()?;
    let org = options
        .org_id
        .or_else(|| dsn.org_id())
        .map(|org| org.to_string());
    let members = [
        ("public_key", Some(dsn.public_key())),
        ("org_id", org.as_deref()),
        ("release", options.release.as_deref()),
        ("environment", options.environment.as_deref()),
    ];
    let members = members.map(|(name, value)| Some((name, value?)));
    let members: Vec<_> = members.into_iter().flatten().collect();
    let rate = match options.traces_sampling_strategy {
        TracesSamplingStrategy::FixedRate(rate) => Some(rate),
        TracesSamplingStrategy::Function(_) => Some(1.0),
        _ => None,
    };
    Some(Sampling::new(&members, rate))
}
