//! The request that a thread works for: the facts that its handler may read or set.

use std::cell::RefCell;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use tracing::Span;
use tracing::field::Empty;

use super::route::Slot;
use super::route::template::check_name;
use super::sentry;
use super::verbose::LinesAnswer;
use crate::context::Told;
use crate::context::trace::TraceContext;
use crate::context::trace::asked::Asking;
use crate::traces::Subject;
use crate::traces::span::Described;

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A request, kept while its handler, its response or a task of it lives.
pub(super) struct Request {
    pub(super) method: &'static str,
    pub(super) scheme: &'static str,
    pub(super) trace: TraceContext,
    /// The response's `x-request-id`.
    pub(super) id: HeaderValue,
    pub(super) route: Arc<Slot>,
    span: Span,
    pub(super) sentry: Option<sentry::Story>,
    told: Arc<Told>,
    _asking: Option<Asking>,
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<Request>>> = const { RefCell::new(None) };
}

/// Names the route of the current request; outside a request it does nothing.
///
/// Use it with a router that leaves nothing in the request's extensions, in code that knows the
/// path. The last name counts.
///
/// ```
/// fn handle(path: &str) -> &'static str {
///     match path.strip_prefix("/orders/") {
///         Some(_id) => {
///             monitor_runtime::http::set_route("/orders/{id}");
///             "an order"
///         }
///         None => "nothing", // counted as `unmatched`
///     }
/// }
/// ```
pub fn set_route(route: &'static str) {
    check_name(route);
    name_current(route);
}

pub(super) fn name_current(route: &'static str) {
    // Cloned, not borrowed, because recording runs code of the subscriber.
    let current = CURRENT.try_with(|current| current.borrow().clone());
    if let Ok(Some(request)) = current
        && request.route.set(route)
    {
        request.span.record("route", route);
    }
}

impl Request {
    pub(super) fn begin(
        (method, uri, headers): (&Method, &Uri, &HeaderMap),
        route: Option<&'static str>,
        lines: Option<&LinesAnswer>,
    ) -> Arc<Self> {
        let caller = TraceContext::extract(headers);
        let mut trace = caller
            .as_ref()
            .map_or_else(TraceContext::new, TraceContext::child);
        trace.begin_request();
        trace.decide_share(caller.as_ref());
        let method = known(method);
        let slot = Arc::new(Slot::new(method, route));
        let id = id(headers, &trace);
        let sentry = sentry::Story::begin(method, &id, caller.as_ref(), &mut trace, &slot);
        // Last, when it is decided if the trace is sampled.
        let root = Arc::clone(&slot) as Arc<dyn Described>;
        trace.begin_local(caller.as_ref(), Subject::Request(root));
        if let Some(LinesAnswer::Granted(level)) = lines {
            trace.ask(*level);
        }
        // Before the span, which the filter may hide.
        let asking = trace.begin_asking();
        let open = || {
            tracing::info_span!(
                target: "monitor_runtime::http",
                // Not `request`, which is the name of the span of tower-http's `TraceLayer`.
                "http_request",
                method,
                route = Empty,
                trace_id = %trace.trace_id(),
            )
        };
        // In its trace, whose id a layer of the service may take for its own span.
        let span = trace.scope(open);
        if let Some(route) = route {
            span.record("route", route);
        }
        Arc::new(Self {
            method,
            scheme: if uri.scheme_str() == Some("https") {
                "https"
            } else {
                "http"
            },
            id,
            trace,
            route: slot,
            span,
            sentry,
            told: Arc::default(),
            _asking: asking,
        })
    }

    /// Runs code that works for this request.
    pub(super) fn within<R>(self: &Arc<Self>, body: impl FnOnce() -> R) -> R {
        let _current = Current::enter(self);
        let run = || match &self.sentry {
            Some(story) => story.within(body),
            None => body(),
        };
        let run = || self.told.scope(run);
        self.trace.scope(|| self.span.in_scope(run))
    }
}

/// Marks the code that works for a request. Dropping it restores the previous request.
struct Current(Option<Arc<Request>>);

impl Current {
    fn enter(request: &Arc<Request>) -> Self {
        let entered = CURRENT.try_with(|current| current.replace(Some(Arc::clone(request))));
        Self(entered.ok().flatten())
    }
}

impl Drop for Current {
    fn drop(&mut self) {
        let before = self.0.take();
        // Dropped only after the cell is free again: dropping the last reference to a request runs
        // user code.
        let _left = CURRENT.try_with(|current| current.replace(before));
    }
}

/// Returns a method as a label. RFC 9110, section 9, and RFC 5789 define nine; a client may invent
/// others, which become `_OTHER`.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::CONNECT => "CONNECT",
        Method::OPTIONS => "OPTIONS",
        Method::TRACE => "TRACE",
        Method::PATCH => "PATCH",
        _ => "_OTHER",
    }
}

/// Returns the caller's `x-request-id` if it is safe in every output, else the trace id.
pub(super) fn id(headers: &HeaderMap, trace: &TraceContext) -> HeaderValue {
    const MAX_ID_BYTES: usize = 128;
    let fit = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:=+/".contains(byte);
    let mut given = headers.get_all(REQUEST_ID).iter();
    match (given.next(), given.next()) {
        (Some(id), None)
            if (1..=MAX_ID_BYTES).contains(&id.len()) && id.as_bytes().iter().all(fit) =>
        {
            id.clone()
        }
        _ => HeaderValue::try_from(trace.trace_id().to_string())
            .unwrap_or(HeaderValue::from_static("unknown")),
    }
}
