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

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod builder;
mod call;
mod cells;
mod classes;
mod classify;
mod clock;
mod config;
mod events;
mod fields;
mod health;
mod init;
mod lifecycle;
mod metrics;
mod monitor;
mod name;
mod outcome;
mod report;
mod server;
mod site;
mod start;
mod story;
mod tally;
#[cfg(feature = "testkit")]
pub mod testkit;
#[cfg(not(feature = "testkit"))]
#[path = "testkit/off.rs"]
mod testkit;
mod throttle;
mod trace;
mod verdict;
mod worker;

pub use monitor_macros::{MonitorError, monitored};

pub use builder::Builder;
pub use classify::{Class, Classify};
pub use config::{ConfigError, LogFormat, SETTINGS, Setting};
pub use health::{Check, InvalidCheck};
pub use init::StartError;
pub use monitor::Monitor;
pub use server::BindError;
