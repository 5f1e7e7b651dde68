//! Log lines as JSON: a layer that writes each event in one piece, and the queue it writes to.
//!
//! `tracing-subscriber`'s own JSON formatter builds a tree of values per line, and parses the
//! fields of every span anew for each event in it. Here a span's fields become JSON once, when
//! they are recorded, and an event is written straight into a buffer of its thread.

mod counter;
mod error_chain;
pub(crate) mod filter;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod hidden;
mod json;
mod json_text;
pub(crate) mod level;
mod pretty;
mod queue;
mod queued_stdout;
mod span_fields;
mod stdout;
mod terminal;
mod timestamp;

pub use counter::{EventCounter, event_counter};
pub use json::{JsonLayer, json_layer};
pub use queued_stdout::{QueuedStdout, queued_stdout};

pub(crate) use counter::counts;
pub(crate) use hidden::{warn_if_hidden, warn_of_filter};
pub(crate) use level::{is_ours, log_filter, reset_log_filter, set_log_filter};
pub(crate) use pretty::PrettyLayer;
pub(crate) use queued_stdout::{dropped_lines, flush, is_flushed, reopen};
pub(crate) use terminal::Tame;
