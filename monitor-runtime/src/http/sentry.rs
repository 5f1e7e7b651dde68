//! The Sentry side of a request: a hub of its own, and a transaction if it is sampled.

use std::sync::Arc;
use std::time::SystemTime;

use ::sentry::protocol::{
    Breadcrumb, Context, Map, Request, SpanId, SpanStatus, TraceContext as Trace,
};
use ::sentry::{Hub, Scope, Transaction, TransactionContext};
use http::HeaderValue;

use super::metrics::Ended;
use super::route::{Slot, UNMATCHED};
use crate::base::status::Grpc;
use crate::context::trace::TraceContext;
use crate::sentry;

/// A request, as Sentry sees it.
pub(super) struct Story {
    hub: Arc<Hub>,
    transaction: Option<Transaction>,
}

impl Story {
    /// Begins a transaction; `None` without a client. Notes in `trace` whether the transaction is
    /// sampled.
    pub(super) fn begin(
        method: &'static str,
        id: &HeaderValue,
        caller: Option<&TraceContext>,
        trace: &mut TraceContext,
        route: &Arc<Slot>,
    ) -> Option<Self> {
        let hub = sentry::fork()?;
        let transaction = hub.start_transaction(transaction(method, caller, trace));
        #[expect(
            deprecated,
            reason = "a `true` is reliable, and a `false` is never passed on"
        )]
        let transaction = Some(transaction).filter(Transaction::is_sampled);
        trace.set_sampled(transaction.is_some() || trace.ids().sampled);
        let id = id.to_str().unwrap_or_default();
        hub.configure_scope(|scope| {
            describe(scope, method, trace, route);
            scope.set_tag("request_id", id);
            match &transaction {
                Some(transaction) => scope.set_span(Some(transaction.clone().into())),
                None => keep_in_trace(scope, trace.ids().to_sentry()),
            }
        });
        hub.add_breadcrumb(arrival(method, trace));
        Some(Self { hub, transaction })
    }

    /// Runs code that works for the request.
    pub(super) fn within<R>(&self, body: impl FnOnce() -> R) -> R {
        Hub::run(Arc::clone(&self.hub), body)
    }

    /// Sends the transaction.
    pub(super) fn end(&self, trace: &TraceContext, ended: &Ended, grpc: Option<&Grpc>) {
        let Some(transaction) = self.transaction.clone() else {
            return;
        };
        transaction.set_name(&name(ended.method, ended.route));
        transaction.set_status(match grpc {
            Some(code) if ended.error != "cancelled" => grpc_status(code),
            _ => status(ended),
        });
        transaction.set_data("http.response.status_code", ended.status.into());
        transaction.set_tag("http.route", ended.route);
        let (hub, ended) = (Arc::clone(&self.hub), SystemTime::now());
        let local = trace.local().map(Arc::clone);
        sentry::run_apart(move || {
            Hub::run(hub, || {
                if let Some(local) = local {
                    sentry::add_spans(&transaction, &local);
                }
                transaction.finish_with_timestamp(ended);
            });
        });
    }
}

/// Makes the scope's events part of the request's trace. Those of a call already name its span.
///
/// A context of the scope would replace the one that an event has.
fn keep_in_trace(scope: &mut Scope, trace: Trace) {
    scope.add_event_processor(move |mut event| {
        let is_part = match event.contexts.get("trace") {
            Some(Context::Trace(of_event)) => of_event.trace_id == trace.trace_id,
            _ => false,
        };
        if !is_part {
            event.contexts.insert("trace".into(), trace.clone().into());
        }
        Some(event)
    });
}

fn describe(scope: &mut Scope, method: &'static str, trace: &TraceContext, route: &Arc<Slot>) {
    scope.set_tag("trace_id", trace.trace_id());
    let route = Arc::clone(route);
    // An event processor, because the route may be known only later. Path, query and headers stay
    // out: they may be personal data.
    scope.add_event_processor(move |mut event| {
        let route = route.get();
        event.request.get_or_insert_with(|| Request {
            method: Some(method.into()),
            ..Request::default()
        });
        event.tags.insert("http.route".into(), route.into());
        let transaction = || name(method, route);
        event.transaction.get_or_insert_with(transaction);
        Some(event)
    });
}

fn transaction(
    method: &'static str,
    caller: Option<&TraceContext>,
    trace: &TraceContext,
) -> TransactionContext {
    let Trace {
        trace_id, span_id, ..
    } = trace.ids().to_sentry();
    let parent = caller.map(|caller| SpanId::from(caller.span_id().to_bytes()));
    let name = name(method, UNMATCHED);
    let mut context =
        TransactionContext::new_with_details(&name, "http.server", trace_id, Some(span_id), parent);
    context.set_sampled(sentry::sampled(caller.and_then(TraceContext::decision)));
    context
}

fn name(method: &str, route: &str) -> String {
    format!("{method} {route}")
}

/// Returns the first breadcrumb: the request and trace that the others belong to.
fn arrival(method: &'static str, trace: &TraceContext) -> Breadcrumb {
    let data = [
        ("method".to_owned(), method.into()),
        ("trace_id".to_owned(), trace.trace_id().to_string().into()),
    ];
    Breadcrumb {
        ty: "http".into(),
        category: Some("request".into()),
        data: Map::from(data),
        ..Breadcrumb::default()
    }
}

/// Maps the end of a request to a span status, as Sentry's other SDKs do:
/// <https://develop.sentry.dev/sdk/telemetry/traces/span-operations/>.
fn status(ended: &Ended) -> SpanStatus {
    match ended.status {
        _ if ended.error == "cancelled" => SpanStatus::Cancelled,
        ..=399 => SpanStatus::Ok,
        401 => SpanStatus::Unauthenticated,
        403 => SpanStatus::PermissionDenied,
        404 => SpanStatus::NotFound,
        409 => SpanStatus::AlreadyExists,
        429 => SpanStatus::ResourceExhausted,
        400..=499 => SpanStatus::InvalidArgument,
        501 => SpanStatus::Unimplemented,
        503 => SpanStatus::Unavailable,
        504 => SpanStatus::DeadlineExceeded,
        _ => SpanStatus::InternalError,
    }
}

/// Returns the span status of a gRPC code, from the same list.
fn grpc_status(code: &Grpc) -> SpanStatus {
    match code.number {
        0 => SpanStatus::Ok,
        1 => SpanStatus::Cancelled,
        3 => SpanStatus::InvalidArgument,
        4 => SpanStatus::DeadlineExceeded,
        5 => SpanStatus::NotFound,
        6 => SpanStatus::AlreadyExists,
        7 => SpanStatus::PermissionDenied,
        8 => SpanStatus::ResourceExhausted,
        9 => SpanStatus::FailedPrecondition,
        10 => SpanStatus::Aborted,
        11 => SpanStatus::OutOfRange,
        12 => SpanStatus::Unimplemented,
        13 => SpanStatus::InternalError,
        14 => SpanStatus::Unavailable,
        15 => SpanStatus::DataLoss,
        16 => SpanStatus::Unauthenticated,
        _ => SpanStatus::UnknownError,
    }
}
