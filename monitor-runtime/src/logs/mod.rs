//! Log lines: layers for `tracing`, the queue before standard output, and the filter.
//!
//! [`Builder::start`](crate::Builder::start) installs a subscriber of these layers where the process has none. A service with a
//! subscriber of its own adds the layers that it wants: [`json_layer`] writes each event as one line of JSON, [`queued_stdout`] is
//! a writer that never waits for the reader of standard output, [`event_counter`] counts events by level, and
//! [`request_layer`] adds spans of other crates and lines to the record of their request. [`verbose`] writes the lines of one
//! future that the filter hides.
//!
//! ```
//! use monitor_runtime::logs::{event_counter, json_layer, queued_stdout};
//! use tracing_subscriber::layer::SubscriberExt;
//!
//! let subscriber = tracing_subscriber::registry()
//!     .with(json_layer(queued_stdout()))
//!     .with(event_counter());
//! # drop(subscriber);
//! ```
//!
//! `tracing-subscriber`'s own JSON formatter builds a tree of values per line, and parses the
//! fields of every span anew for each event in it. Here a span's fields become JSON once, when
//! they are recorded, and an event is written straight into a buffer of its thread.

mod call_line;
mod counter;
mod error_chain;
pub(crate) mod export;
pub(crate) mod filter;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod hidden;
mod json;
mod json_text;
mod late;
pub(crate) mod level;
pub(crate) mod places;
mod pretty;
mod queue;
mod queued_stdout;
mod recorded;
mod request_layer;
mod span_fields;
mod stdout;
mod terminal;
mod timestamp;
mod verbose;

use tracing::subscriber::NoSubscriber;
use tracing::{Dispatch, dispatcher};

pub use counter::{EventCounter, event_counter};
pub use json::{JsonLayer, json_layer};
pub use queued_stdout::{NonBlockingStdout, queued_stdout};
pub use request_layer::{RequestLayer, request_layer};
pub use verbose::{Verbose, verbose};

pub use crate::settings::log_filter::{LogFilter, LogFilterError};
pub use crate::settings::log_format::LogFormat;

pub(crate) use call_line::EndedCall;
pub(crate) use counter::counts;
pub(crate) use hidden::{warn_if_forgotten, warn_if_hidden, warn_of_filter};
pub(crate) use late::{Form, end_root, end_trace, write_late_lines_as};
pub(crate) use level::{is_ours, log_filter, reset_log_filter, set_log_filter};
pub(crate) use pretty::PrettyLayer;
pub(crate) use queued_stdout::{dropped_lines, flush, is_flushed, reopen, tell_dropped};
pub(crate) use terminal::SanitizingWriter;

/// Returns `true` if the process or this thread has a subscriber.
// Not `has_been_set`, which stays true once any thread had one for a while.
pub(crate) fn has_subscriber() -> bool {
    !dispatcher::get_default(Dispatch::is::<NoSubscriber>)
}
