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
#[cfg(feature = "enable")]
mod accept;
#[cfg(feature = "enable")]
mod builder;
#[cfg(feature = "enable")]
mod call;
#[cfg(feature = "enable")]
mod caught;
#[cfg(feature = "enable")]
mod cells;
#[cfg(feature = "enable")]
mod classes;
mod classify;
#[cfg(feature = "enable")]
mod clock;
#[cfg(feature = "enable")]
mod config;
mod entry;
#[cfg(feature = "enable")]
mod events;
#[cfg(feature = "enable")]
mod exemplar;
#[cfg(feature = "enable")]
mod facade;
#[cfg(feature = "enable")]
mod fields;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
#[cfg(feature = "enable")]
mod health;
#[cfg(all(feature = "enable", unix))]
mod hooks;
#[cfg(all(feature = "enable", not(unix)))]
#[path = "hooks/none.rs"]
mod hooks;
#[cfg(feature = "enable")]
pub mod http;
#[cfg(feature = "enable")]
mod init;
#[cfg(feature = "enable")]
pub mod inventory;
mod label;
#[cfg(feature = "enable")]
mod labels;
#[cfg(feature = "enable")]
mod lifecycle;
#[cfg(feature = "enable")]
mod lines;
#[cfg(feature = "enable")]
mod live;
#[cfg(feature = "enable")]
mod log_filter;
mod log_format;
#[cfg(feature = "enable")]
mod metrics;
#[cfg(feature = "enable")]
mod monitor;
#[cfg(feature = "enable")]
mod name;
mod objective;
#[cfg(not(feature = "enable"))]
mod off;
#[cfg(feature = "enable")]
mod outcome;
#[cfg(feature = "enable")]
mod panics;
#[cfg(feature = "enable")]
mod process;
#[cfg(feature = "enable")]
mod recent;
#[cfg(feature = "enable")]
mod redact;
#[cfg(feature = "enable")]
mod report;
#[cfg(feature = "enable")]
mod roots;
#[cfg(feature = "enable")]
mod run;
mod secret;
#[cfg(feature = "enable")]
mod server;
#[cfg(feature = "enable")]
mod site;
#[cfg(feature = "enable")]
pub mod slo;
#[cfg(feature = "enable")]
mod spawn;
#[cfg(feature = "enable")]
mod start;
mod status;
#[cfg(feature = "enable")]
mod story;
#[cfg(feature = "enable")]
mod sync;
#[cfg(feature = "enable")]
mod table;
#[cfg(feature = "enable")]
mod tally;
#[cfg(feature = "testkit")]
pub mod testkit;
#[cfg(all(feature = "enable", not(feature = "testkit")))]
#[path = "testkit/off.rs"]
mod testkit;
#[cfg(feature = "enable")]
mod thread;
#[cfg(feature = "enable")]
mod throttle;
#[cfg(feature = "enable")]
mod trace;
#[cfg(feature = "enable")]
mod trace_context;
mod traces_sampler;
#[cfg(feature = "enable")]
mod unseen;
#[cfg(feature = "enable")]
mod verdict;
#[cfg(feature = "enable")]
mod within;
#[cfg(feature = "enable")]
mod worker;

pub use monitor_macros::{MonitorError, MonitorLabel, monitored};

pub use classify::{Class, Classify};
pub use label::MonitorLabel;
pub use log_format::LogFormat;
pub use objective::Objective;
pub use secret::Secret;
pub use traces_sampler::TracesSampler;

#[cfg(feature = "enable")]
pub use builder::Builder;
#[cfg(feature = "enable")]
pub use config::{ConfigError, SETTINGS, Setting};
#[cfg(feature = "enable")]
pub use health::{Check, Heartbeat, InvalidCheck};
#[cfg(feature = "enable")]
pub use init::StartError;
#[cfg(feature = "enable")]
pub use inventory::{INVENTORY_SCHEMA, Inventory, inventory};
#[cfg(feature = "enable")]
pub use lines::{EventCounter, JsonLayer, QueuedStdout, event_counter, json_layer, queued_stdout};
#[cfg(feature = "enable")]
pub use log_filter::{LogFilter, LogFilterError};
#[cfg(feature = "enable")]
pub use monitor::Monitor;
#[cfg(feature = "enable")]
pub use report::{SentryLayer, sentry_layer};
#[cfg(feature = "enable")]
pub use server::BindError;
#[cfg(feature = "enable")]
pub use spawn::{Scoped, scoped, spawn, spawn_blocking};
#[cfg(feature = "enable")]
pub use trace_context::{SpanId, TraceContext, TraceId, current_trace_id, inject, trace_context};

#[cfg(not(feature = "enable"))]
pub use off::{
    Builder, Check, Heartbeat, InvalidCheck, LogFilter, LogFilterError, Monitor, StartError,
    scoped, slo,
};
