//! The series of the HTTP edge, recorded through the `metrics` facade. Their names and labels are
//! built once.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use metrics::{Key, Label, Level, Metadata, Unit};

use super::results;
use super::traffic::Outcome;
use crate::base::status::Grpc;
use crate::base::unwind::quietly;
use crate::metrics::{HTTP_ACTIVE, HTTP_DURATION, HTTP_REQUESTS, HTTP_RESULTS};

/// The error type of a response from 500 on: its code.
pub(super) const CODE: &str = "code";

/// The end of a request, in labels of bounded values.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Ended {
    pub(super) method: &'static str,
    pub(super) scheme: &'static str,
    pub(super) route: &'static str,
    pub(super) status: u16,
    /// `true` if the client was sent that status.
    pub(super) answered: bool,
    /// Empty for a request without an error.
    pub(super) error: &'static str,
    pub(super) outcome: &'static str,
    /// The name of the gRPC status, for a gRPC response.
    pub(super) grpc: Option<&'static str>,
}

/// The names and labels of a request's series.
///
/// Kept instead of the handles that a recorder returns for them: an exporter with an `idle_timeout`
/// forgets a series that was idle, and counts that go to an old handle then appear on no page.
struct Keys {
    requests: Key,
    duration: Key,
}

/// The running requests of one method and scheme.
struct Active {
    key: Key,
    running: AtomicU64,
}

/// A running request, counted until it is dropped.
pub(super) struct Running(Arc<Active>);

const METADATA: Metadata<'static> =
    Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

/// `true` once a recorder is installed. Requests before that are not counted.
static BEGUN: AtomicBool = AtomicBool::new(false);
static ENDED: Kept<Ended, Keys> = RwLock::new(None);
static ACTIVE: Kept<[&str; 2], Active> = RwLock::new(None);
/// Methods and routes whose series have been set to 0.
static ROUTES: Kept<[&str; 2], ()> = RwLock::new(None);

/// Methods of gRPC whose series are at 0: each with the method and scheme of HTTP.
static GRPC: Kept<[&str; 3], ()> = RwLock::new(None);
/// Routes that were declared before there was a recorder.
static DECLARED: Mutex<Vec<&'static str>> = Mutex::new(Vec::new());

/// Statuses that every route has on the page before it answers with them. Otherwise `rate` would miss
/// the failures with which a series begins.
const KNOWN_STATUSES: [u16; 2] = [200, 500];
/// Methods that a declared route has on the page before its first request.
const KNOWN_METHODS: [&str; 2] = ["GET", "POST"];
/// Codes that every method of gRPC has on the page from its first answer on, by number: `OK`, `INTERNAL` and
/// `UNAVAILABLE`.
const KNOWN_CODES: [i32; 3] = [0, 13, 14];

type Kept<K, V> = RwLock<Option<HashMap<K, Arc<V>>>>;

/// Describes the series, once the recorder is installed, and counts requests from now on.
pub(crate) fn begin() {
    let requests = "Requests that have ended, by method, route and status.";
    metrics::describe_counter!(HTTP_REQUESTS, requests);
    let duration = "Time from the head of a request to the end of its response.";
    metrics::describe_histogram!(HTTP_DURATION, Unit::Seconds, duration);
    let active = "Requests that have begun and not ended.";
    metrics::describe_gauge!(HTTP_ACTIVE, active);
    let results = "Requests of all routes that have ended, by result.";
    metrics::describe_counter!(HTTP_RESULTS, results);
    begin_counters(&results::KEYS);
    // A route that is declared meanwhile is either in the list, or sees that this has begun.
    let mut declared = DECLARED.lock().unwrap_or_else(PoisonError::into_inner);
    BEGUN.store(true, Ordering::Release);
    let routes = std::mem::take(&mut *declared);
    drop(declared);
    routes.into_iter().for_each(begin_methods);
}

/// Puts the counters of a route at 0 on the page once there is one, before its first request.
pub(super) fn declare(route: &'static str) {
    let mut declared = DECLARED.lock().unwrap_or_else(PoisonError::into_inner);
    if !BEGUN.load(Ordering::Acquire) {
        declared.push(route);
        return;
    }
    drop(declared);
    begin_methods(route);
}

fn begin_methods(route: &'static str) {
    for method in KNOWN_METHODS {
        begin_route(method, route);
    }
}

/// Counts a request that begins.
pub(super) fn begin_request(method: &'static str, scheme: &'static str) -> Option<Running> {
    let new = || Active {
        key: Key::from_parts(
            HTTP_ACTIVE,
            vec![
                Label::from_static_parts("http_request_method", method),
                Label::from_static_parts("url_scheme", scheme),
            ],
        ),
        running: AtomicU64::new(0),
    };
    let active = kept(&ACTIVE, [method, scheme], new)?;
    active.running.fetch_add(1, Ordering::SeqCst);
    active.show();
    Some(Running(active))
}

/// Sets the counters of a method and route to 0 on the page, when its first request begins.
pub(super) fn begin_route(method: &'static str, route: &'static str) {
    let mut is_new = false;
    kept(&ROUTES, [method, route], || is_new = true);
    if !is_new {
        return;
    }
    let key = |status| Key::from_parts(HTTP_REQUESTS, requests_labels(method, route, status));
    begin_counters(&KNOWN_STATUSES.map(key));
}

/// Sets counters to 0.
fn begin_counters(keys: &[Key]) {
    quietly(|| {
        metrics::with_recorder(|recorder| {
            for key in keys {
                recorder.register_counter(key, &METADATA).increment(0);
            }
        });
    });
}

/// Puts the histograms of a method of gRPC at 0 on the page, when its first answer begins.
pub(super) fn begin_grpc(method: &'static str, scheme: &'static str, route: &'static str) {
    let mut is_new = false;
    kept(&GRPC, [method, scheme, route], || is_new = true);
    if !is_new {
        return;
    }
    quietly(|| {
        metrics::with_recorder(|recorder| {
            for code in KNOWN_CODES.map(Grpc::from_number) {
                let keys = Keys::new(&Ended {
                    method,
                    scheme,
                    route,
                    status: 200,
                    answered: true,
                    error: code.class().unwrap_or_default(),
                    outcome: "",
                    grpc: Some(code.name),
                });
                let _ = recorder.register_histogram(&keys.duration, &METADATA);
            }
        });
    });
}

/// Records the gauge of running requests again, so that an exporter does not forget it while they
/// run.
pub(crate) fn show_active() {
    let known = ACTIVE.read().unwrap_or_else(PoisonError::into_inner);
    let all: Vec<Arc<Active>> = known
        .iter()
        .flatten()
        .map(|(_, one)| Arc::clone(one))
        .collect();
    drop(known);
    let running = |one: &&Arc<Active>| one.running.load(Ordering::SeqCst) > 0;
    all.iter().filter(running).for_each(|one| one.show());
}

/// Counts a request that ended.
pub(super) fn record(ended: &Ended, outcome: Outcome, seconds: f64) {
    let Some(keys) = kept(&ENDED, *ended, || Keys::new(ended)) else {
        return;
    };
    // The recorder may be the service's own code.
    quietly(|| {
        metrics::with_recorder(|recorder| {
            for key in [&keys.requests, results::of(outcome)] {
                recorder.register_counter(key, &METADATA).increment(1);
            }
            recorder
                .register_histogram(&keys.duration, &METADATA)
                .record(seconds);
        });
    });
}

impl Active {
    /// Sets the gauge. If several threads do so at once, the last one leaves the right value.
    fn show(&self) {
        let set = || {
            metrics::with_recorder(|recorder| {
                let gauge = recorder.register_gauge(&self.key, &METADATA);
                loop {
                    let running = self.running.load(Ordering::SeqCst);
                    gauge.set(as_f64(running));
                    if self.running.load(Ordering::SeqCst) == running {
                        return;
                    }
                }
            });
        };
        quietly(set);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
        self.0.show();
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "2^53 requests do not run at once"
)]
fn as_f64(running: u64) -> f64 {
    running as f64
}

fn requests_labels(method: &'static str, route: &'static str, status: u16) -> Vec<Label> {
    vec![
        Label::from_static_parts("method", method),
        Label::from_static_parts("route", route),
        Label::new("status", status.to_string()),
    ]
}

impl Keys {
    fn new(ended: &Ended) -> Self {
        let status = ended.status.to_string();
        let requests = requests_labels(ended.method, ended.route, ended.status);
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
            requests: Key::from_parts(HTTP_REQUESTS, requests),
            duration: Key::from_parts(HTTP_DURATION, duration),
        }
    }
}

/// Returns the handle of a series; `None` before a recorder is installed.
fn kept<K, V>(all: &Kept<K, V>, key: K, new: impl FnOnce() -> V) -> Option<Arc<V>>
where
    K: Eq + std::hash::Hash,
{
    if !BEGUN.load(Ordering::Acquire) {
        return None;
    }
    let known = all.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = known.as_ref().and_then(|known| known.get(&key)) {
        return Some(Arc::clone(found));
    }
    drop(known);
    let mut known = all.write().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    Some(Arc::clone(
        known.entry(key).or_insert_with(|| Arc::new(new())),
    ))
}
