//! One request, from its head to the last byte of its response.

use std::sync::Arc;
use std::task::Context;
use std::time::Duration;

use bytes::Buf;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode, header};

use super::access;
use super::grpc::Call;
use super::in_flight::InFlight;
use super::metrics;
use super::metrics::{Ended, Running};
use super::request::{REQUEST_ID, Request};
use super::traffic::Outcome;
use super::verbose::{LinesAnswer, X_MONITOR_LOG};
use crate::base::clock;
use crate::base::outcome::CancelReason;
use crate::base::status::{Grpc, http_class};
use crate::base::unwind::quietly;
use crate::base::wakes::Wakes;
use crate::context::cancellation;
use crate::logs;
use crate::traces::WokenSpan;

const TRACERESPONSE: HeaderName = HeaderName::from_static("traceresponse");
/// nginx's code for a client that left before it was answered. It is never sent, only recorded.
const CLIENT_GONE: u16 = 499;

/// A request that has begun and not ended. Dropping it ends the request.
pub(super) struct Exchange {
    request: Arc<Request>,
    /// The start, in ticks of the clock.
    began: u64,
    wakes: Wakes<Option<WokenSpan>>,
    active: Option<Running>,
    /// The answer to a request for log lines.
    lines: Option<LinesAnswer>,
    _in_flight: InFlight,
    /// `true` if its response has no body, even if the headers announce one (RFC 9110, section
    /// 6.4.1).
    bodyless: bool,
    connect: bool,
    status: Option<StatusCode>,
    grpc: Call,
    /// Bytes of the body so far, and the number that its head promised.
    bytes: u64,
    promised: Option<u64>,
    /// The end of the request, if the bytes sent so far do not determine it.
    pub(super) fate: Option<RequestEnd>,
}

/// The end of a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestEnd {
    /// Everything was sent.
    Complete,
    /// The service panicked.
    Panicked,
    /// The service returned an error.
    ServiceFailed,
    /// The body returned an error.
    BodyFailed,
    /// The client no longer waits for the response, or for the rest of it.
    Abandoned,
}

impl Exchange {
    /// Begins an exchange. `timeout` is that of a gRPC server around the layer.
    pub(super) fn begin<B>(
        request: &http::Request<B>,
        route: Option<&'static str>,
        timeout: Option<Duration>,
    ) -> Self {
        let began = clock::now();
        let head = (request.method(), request.uri(), request.headers());
        let method = request.method();
        let grpc = Call::begin(request.headers(), timeout);
        let lines = LinesAnswer::to(request);
        let request = Request::begin(head, route, lines.as_ref());
        let active = metrics::begin_request(request.method, request.scheme);
        Self {
            request,
            began,
            wakes: Wakes::default(),
            active,
            lines,
            _in_flight: InFlight::begin(),
            bodyless: *method == Method::HEAD,
            connect: *method == Method::CONNECT,
            status: None,
            grpc,
            bytes: 0,
            promised: None,
            fate: None,
        }
    }

    pub(super) fn request(&self) -> &Arc<Request> {
        &self.request
    }

    /// Polls a part of the request inside it.
    pub(super) fn poll<T>(
        &mut self,
        context: &Context<'_>,
        poll: impl FnOnce(&mut Context<'_>) -> T,
    ) -> T {
        let Self { request, wakes, .. } = self;
        request.trace.begin_poll(wakes.begin_poll());
        let waker = wakes.waker(context, || request.trace.shows_wakes());
        let polled = request.within(|| poll(&mut Context::from_waker(waker)));
        // Ready or not: until the server asks for more, no code of the request runs.
        request.trace.end_poll();
        polled
    }

    /// Drops the rest of the request inside it.
    pub(super) fn abandon(&mut self, rest: impl FnOnce()) {
        // No wait any more: it may take long.
        self.request.trace.begin_poll(self.wakes.begin_poll());
        let reason = self.cancel_reason();
        let inside = || cancellation::dropping(reason, rest);
        self.request.within(inside);
    }

    /// Notes the response, and adds the layer's headers to it.
    pub(super) fn answered<B>(&mut self, response: &mut Response<B>) {
        let status = response.status();
        self.status = Some(status);
        self.bodyless |= status.is_informational()
            || [StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED].contains(&status)
            || (self.connect && status.is_success());
        let headers = response.headers_mut();
        self.grpc.answered(status, headers);
        if self.grpc.answers() {
            let Request { method, scheme, .. } = *self.request;
            metrics::begin_grpc(method, scheme, self.request.route.get());
        }
        let length = headers.get(header::CONTENT_LENGTH);
        self.promised = length.and_then(|length| length.to_str().ok()?.parse().ok());
        headers
            .entry(REQUEST_ID)
            .or_insert_with(|| self.request.id.clone());
        if let Ok(trace) = HeaderValue::try_from(self.request.trace.traceparent()) {
            headers.insert(TRACERESPONSE, trace);
        }
        if let Some(lines) = &self.lines {
            headers.insert(X_MONITOR_LOG, lines.header());
        }
    }

    /// Notes the trailers behind the body.
    pub(super) fn trailed(&mut self, trailers: &HeaderMap) {
        self.grpc.trailed(trailers);
    }

    /// Counts bytes that are sent.
    pub(super) fn sent(&mut self, data: &impl Buf) {
        self.bytes += data.remaining() as u64;
        self.grpc.sent(data);
    }

    /// Returns `true` if the client has the whole body, although the connection may not have reported it.
    pub(super) fn is_satisfied(&self) -> bool {
        self.bodyless || self.promised.is_some_and(|promised| self.bytes >= promised)
    }

    /// Returns the reason of the calls that are cancelled if the rest of the response is dropped now;
    /// `None` if the client has all of it.
    fn cancel_reason(&self) -> Option<CancelReason> {
        if self.fate.is_some() || self.status.is_some() && self.is_satisfied() {
            return None;
        }
        let own = if self.grpc.is_late(self.elapsed()) {
            CancelReason::Caller
        } else {
            CancelReason::Client
        };
        Some(cancellation::of_request(own))
    }

    fn elapsed(&self) -> Duration {
        let seconds = clock::seconds(clock::now().saturating_sub(self.began));
        Duration::try_from_secs_f64(seconds).unwrap_or_default()
    }

    fn ended(&self, elapsed: Duration) -> (Ended, Option<&'static Grpc>) {
        let fate = match self.fate {
            Some(fate) => fate,
            None if self.status.is_some() && self.is_satisfied() => RequestEnd::Complete,
            None => RequestEnd::Abandoned,
        };
        let grpc = match fate {
            RequestEnd::Complete => self.grpc.of_complete(),
            RequestEnd::Abandoned => self.grpc.of_dropped(elapsed),
            RequestEnd::Panicked | RequestEnd::ServiceFailed | RequestEnd::BodyFailed => {
                self.grpc.status()
            }
        };
        // The server around the layer answers a call past its deadline itself, always with a 200.
        let is_late = fate == RequestEnd::Abandoned && grpc == Some(Grpc::DEADLINE_EXCEEDED);
        let late = is_late.then_some(StatusCode::OK);
        let answered = self.status.or(late).map(|status| status.as_u16());
        let failed = grpc.and_then(Grpc::class);
        let (error, outcome) = match fate {
            RequestEnd::Panicked => ("panic", "panic"),
            RequestEnd::ServiceFailed => ("service_error", "error"),
            RequestEnd::BodyFailed => ("body_error", "error"),
            RequestEnd::Abandoned if is_late => (Grpc::DEADLINE_EXCEEDED.name, "error"),
            RequestEnd::Abandoned if answered.is_some() => ("cancelled", "aborted"),
            RequestEnd::Abandoned => ("cancelled", "cancelled"),
            RequestEnd::Complete if answered.is_some_and(|status| http_class(status).is_some()) => {
                (metrics::CODE, "error")
            }
            RequestEnd::Complete => failed.map_or(("", "ok"), |class| (class, "error")),
        };
        let unanswered = if fate == RequestEnd::Abandoned {
            CLIENT_GONE
        } else {
            StatusCode::INTERNAL_SERVER_ERROR.as_u16()
        };
        let ended = Ended {
            method: self.request.method,
            scheme: self.request.scheme,
            route: self.request.route.get(),
            status: answered.unwrap_or(unanswered),
            answered: answered.is_some(),
            error,
            outcome,
            grpc: grpc.map(|code| code.name),
        };
        (ended, grpc)
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let reason = self.cancel_reason();
        let elapsed = self.elapsed();
        let seconds = elapsed.as_secs_f64();
        let (ended, grpc) = self.ended(elapsed);
        self.active = None;
        let outcome = match ended.outcome {
            "ok" => Outcome::Ok,
            "cancelled" | "aborted" => Outcome::Cancelled,
            _ => Outcome::Error,
        };
        metrics::record(&ended, outcome, seconds);
        self.request.route.end(outcome, seconds);
        // A subscriber may panic, and Sentry does on a thread that ends. If that happened here
        // during another panic's unwinding, the process would abort.
        quietly(|| {
            self.request.within(|| {
                access::log(&self.request, &ended, seconds, self.bytes);
                access::report(&self.request, &ended);
            });
            if let Some(story) = &self.request.sentry {
                story.end(&self.request.trace, &ended, grpc);
            }
        });
        logs::end_trace(&self.request.trace, ended.span_end(reason));
    }
}
