//! The builder of a service with the feature `enable` alone has the methods of the parts that are built, and no others.
//!
//! ```
//! let _ = monitor_runtime::builder!().drain(std::time::Duration::ZERO);
//! ```
//!
//! ```compile_fail,E0599
//! let _ = monitor_runtime::builder!().addr("127.0.0.1:0");
//! ```
//!
//! ```compile_fail,E0599
//! let _ = monitor_runtime::builder!().sentry_dsn("https://key@sentry.example/1");
//! ```
