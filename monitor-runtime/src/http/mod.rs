//! The HTTP edge: one layer that counts requests, writes their access lines, and gives the logs,
//! traces and errors of a request one trace id.
//!
//! [`layer`] works wherever a `tower` layer does. The body of a request is not touched, that of a
//! response only counted on its way.
//!
//! | series | labels |
//! |---|---|
//! | `http_requests_total` | `method`, `route`, `status` |
//! | `monitor_http_requests_total` | `result`: `ok`, `error`, `cancelled` |
//! | `http_server_request_duration_seconds` | `http_request_method`, `http_route`, `http_response_status_code`, `url_scheme`, `error_type`, `rpc_response_status_code` |
//! | `http_server_active_requests` | `http_request_method`, `url_scheme` |
//!
//! `monitor_http_requests_total` counts all routes together, and is at 0 before the first request. Its
//! `error` is an `outcome` of `error` or `panic` below.
//!
//! Names, attributes and buckets of the last two are OpenTelemetry's:
//! <https://opentelemetry.io/docs/specs/semconv/http/http-metrics/>. A method is one of the nine of
//! RFC 9110 and RFC 5789, or `_OTHER`. A route is a template or `unmatched`, never a path. A
//! request lasts until the last byte of its response was taken, an upgraded one (WebSocket) until
//! the upgrade.
//!
//! | way out | `status` | `error_type` | `outcome` of the access line |
//! |---|---|---|---|
//! | response sent, below 500 | its code | – | `ok` |
//! | response sent, 500 and above | its code | its code | `error` |
//! | the handler panicked | `500` | `panic` | `panic` |
//! | the service returned an error instead of a response | `500` | `service_error` | `error` |
//! | the body failed on its way | its code | `body_error` | `error` |
//! | the client left before the response | `499` | `cancelled` | `cancelled` |
//! | the client left during the response | its code | `cancelled` | `aborted` |
//!
//! A gRPC response is always a 200; the result of the call is in its trailers. The gRPC status is
//! the label `rpc_response_status_code` of the histogram (`NOT_FOUND`, as OpenTelemetry's attribute
//! of that name) and `grpc_status` of the access line. `UNKNOWN`, `DEADLINE_EXCEEDED`,
//! `UNIMPLEMENTED`, `INTERNAL`, `UNAVAILABLE` and `DATA_LOSS` are failures of the service: the
//! `outcome` is `error`, the `error_type` the status. `http_requests_total` has the 200 of HTTP. A
//! gRPC response without a status is `UNKNOWN`, as to its client. A call that is dropped past its
//! deadline (`grpc-timeout`, or [`Layer::grpc_timeout`]) is `DEADLINE_EXCEEDED`. For gRPC-Web the
//! status is read from the body.
//!
//! 499 is nginx's code for a client that is gone. It is never sent, so the histogram omits
//! `http_response_status_code`.

#[cfg(any(feature = "server", feature = "warp"))]
pub(crate) mod accept;
mod access;
mod body;
mod exchange;
mod future;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod grpc;
mod grpc_web;
mod in_flight;
mod metrics;
mod request;
mod results;
mod route;
#[cfg(feature = "sentry")]
mod sentry;
#[cfg(not(feature = "sentry"))]
#[path = "sentry_off.rs"]
mod sentry;
mod service;
pub(crate) mod traffic;
pub(crate) mod verbose;
#[cfg(feature = "warp")]
pub mod warp;

pub use body::Body;
pub use future::ResponseFuture;
pub use request::set_route;
pub use service::{Layer, Service, layer};

pub(crate) use in_flight::{in_flight, set_drain_limit, tell_of_cut};
pub(crate) use metrics::{begin as begin_metrics, show_active};
pub(crate) use route::template::pending as route_warnings;
