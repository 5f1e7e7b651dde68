//! The ground that every other room stands on: the clock, outcomes, bounded and escaped text, verdicts
//! on returned values, panics kept in, and threads of the runtime. Nothing in here knows of a call site.

pub(crate) mod class;
pub(crate) mod classify;
#[cfg(feature = "enable")]
pub(crate) mod clock;
#[cfg(feature = "enable")]
pub(crate) mod escape;
#[cfg(feature = "enable")]
pub(crate) mod field_value;
#[cfg(feature = "enable")]
pub(crate) mod fields;
#[cfg(all(feature = "enable", unix))]
pub(crate) mod hooks;
#[cfg(all(feature = "enable", not(unix)))]
#[path = "hooks/none.rs"]
pub(crate) mod hooks;
#[cfg(any(feature = "otlp", feature = "sentry"))]
pub(crate) mod outage;
#[cfg(feature = "enable")]
pub(crate) mod outbox;
#[cfg(feature = "enable")]
pub(crate) mod outcome;
#[cfg(feature = "enable")]
pub(crate) mod panics;
#[cfg(feature = "enable")]
pub(crate) mod pool;
#[cfg(any(feature = "otlp", feature = "sentry"))]
pub(crate) mod post;
#[cfg(feature = "enable")]
pub(crate) mod rate_limit;
#[cfg(feature = "enable")]
pub(crate) mod redact;
#[cfg(any(feature = "http-check", feature = "otlp", feature = "sentry"))]
pub(crate) mod roots;
#[cfg(feature = "enable")]
pub(crate) mod scoped_future;
#[cfg(feature = "enable")]
pub(crate) mod spread;
pub(crate) mod status;
#[cfg(feature = "enable")]
pub(crate) mod sync;
#[cfg(feature = "enable")]
pub(crate) mod thread_state;
#[cfg(feature = "enable")]
pub(crate) mod unwind;
#[cfg(feature = "enable")]
pub(crate) mod verdict;
#[cfg(feature = "enable")]
pub(crate) mod wakes;
#[cfg(feature = "enable")]
pub(crate) mod worker;
