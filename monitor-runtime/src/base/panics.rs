//! A panic that has begun, and which line of the log tells it.
//!
//! The panic hook sees every panic, but knows neither how long the call took nor how the request
//! ended. So it leaves a panic to the line of the function or the request that the panic will end.
//! If there is neither, it writes a line of its own. Each panic is [claimed](Panic::claim) by one
//! line.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use crate::base::redact::without_secrets;
use crate::base::verdict;
use crate::base::verdict::text_within;

/// The longest part of a backtrace that is searched, in bytes.
const MAX_BACKTRACE: usize = 64 * 1024;

/// A panic as the hook saw it.
#[derive(Debug)]
pub(crate) struct Panic {
    /// `panic: <message> at <file>:<line>`.
    pub(crate) text: String,
    /// The name of its thread.
    pub(crate) thread: String,
    /// The backtrace, if `RUST_BACKTRACE` asks for one.
    pub(crate) backtrace: Option<String>,
    pub(crate) at: Instant,
    claimed: AtomicBool,
}

/// Returns the frames between the start of the thread and the panic, as the standard library shows
/// them. The other frames belong to panicking and to starting a thread.
fn without_ends(backtrace: &str) -> &str {
    const PANICKING: [&str; 4] = [
        "rust_begin_unwind\n",
        "core::panicking::",
        "std::panicking::begin_panic",
        "core::result::unwrap_failed\n",
    ];
    let frame_end = |at: usize| {
        // A frame is a line with its name, sometimes followed by a line with its place.
        let rest = &backtrace[at..];
        let place = rest.find('\n').map_or(rest.len(), |end| end + 1);
        let has_place = rest[place..].trim_start().starts_with("at ");
        let end = if has_place {
            rest[place..].find('\n')
        } else {
            Some(0)
        };
        end.map_or(backtrace.len(), |end| at + place + end)
    };
    let ends = PANICKING.iter().filter_map(|name| backtrace.rfind(name));
    let begin = ends.map(frame_end).max().unwrap_or(0);
    let shown = &backtrace[begin..];
    let end = shown.find("std::sys::backtrace::__rust_begin_short_backtrace");
    let shown = end.map_or(shown, |end| &shown[..end]);
    let whole = shown.rfind('\n').filter(|_| end.is_some());
    whole
        .map_or(shown, |end| &shown[..end])
        .trim_start_matches('\n')
}

/// Returns the message of a panic, or `Box<Any>` for a payload that is no text.
pub(crate) fn message<'a>(info: &'a PanicHookInfo<'_>) -> &'a str {
    let payload = info.payload();
    let text = payload.downcast_ref::<&'static str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("Box<Any>")
}

impl Panic {
    /// Describes a panic; called by the panic hook, on the panic's own thread.
    pub(crate) fn new(info: &PanicHookInfo<'_>) -> Self {
        let message = without_secrets(message(info).to_owned());
        let text = match info.location() {
            Some(place) => format!("panic: {message} at {}:{}", place.file(), place.line()),
            None => format!("panic: {message}"),
        };
        let backtrace = Backtrace::capture();
        let shown = || {
            let whole = text_within(MAX_BACKTRACE, format_args!("{backtrace}"));
            verdict::text(format_args!("{}", without_ends(&whole)))
        };
        let captured = backtrace.status() == BacktraceStatus::Captured;
        Self {
            text,
            thread: thread::current().name().unwrap_or("<unnamed>").to_owned(),
            backtrace: captured.then(shown),
            at: Instant::now(),
            claimed: AtomicBool::new(false),
        }
    }

    /// Returns `true` to one caller only: the line that is to report it.
    pub(crate) fn claim(&self) -> bool {
        !self.claimed.swap(true, Ordering::AcqRel)
    }

    /// Returns `true` if a line has reported it.
    pub(crate) fn is_claimed(&self) -> bool {
        self.claimed.load(Ordering::Acquire)
    }
}
