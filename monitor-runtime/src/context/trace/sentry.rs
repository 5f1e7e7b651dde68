//! The trace context in Sentry's headers.
//!
//! <https://develop.sentry.dev/sdk/foundations/trace-propagation/>. Services that use another of
//! Sentry's SDKs send `sentry-trace` and `baggage`. If Sentry is on, both are passed on as well.

use std::fmt::Write;
use std::sync::{Arc, PoisonError, RwLock};

use http::{HeaderMap, HeaderName, HeaderValue};

use super::baggage::{self, BAGGAGE, Baggage};
use super::{Ids, parse};

const SENTRY_TRACE: HeaderName = HeaderName::from_static("sentry-trace");

/// Sentry's dynamic sampling context: how this service samples its traces, for the services it
/// calls.
#[derive(Debug)]
pub(crate) struct Sampling {
    /// `sentry-public_key=…` and the other members that do not change.
    members: String,
    /// `None` without transactions.
    rate: Option<f32>,
}

/// The sampling of the client in use; `None` if Sentry is off.
static SAMPLING: RwLock<Option<Arc<Sampling>>> = RwLock::new(None);

impl Sampling {
    /// Creates the context. `members` are names without their prefix, and values.
    pub(crate) fn new(members: &[(&str, &str)], rate: Option<f32>) -> Self {
        let mut text = String::new();
        for (name, value) in members {
            text.extend([",sentry-", name, "="]);
            baggage::encode(value, &mut text);
        }
        Self {
            members: text,
            rate,
        }
    }

    /// Sends it with every trace from now on; `None` sends nothing.
    pub(crate) fn set(sampling: Option<Self>) {
        *SAMPLING.write().unwrap_or_else(PoisonError::into_inner) = sampling.map(Arc::new);
    }

    fn current() -> Option<Arc<Self>> {
        SAMPLING
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn text(&self, ids: Ids) -> String {
        let mut text = format!("sentry-trace_id={}{}", ids.trace, self.members);
        if let Some(rate) = self.rate {
            let sampled = ids.sampled;
            let _ = write!(text, ",sentry-sample_rate={rate},sentry-sampled={sampled}");
        }
        text
    }
}

/// Reads `sentry-trace`: `<trace>-<span>`, and `-1` or `-0` if the caller has decided.
pub(super) fn extract(headers: &HeaderMap) -> Option<Ids> {
    let mut values = headers.get_all(SENTRY_TRACE).iter();
    let (value, None) = (values.next()?, values.next()) else {
        return None;
    };
    let value = value.to_str().ok()?.trim();
    let (ids, decision) = match value.as_bytes() {
        [ids @ .., b'-', decision @ (b'0' | b'1')] if ids.len() == 49 => (ids, Some(*decision)),
        ids => (ids, None),
    };
    let parent = [b"00-", ids, b"-00"].concat();
    let ids = parse::parent(&parent).filter(|_| ids.len() == 49)?;
    Some(Ids {
        sampled: decision == Some(b'1'),
        open: decision.is_none(),
        ..ids
    })
}

/// Puts `sentry-trace` and `baggage` on an outgoing request, if Sentry is on.
pub(super) fn inject(ids: Ids, carried: Option<&Baggage>, headers: &mut HeaderMap) {
    let Some(sampling) = Sampling::current() else {
        return;
    };
    let decision = match (ids.sampled, sampling.rate) {
        (true, _) => "-1",
        (false, Some(_)) if !ids.open => "-0",
        (false, _) => "",
    };
    let trace = format!("{}-{}{decision}", ids.trace, ids.span);
    let frozen = carried.and_then(|carried| carried.sampling.as_deref());
    let own = frozen.map_or_else(|| sampling.text(ids), str::to_owned);
    let foreign = carried.and_then(|carried| carried.foreign.as_deref());
    let given: Vec<String> = {
        let members = baggage::members(headers);
        let kept = members
            .into_iter()
            .filter(|member| !member.starts_with("sentry-"));
        kept.map(str::to_owned).collect()
    };
    let is_new = |member: &&str| {
        let mut keys = given.iter().map(|given| baggage::key(given));
        keys.all(|key| key != baggage::key(member))
    };
    let passed_on = foreign
        .into_iter()
        .flat_map(|list| list.split(','))
        .filter(is_new);
    let members = given
        .iter()
        .map(String::as_str)
        .chain(passed_on)
        .chain([own.as_str()]);
    let members: Vec<&str> = members.filter(|member| !member.is_empty()).collect();
    if let Ok(value) = HeaderValue::try_from(trace) {
        headers.insert(SENTRY_TRACE, value);
    }
    match HeaderValue::try_from(members.join(",")) {
        Ok(value) if !members.is_empty() => drop(headers.insert(BAGGAGE, value)),
        _ => drop(headers.remove(BAGGAGE)),
    }
}
