//! The series of the edge, through the `metrics` facade, with handles that are looked up once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{PoisonError, RwLock};

use metrics::{Counter, Gauge, Histogram, Label, Unit};

use crate::metrics::{HTTP_ACTIVE, HTTP_DURATION, HTTP_REQUESTS};

/// The error type of a response from 500 on: its code.
pub(super) const CODE: &str = "code";

/// How a request ended, in words that are few.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Ended {
    pub(super) method: &'static str,
    pub(super) scheme: &'static str,
    pub(super) route: &'static str,
    pub(super) status: u16,
    /// Whether somebody was sent that status.
    pub(super) answered: bool,
    /// Empty for none.
    pub(super) error: &'static str,
    pub(super) outcome: &'static str,
    /// The name of gRPC's status, of a response of gRPC.
    pub(super) grpc: Option<&'static str>,
}

#[derive(Clone)]
struct Handles {
    requests: Counter,
    duration: Histogram,
}

/// Whether there is a recorder: what is registered before goes nowhere, for ever.
static BEGUN: AtomicBool = AtomicBool::new(false);
static ENDED: RwLock<Option<HashMap<Ended, Handles>>> = RwLock::new(None);
static ACTIVE: RwLock<Option<HashMap<[&str; 2], Gauge>>> = RwLock::new(None);

/// Describes the series, once the recorder is there, and counts requests from now on.
pub(crate) fn begin() {
    let requests = "Requests that have ended, by method, route and status.";
    metrics::describe_counter!(HTTP_REQUESTS, requests);
    let duration = "Time from the head of a request to the end of its response.";
    metrics::describe_histogram!(HTTP_DURATION, Unit::Seconds, duration);
    let active = "Requests that have begun and not ended.";
    metrics::describe_gauge!(HTTP_ACTIVE, active);
    BEGUN.store(true, Ordering::Release);
}

/// Counts a request that begins; whoever ends it decrements the gauge.
pub(super) fn active(method: &'static str, scheme: &'static str) -> Option<Gauge> {
    let register = || {
        let labels = vec![
            Label::from_static_parts("http_request_method", method),
            Label::from_static_parts("url_scheme", scheme),
        ];
        metrics::gauge!(HTTP_ACTIVE, labels)
    };
    let gauge = kept(&ACTIVE, [method, scheme], register)?;
    gauge.increment(1.0);
    Some(gauge)
}

/// Counts a request that ended.
pub(super) fn record(ended: &Ended, seconds: f64) {
    if let Some(handles) = kept(&ENDED, *ended, || Handles::of(ended)) {
        handles.requests.increment(1);
        handles.duration.record(seconds);
    }
}

impl Handles {
    fn of(ended: &Ended) -> Self {
        let status = ended.status.to_string();
        let requests = vec![
            Label::from_static_parts("method", ended.method),
            Label::from_static_parts("route", ended.route),
            Label::new("status", status.clone()),
        ];
        let mut duration = vec![
            Label::from_static_parts("http_request_method", ended.method),
            Label::from_static_parts("http_route", ended.route),
            Label::from_static_parts("url_scheme", ended.scheme),
        ];
        if ended.answered {
            duration.push(Label::new("http_response_status_code", status.clone()));
        }
        if let Some(grpc) = ended.grpc {
            duration.push(Label::from_static_parts("rpc_response_status_code", grpc));
        }
        match ended.error {
            "" => {}
            CODE => duration.push(Label::new("error_type", status)),
            error => duration.push(Label::from_static_parts("error_type", error)),
        }
        Self {
            requests: metrics::counter!(HTTP_REQUESTS, requests),
            duration: metrics::histogram!(HTTP_DURATION, duration),
        }
    }
}

/// The handle of a series; `None` before there is a recorder.
fn kept<K, V>(
    all: &RwLock<Option<HashMap<K, V>>>,
    key: K,
    register: impl FnOnce() -> V,
) -> Option<V>
where
    K: Eq + std::hash::Hash,
    V: Clone,
{
    if !BEGUN.load(Ordering::Acquire) {
        return None;
    }
    let known = all.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = known.as_ref().and_then(|known| known.get(&key)) {
        return Some(handle.clone());
    }
    drop(known);
    let mut known = all.write().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    Some(known.entry(key).or_insert_with(register).clone())
}
