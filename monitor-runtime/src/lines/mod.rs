//! Log lines as JSON: a layer that writes each event in one piece, and the queue it writes to.
//!
//! `tracing-subscriber`'s own JSON formatter builds a tree of values per line, and parses the
//! fields of every span anew for each event in it. Here a span's fields become JSON once, when
//! they are recorded, and an event is written straight into a buffer of its thread.

mod chain;
mod counter;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod json;
mod output;
pub(crate) mod panics;
mod pretty;
mod queue;
mod span;
mod stamp;
mod stdout;
mod tame;
mod text;

pub use counter::{EventCounter, event_counter};
pub use json::{JsonLayer, json_layer};
pub use output::{QueuedStdout, queued_stdout};

pub(crate) use counter::counts;
pub(crate) use output::{dropped_lines, flush, is_flushed, reopen};
pub(crate) use pretty::PrettyLayer;
pub(crate) use tame::Tame;
