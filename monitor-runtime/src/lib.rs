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
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "enable")]
mod health;
#[cfg(feature = "enable")]
pub mod http;
#[cfg(feature = "enable")]
pub mod inventory;
#[cfg(feature = "enable")]
mod logs;
mod macros;
#[cfg(feature = "enable")]
mod metrics;
#[cfg(feature = "enable")]
mod monitor;
#[cfg(not(feature = "enable"))]
mod off;
#[cfg(feature = "enable")]
mod sentry;
#[cfg(feature = "enable")]
mod server;
mod settings;
#[cfg(feature = "enable")]
pub mod slo;
#[cfg(feature = "testkit")]
pub mod testkit;

pub use monitor_macros::{MonitorError, MonitorLabel, monitored};

pub use base::classify::{Class, Classify};
pub use settings::label::MonitorLabel;
pub use settings::log_format::LogFormat;
pub use settings::objective::Objective;
pub use settings::secret::Secret;
pub use settings::traces_sampler::TracesSampler;

#[cfg(feature = "enable")]
pub use crate::sentry::{SentryLayer, sentry_layer};
#[cfg(feature = "enable")]
pub use call::spawn::{Scoped, scoped, spawn, spawn_blocking};
#[cfg(feature = "enable")]
pub use context::trace::{SpanId, TraceContext, TraceId, current_trace_id, inject, trace_context};
#[cfg(feature = "enable")]
pub use health::{Check, Heartbeat, InvalidCheck};
#[cfg(feature = "enable")]
pub use inventory::{INVENTORY_SCHEMA, Inventory, inventory};
#[cfg(feature = "enable")]
pub use logs::{EventCounter, JsonLayer, QueuedStdout, event_counter, json_layer, queued_stdout};
#[cfg(feature = "enable")]
pub use monitor::Monitor;
#[cfg(feature = "enable")]
pub use monitor::builder::Builder;
#[cfg(feature = "enable")]
pub use monitor::start::StartError;
#[cfg(feature = "enable")]
pub use server::BindError;
#[cfg(feature = "enable")]
pub use settings::config::{ConfigError, SETTINGS, Setting};
#[cfg(feature = "enable")]
pub use settings::log_filter::{LogFilter, LogFilterError};

#[cfg(not(feature = "enable"))]
pub use off::{
    Builder, Check, Heartbeat, InvalidCheck, LogFilter, LogFilterError, Monitor, StartError,
    scoped, slo,
};
