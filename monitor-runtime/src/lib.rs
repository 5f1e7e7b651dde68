//! One attribute on a function, one line in `main`, and a service is observable.
//!
//! [`#[monitored]`](macro@monitored) on a function gives a `tracing` span and one completion
//! event per call, counters by result, a latency histogram, an in-flight gauge, and one Sentry
//! event per failure. [`builder!()`](builder) starts the log, the recorder of the `metrics`
//! facade, Sentry, health checks, and a management server with `/health`, `/livez`, `/readyz`,
//! `/startupz` and `/metrics`.
//!
//! ```no_run
//! use monitor_runtime::monitored;
//!
//! #[monitored]
//! async fn create_order(id: u64) -> Result<u64, std::io::Error> {
//!     Ok(id)
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let monitor = monitor_runtime::builder!().start().await?;
//!     create_order(7).await?;
//!     monitor.shutdown().await;
//!     Ok(())
//! }
//! ```
//!
//! # Where to look
//!
//! | to | see |
//! |---|---|
//! | annotate functions | [`#[monitored]`](macro@monitored), [`Classify`], [`MonitorLabel`], [`Secret`] |
//! | start and stop | [`builder!`], [`Builder`], [`Monitor`], [`error`] |
//! | answer probes | [`health`] |
//! | count requests and continue traces | [`http`], [`trace`] |
//! | run tasks that belong to a request | [`task`] |
//! | add to one's own `tracing` subscriber | [`logs`], [`mod@sentry`] |
//! | promise a success rate or a latency | [`Objective`], [`slo`] |
//! | list all annotated functions | [`inventory`] |
//! | assert what code did | [`testkit`](https://docs.rs/monitor-runtime/latest/monitor_runtime/testkit/) (feature `testkit`) |
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `enable` | yes | everything but the parts below; without it `#[monitored]` leaves functions as they are, for libraries |
//! | `server` | yes | the management server: a port with probes, `/metrics` and the live page, and its routes for a server of warp |
//! | `sentry` | yes | events and transactions; without it the attribute's arguments about Sentry have no effect |
//! | `otlp` | yes | traces, metrics and log lines for an OpenTelemetry collector, where `OTEL_EXPORTER_OTLP_ENDPOINT` is set |
//! | `http-check` | yes | [`Check::http`](crate::health::Check::http) |
//! | `axum` | no | the HTTP edge finds the routes of axum by itself |
//! | `warp` | no | [`http::warp`](crate::http): a server for warp's filters with the HTTP edge around them; with it or `server`, a `Rejection` of warp has a class |
//! | `testkit` | no | captures of calls, log lines and Sentry events, for tests; switches `sentry` on |
//!
//! A service leaves parts out by `default-features = false` and a list of those that it wants, such as
//! `features = ["enable", "server"]`. With none of `sentry`, `otlp` and `http-check` no TLS is built. Without `server` no port is opened:
//! [`Builder::publish_to_facade`] gives the numbers to a recorder of the service's own, and [`Monitor::render_metrics`] returns the
//! page of metrics.
//!
//! # Types of other crates
//!
//! These types of crates below 1.0 are part of the public interface, because the item exists for them. A new minor version of
//! such a crate is a breaking change of this one.
//!
//! | type | where |
//! |---|---|
//! | `metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle}` 0.18 | `Builder::exporter`, `Builder::exporter_handle` |
//! | `warp::{Filter, Rejection}` 0.4 | `Monitor::health_routes`, `Monitor::metrics_routes`, `http::warp` |
//! | `sentry::protocol::Event`, `sentry::types::Uuid` 0.49 | `testkit` |
//! | `tower_service::Service` 0.3, and the `Layer` of `tower-layer` 0.3 | `http` |
//! | `tracing::Span` 0.1, `tracing_subscriber::Layer` 0.3 | `logs`, `sentry`, arguments of the attribute |

#![cfg_attr(
    all(feature = "enable", not(all(feature = "sentry", feature = "server"))),
    expect(
        dead_code,
        unused_imports,
        reason = "the other parts keep what only these two read of them"
    )
)]

#[cfg(feature = "enable")]
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod base;
#[cfg(feature = "enable")]
mod call;
#[cfg(feature = "enable")]
mod callsite;
#[cfg(feature = "enable")]
mod context;
#[cfg(feature = "enable")]
pub mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "enable")]
pub mod health;
#[cfg(feature = "enable")]
pub mod http;
#[cfg(feature = "enable")]
pub mod inventory;
#[cfg(feature = "enable")]
pub mod logs;
mod macros;
#[cfg(feature = "enable")]
mod metrics;
#[cfg(feature = "enable")]
mod monitor;
#[cfg(feature = "otlp")]
mod otlp;
#[cfg(all(feature = "enable", not(feature = "otlp")))]
#[path = "otlp/off.rs"]
mod otlp;
#[cfg(feature = "sentry")]
pub mod sentry;
#[cfg(all(feature = "enable", not(feature = "sentry")))]
#[path = "sentry/off.rs"]
mod sentry;
#[cfg(feature = "server")]
mod server;
#[cfg(all(feature = "enable", not(feature = "server")))]
#[path = "server/off.rs"]
mod server;
mod settings;
#[cfg(feature = "enable")]
pub mod slo;
/// Rules for calls that count, for the objectives of a library that leaves monitoring to others.
#[cfg(not(feature = "enable"))]
pub mod slo {
    pub use crate::settings::objective::CountAs;
}
#[cfg(feature = "enable")]
pub mod task;
#[cfg(feature = "testkit")]
pub mod testkit;
#[cfg(feature = "enable")]
pub mod trace;
#[cfg(feature = "enable")]
mod traces;

pub use monitor_macros::{Classify, MonitorLabel, monitored};

pub use base::class::Class;
pub use base::classify::Classify;
#[cfg(feature = "enable")]
pub use monitor::Monitor;
#[cfg(feature = "enable")]
pub use monitor::builder::Builder;
#[cfg(feature = "enable")]
#[doc(hidden)]
pub use settings::config::{SETTINGS, Setting};
pub use settings::label::MonitorLabel;
#[cfg(feature = "enable")]
pub use settings::native_histograms::NativeHistograms;
pub use settings::objective::Objective;
pub use settings::secret::Secret;
