//! Writes the access line of a request, and reports a failure that Sentry does not have yet.
//!
//! A failed request has one line of level `WARN` or above and one event. If a monitored function
//! failed in it, both are that function's, and the access line is `INFO` as for any request.

use std::fmt;

use super::metrics::Ended;
use super::request::Request;
use crate::base::clock;
use crate::base::fields::FieldValue;
use crate::base::outcome::{CancelReason, Outcome};
use crate::base::panics::Panic;
use crate::context::trace::Failure;
use crate::sentry;
use crate::sentry::panic_lines;
use crate::traces::SpanEnd;

/// Writes the access line.
pub(super) fn log(request: &Request, ended: &Ended, seconds: f64, bytes: u64) {
    let failure = request.trace.failure();
    let mut untold = failure.map(Failure::take_panics).unwrap_or_default();
    let panic = untold.pop_if(|panic| ended.outcome == "panic" && panic.claim());
    // The service has caught these, and may have answered successfully.
    for panic in &untold {
        panic_lines::tell(panic);
    }
    let is_logged = !untold.is_empty() || failure.is_some_and(Failure::is_logged);
    let access = Access {
        request,
        ended,
        duration_ms: clock::milliseconds(seconds),
        bytes,
        panic: panic.as_deref(),
    };
    match ended.outcome {
        _ if panic.is_some() => sentry::own_line(true, || access.error()),
        "panic" if !is_logged => sentry::own_line(true, || access.error()),
        "error" if !is_logged => access.warn(),
        _ => access.info(),
    }
}

/// Reports a failed request to Sentry, unless Sentry already has its error.
pub(super) fn report(request: &Request, ended: &Ended) {
    let is_reported = request.trace.failure().is_some_and(Failure::is_reported);
    if matches!(ended.outcome, "error" | "panic") && !is_reported {
        let reason = ended
            .grpc
            .map_or_else(|| ended.status.to_string(), str::to_owned);
        sentry::request_failed(ended.method, ended.route, &reason);
    }
}

impl Ended {
    /// Returns the end of the request in its local trace, with the reason if it was cancelled.
    pub(super) fn span_end(&self, reason: Option<CancelReason>) -> SpanEnd {
        let outcome = match self.outcome {
            "ok" => Outcome::Ok,
            "panic" => Outcome::Panic,
            "cancelled" | "aborted" => Outcome::Cancelled,
            _ => Outcome::Error,
        };
        let status = FieldValue::Unsigned(self.status.into());
        let grpc = self.grpc.map(|name| FieldValue::Text(name.to_owned()));
        let mut end = SpanEnd::new(clock::now(), outcome);
        let reason = reason.filter(|_| outcome == Outcome::Cancelled);
        end.class = reason.map_or(self.error, CancelReason::as_str);
        end.fields.push(("status", status));
        end.fields.extend(grpc.map(|grpc| ("grpc_status", grpc)));
        end
    }
}

/// The fields of an access line.
struct Access<'a> {
    request: &'a Request,
    ended: &'a Ended,
    duration_ms: f64,
    bytes: u64,
    /// The panic that ended the request.
    panic: Option<&'a Panic>,
}

// The level is part of a call site, so each level needs its own.
macro_rules! access_lines {
    ($($level:ident)*) => {
        impl Access<'_> {
            $(fn $level(&self) {
                let Self { request, ended, panic, .. } = self;
                tracing::$level!(
                    target: "monitor_runtime::http",
                    method = ended.method,
                    route = ended.route,
                    status = ended.status,
                    duration_ms = self.duration_ms,
                    bytes = self.bytes,
                    outcome = ended.outcome,
                    grpc_status = ended.grpc,
                    request_id = request.id.to_str().unwrap_or_default(),
                    error = panic.map(|panic| panic.text.as_str()),
                    thread = panic.map(|panic| panic.thread.as_str()),
                    backtrace = panic.and_then(|panic| panic.backtrace.as_deref()),
                    "{ended}"
                );
            })*
        }
    };
}

access_lines!(info warn error);

/// The message of an access line, worded so that it can be searched for.
impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.method, self.route, self.status)
    }
}
