//! Local traces: the story of one request, kept while it runs and judged when it ends.
//!
//! A local trace begins with a request at the HTTP edge, or with a task. Every monitored call inside
//! it adds a [`Span`](span::Span) to one bounded [record]. When the request ends, [`judge`] decides
//! if the record is kept and why, and [`store`] keeps the last ones of each route. [`live`] lists
//! those that still run.
//!
//! The code that a thread runs finds its local trace through its trace context, see
//! [`context::trace`](crate::context::trace).

pub(crate) mod export;
mod ids;
pub(crate) mod judge;
pub(crate) mod lines;
pub(crate) mod live;
mod polls;
pub(crate) mod record;
mod rest;
pub(crate) mod share;
mod slots;
pub(crate) mod span;
pub(crate) mod store;
pub(crate) mod tree;
mod waits;

pub(crate) use ids::{Ids, Origin, random};
pub use ids::{SpanId, TraceId};
pub(crate) use record::LocalTrace;
pub(crate) use slots::SpanKey;
pub(crate) use span::{SpanEnd, Subject};

#[cfg(test)]
mod tests;
