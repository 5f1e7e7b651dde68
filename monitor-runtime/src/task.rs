//! Tasks that keep the trace and the scope of the code that spawned them.
//!
//! `tokio::spawn` starts a task without the caller's span, trace and Sentry scope, so that its lines and events cannot be found
//! by the request's trace id. [`spawn`] and [`spawn_blocking`] stand where tokio's functions of the same name do, and
//! [`scoped`] wraps a future for any other way to run a task, such as a `JoinSet`.
//!
//! ```
//! # #[tokio::main]
//! # async fn main() -> Result<(), tokio::task::JoinError> {
//! let receipt = monitor_runtime::task::spawn(async { "sent" }).await?;
//! assert_eq!(receipt, "sent");
//! # Ok(())
//! # }
//! ```

pub use crate::call::spawn::{Scoped, scoped, spawn, spawn_blocking};
