//! Reads the trace of each request from its headers, keeps it for the code that works for the
//! request, and passes it on: W3C Trace Context and Sentry's headers.
//!
//! <https://www.w3.org/TR/trace-context/>. The context of a request is put on the thread for as
//! long as the thread works for it, one poll at a time. So it reaches every log line, exemplar and
//! Sentry event without a look-up, and never those of a request that runs in between.

pub(crate) mod asked;
mod baggage;
mod current;
pub(super) mod entered;
mod failure;
mod foreign_span;
pub(super) mod innermost;
mod local;
mod open_span;
mod parse;
mod root_call;
mod sentry;
mod suspended_span;

use std::future::Future;
use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use tracing::Level;

use crate::base::scoped_future::{Place, Within};
use crate::context::cancellation;

use self::baggage::Baggage;
use self::local::Local;
pub(crate) use self::sentry::Sampling;
use crate::traces::{Ids, random};
pub use crate::traces::{SpanId, TraceId};
pub(crate) use current::keep_line;
pub use current::{current_trace_id, trace_context};
pub(crate) use entered::{
    Here, current_ids, is_asked_for, leave_to_request, lines_so_far, note_logged, note_reported,
};
pub(crate) use failure::Failure;
pub(crate) use foreign_span::ForeignSpan;
pub(crate) use open_span::{Begun, OpenSpan, begin_call, end_call};
pub(crate) use root_call::RootCall;
pub(crate) use suspended_span::SuspendedSpan;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");
const SAMPLED: u8 = 1;

/// The trace a request belongs to, and the span of it that works for the request here.
#[derive(Clone, Debug)]
pub struct TraceContext {
    ids: Ids,
    /// `true` if its span is the caller's, in another process.
    is_remote: bool,
    /// `None` if the request has neither.
    carried: Option<Arc<Carried>>,
    /// The failure of the request that it came with.
    failure: Option<Arc<Failure>>,
    /// The local trace that it belongs to.
    local: Option<Local>,
    /// The level up to which its log lines were asked for, whatever the log's filter says.
    asked: Option<Level>,
}

/// Headers of other tracing systems, passed on as they came.
#[derive(Debug, PartialEq, Eq)]
struct Carried {
    /// `tracestate`.
    state: Option<Arc<str>>,
    baggage: Baggage,
}

impl PartialEq for TraceContext {
    fn eq(&self, other: &Self) -> bool {
        (self.ids, &self.carried) == (other.ids, &other.carried)
    }
}

impl Eq for TraceContext {}

impl TraceContext {
    /// Returns a trace that begins here, with random ids.
    ///
    /// It is not sampled: that is W3C's default for a service that begins a trace and records no
    /// spans of it.
    pub fn new() -> Self {
        let [first, second] = [random(), random()];
        let mut trace = [0; 16];
        trace[..8].copy_from_slice(&first);
        trace[8..].copy_from_slice(&second);
        Self {
            ids: Ids {
                trace: TraceId(trace),
                span: SpanId::random(),
                sampled: false,
                shared: false,
                open: false,
            },
            is_remote: false,
            carried: None,
            failure: None,
            local: None,
            asked: None,
        }
    }

    /// Reads the caller's context: `traceparent` and `tracestate`, or Sentry's `sentry-trace` if
    /// `traceparent` is missing or not valid; and `baggage`.
    ///
    /// Returns `None` if both are missing, given twice, or malformed. A malformed `tracestate` is
    /// ignored.
    pub fn extract(headers: &HeaderMap) -> Option<Self> {
        let mut parents = headers.get_all(TRACEPARENT).iter();
        let parent = match (parents.next(), parents.next()) {
            (Some(parent), None) => parse::parent(parent.as_bytes()),
            _ => None,
        };
        let sentrys = sentry::extract(headers);
        let ids = parent.or(sentrys)?;
        let is_sentrys = sentrys.is_some_and(|sentrys| sentrys.trace == ids.trace);
        let state = parent.and_then(|_| parse::state(headers.get_all(TRACESTATE)));
        let baggage = Baggage::read(headers, ids.trace, is_sentrys);
        let carried =
            (state.is_some() || !baggage.is_empty()).then(|| Arc::new(Carried { state, baggage }));
        Some(Self {
            ids,
            is_remote: true,
            carried,
            failure: None,
            local: None,
            asked: None,
        })
    }

    /// Returns a new span of the same trace.
    pub fn child(&self) -> Self {
        let mut child = self.clone();
        child.ids.span = SpanId::random();
        child.is_remote = false;
        child
    }

    /// Returns the id of the trace.
    pub fn trace_id(&self) -> TraceId {
        self.ids.trace
    }

    /// Returns the id of the span that works here; the caller's, for a context that was
    /// [extracted](Self::extract).
    pub fn span_id(&self) -> SpanId {
        self.ids.span
    }

    /// Returns `true` if the trace is sampled: the caller may be recording it, or this service sends it to a
    /// collector or to Sentry.
    pub fn is_sampled(&self) -> bool {
        self.ids.is_recorded()
    }

    /// Returns the caller's decision whether this trace is sampled; `None` if it left that open.
    pub(crate) fn decision(&self) -> Option<bool> {
        (!self.ids.open).then_some(self.ids.sampled)
    }

    /// Returns the `tracestate`: entries of other tracing systems.
    pub fn tracestate(&self) -> Option<&str> {
        match &self.local {
            Some(local) => local.trace.state.as_deref(),
            None => self.carried.as_ref()?.state.as_deref(),
        }
    }

    /// Returns the value of `traceparent`, version 00.
    pub fn traceparent(&self) -> String {
        let Ids { trace, span, .. } = self.ids;
        let sampled = u8::from(self.is_sampled()) * SAMPLED;
        format!("00-{trace}-{span}-{sampled:02x}")
    }

    /// Sets `traceparent` and `tracestate` on an outgoing request, replacing those it has.
    ///
    /// If Sentry is on, it sets `sentry-trace` and `baggage`, too: Sentry's members and those that
    /// came with the request, up to 4 KiB, in addition to those that the outgoing request has.
    pub fn inject(&self, headers: &mut HeaderMap) {
        headers.remove(TRACESTATE);
        // Both are visible ASCII: ids in hexadecimal, a state that was read from a header.
        if let Ok(parent) = HeaderValue::try_from(self.traceparent()) {
            headers.insert(TRACEPARENT, parent);
        }
        if let Some(Ok(state)) = self.tracestate().map(HeaderValue::from_str) {
            headers.insert(TRACESTATE, state);
        }
        let baggage = self.carried.as_ref().map(|carried| &carried.baggage);
        sentry::inject(self.ids, baggage, headers);
    }

    /// Runs code in this context.
    pub fn scope<R>(&self, body: impl FnOnce() -> R) -> R {
        let _here = Here::enter(Some(self));
        body()
    }

    /// Polls a future in this context, and drops it there: for a task that continues the work of a
    /// request.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// # let context = monitor_runtime::trace::TraceContext::new();
    /// # context.scope(|| {
    /// let context = monitor_runtime::trace::current().unwrap_or_default();
    /// let task = tokio::spawn(context.follow(async { tracing::info!("same trace id") }));
    /// # task }).await.unwrap();
    /// # }
    /// ```
    pub fn follow<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        Within::new(future, self)
    }

    pub(crate) fn ids(&self) -> Ids {
        self.ids
    }

    /// Makes it the context of a request, whose failure it shares with all code that works for the
    /// request.
    pub(crate) fn begin_request(&mut self) {
        self.failure = Some(Arc::default());
    }

    pub(crate) fn failure(&self) -> Option<&Failure> {
        self.failure.as_deref()
    }

    pub(crate) fn set_sampled(&mut self, sampled: bool) {
        self.ids.sampled = sampled;
        self.ids.open = false;
    }
}

impl Place for TraceContext {
    fn enter<T>(&self, code: impl FnOnce() -> T) -> T {
        self.scope(code)
    }

    fn cancel<T>(&self, code: impl FnOnce() -> T) -> T {
        let reason = cancellation::of_task(false);
        self.scope(|| cancellation::dropping(reason, code))
    }
}

/// Same as [`TraceContext::new`].
impl Default for TraceContext {
    fn default() -> Self {
        Self::new()
    }
}

/// Puts the [current context](trace_context) on an outgoing request; without one, changes nothing.
///
/// With `hyper`, or anything else that sends an `http::Request`:
///
/// ```
/// # fn request() -> Result<(), http::Error> {
/// let mut request = http::Request::get("http://stock.internal/items/7").body(String::new())?;
/// monitor_runtime::trace::inject(request.headers_mut());
/// # Ok(())
/// # }
/// ```
///
/// With `reqwest`:
///
/// ```
/// # async fn fetch(client: reqwest::Client) -> Result<String, reqwest::Error> {
/// let mut headers = reqwest::header::HeaderMap::new();
/// monitor_runtime::trace::inject(&mut headers);
/// let request = client.get("http://stock.internal/items/7").headers(headers);
/// # request.send().await?.text().await
/// # }
/// ```
pub fn inject(headers: &mut HeaderMap) {
    if let Some(context) = trace_context() {
        context.inject(headers);
    }
}

#[cfg(test)]
mod tests;
