//! The trace that the current code works for: [W3C Trace Context](https://www.w3.org/TR/trace-context/).
//!
//! The HTTP edge ([`http`](crate::http)) takes a request's `traceparent` header in, or begins a trace. From there on, log lines,
//! exemplars and Sentry events have its trace id. [`inject`] passes it to the next service, [`current`] reads it, and
//! [`TraceContext`] follows it into code that the edge and [`task`](crate::task) do not reach.
//!
//! ```
//! use monitor_runtime::trace::{self, TraceContext};
//!
//! let context = TraceContext::new();
//! let mut headers = http::HeaderMap::new();
//! context.scope(|| trace::inject(&mut headers));
//! let traceparent = headers["traceparent"].to_str().unwrap();
//! assert!(traceparent.contains(&context.trace_id().to_string()));
//! ```

pub use crate::context::trace::{
    SpanId, TraceContext, TraceId, current_trace_id, inject, trace_context as current,
};
pub use crate::settings::traces_sampler::TracesSampler;
