//! Decides which traces belong to the share that is exported without another reason.
//!
//! The decision is made when a trace begins, because the services that are called learn it. It depends on
//! the trace id, so services with the same ratio export the same traces. The threshold stands in the
//! member `ot` of `tracestate`, by which a backend weighs spans:
//! <https://opentelemetry.io/docs/specs/otel/trace/tracestate-handling/>.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::TraceId;
use crate::settings::trace_share::{RANDOM_BITS, TraceShare};

/// Members of a `tracestate`, at most: <https://www.w3.org/TR/trace-context/#list>.
const MAX_MEMBERS: usize = 32;

static IS_ON: AtomicBool = AtomicBool::new(false);
static FOLLOWS_CALLER: AtomicBool = AtomicBool::new(false);
static THRESHOLD: AtomicU64 = AtomicU64::new(0);

/// Decides about traces from now on; with `None` about none.
pub(crate) fn set(share: Option<TraceShare>) {
    if let Some(share) = share {
        FOLLOWS_CALLER.store(share.follows_caller, Ordering::Relaxed);
        THRESHOLD.store(share.threshold, Ordering::Relaxed);
    }
    IS_ON.store(share.is_some(), Ordering::Release);
}

/// A decision about one trace.
pub(crate) struct Decision {
    pub(crate) is_in: bool,
    /// The `tracestate` of its spans, which is passed on.
    pub(crate) state: Option<Arc<str>>,
}

/// Decides if a trace is in the share; `None` while nothing is exported.
///
/// `caller` is the decision of the service that calls, and `state` the `tracestate` that came with it.
pub(crate) fn decide(
    trace: TraceId,
    caller: Option<bool>,
    state: Option<Arc<str>>,
) -> Option<Decision> {
    if !IS_ON.load(Ordering::Acquire) {
        return None;
    }
    if let Some(is_in) = caller.filter(|_| FOLLOWS_CALLER.load(Ordering::Relaxed)) {
        return Some(Decision { is_in, state });
    }
    let threshold = THRESHOLD.load(Ordering::Relaxed);
    let state = state.as_deref();
    let random = given_random(state).unwrap_or_else(|| random_of(trace));
    let is_in = random >= threshold;
    Some(Decision {
        is_in,
        state: with_threshold(state, is_in.then_some(threshold)),
    })
}

/// Returns the random value of a trace: the last 56 bits of its id, by W3C Trace Context, level 2.
fn random_of(trace: TraceId) -> u64 {
    let mut low = [0; 8];
    low.copy_from_slice(&trace.0[8..]);
    u64::from_be_bytes(low) & ((1 << RANDOM_BITS) - 1)
}

/// Returns the random value that a `tracestate` has in place of that.
fn given_random(state: Option<&str>) -> Option<u64> {
    let digits = entries(state?).find_map(|entry| entry.strip_prefix("rv:"))?;
    let is_valid = digits.len() == 14 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u64::from_str_radix(digits, 16).ok().filter(|_| is_valid)
}

/// Returns the entries of OpenTelemetry's member.
fn entries(state: &str) -> impl Iterator<Item = &str> {
    let mut members = state.split(',');
    let own = members.find_map(|member| member.trim().strip_prefix("ot="));
    own.unwrap_or_default()
        .split(';')
        .filter(|entry| !entry.is_empty())
}

/// Returns a `tracestate` with a threshold, or without one.
pub(crate) fn with_threshold(state: Option<&str>, threshold: Option<u64>) -> Option<Arc<str>> {
    let before = state.unwrap_or_default();
    let kept = entries(before).filter(|entry| !entry.starts_with("th:"));
    let mut own: Vec<String> = kept.map(str::to_owned).collect();
    if let Some(threshold) = threshold {
        own.insert(0, format!("th:{}", TraceShare::digits(threshold)));
    }
    let own = (!own.is_empty()).then(|| format!("ot={}", own.join(";")));
    let others = before.split(',').map(str::trim);
    let others = others.filter(|member| !member.is_empty() && !member.starts_with("ot="));
    let members: Vec<&str> = own
        .as_deref()
        .into_iter()
        .chain(others)
        .take(MAX_MEMBERS)
        .collect();
    (!members.is_empty()).then(|| members.join(",").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_stands_first_and_replaces_another() {
        let with = |state, threshold| {
            with_threshold(state, threshold)
                .as_deref()
                .map(str::to_owned)
        };
        assert_eq!(with(None, Some(0)).as_deref(), Some("ot=th:0"));
        assert_eq!(with(None, None), None);
        assert_eq!(
            with(Some("a=1,ot=th:8;rv:0123456789abcd,b=2"), Some(1 << 55)).as_deref(),
            Some("ot=th:8;rv:0123456789abcd,a=1,b=2")
        );
        assert_eq!(
            with(Some("ot=th:8;p:7,a=1"), None).as_deref(),
            Some("ot=p:7,a=1")
        );
        assert_eq!(with(Some("ot=th:8,a=1"), None).as_deref(), Some("a=1"));
    }

    #[test]
    fn the_random_value_is_that_of_the_state_or_of_the_id() {
        let id = TraceId(std::array::from_fn(|at| u8::try_from(at).unwrap_or(0)));
        assert_eq!(random_of(id), 0x09_0a0b_0c0d_0e0f);
        let given = |state| given_random(Some(state));
        assert_eq!(given("ot=rv:00000000000001"), Some(1));
        assert_eq!(
            given("ot=th:8;rv:ff000000000000"),
            Some(0xff_0000_0000_0000)
        );
        assert_eq!(given("ot=rv:1"), None);
        assert_eq!(given("x=rv:00000000000001"), None);
    }
}
