//! What monitored code did, for assertions in a test.
//!
//! [`capture`] runs a closure, [`capture_async`] a future, and both say which monitored calls ended
//! meanwhile, what was logged, and what Sentry would have been sent. Nothing has to be started, and
//! nothing of the process is changed: tests that run at the same time see only their own.
//!
//! ```
//! use monitor_runtime::{monitored, testkit};
//!
//! #[monitored(args(id))]
//! fn find(id: u64) -> Result<u64, String> {
//!     if id < 100 { Ok(id) } else { Err(format!("no row with key {id}")) }
//! }
//!
//! let (found, seen) = testkit::capture(|| find(700));
//! assert!(found.is_err());
//! seen.call("find").assert_error("no row with key 700").assert_field("id", "700");
//! seen.assert_captured(&["no row with key 700"]);
//! ```
//!
//! A capture follows its closure on the thread that called it, and its future wherever it is
//! polled. Threads and tasks that these start are their own; [`Capture::current`] takes a capture
//! along to them.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sentry::protocol::Event as SentryEvent;
use tracing::dispatcher::{self, Dispatch};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;

use crate::fields::Recorded;
use crate::outcome::Outcome;
use crate::site::Site;
use crate::{report, story};

mod log;

pub use log::LogEvent;

/// Runs `body` and says what monitored code did meanwhile on this thread.
pub fn capture<R>(body: impl FnOnce() -> R) -> (R, Seen) {
    let capture = Capture::new();
    let value = capture.scope(body);
    (value, capture.seen())
}

/// Runs `future` and says what monitored code did while it was polled.
pub async fn capture_async<F: Future>(future: F) -> (F::Output, Seen) {
    let capture = Capture::new();
    let value = capture.follow(future).await;
    (value, capture.seen())
}

/// Where what is seen goes; [`capture`] makes one, threads and tasks can take it along.
#[derive(Clone)]
pub struct Capture {
    seen: Arc<Mutex<Seen>>,
    log: Dispatch,
}

thread_local! {
    static CURRENT: RefCell<Vec<Capture>> = const { RefCell::new(Vec::new()) };
}

impl Capture {
    fn new() -> Self {
        // Panics are seen by the hook; it stays, and does nothing outside captures and services.
        report::install_hook();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let layer = log::Keep { seen: Arc::clone(&seen) };
        let log = Dispatch::new(Registry::default().with(layer));
        Self { seen, log }
    }

    /// The capture this code runs in.
    ///
    /// ```
    /// use monitor_runtime::{monitored, testkit};
    ///
    /// #[monitored]
    /// fn work() {}
    ///
    /// let ((), seen) = testkit::capture(|| {
    ///     let capture = testkit::Capture::current().expect("inside `capture`");
    ///     std::thread::spawn(move || capture.scope(work)).join().unwrap();
    /// });
    /// seen.call("work").assert_ok();
    /// ```
    pub fn current() -> Option<Self> {
        CURRENT.try_with(|current| current.borrow().last().cloned()).ok().flatten()
    }

    /// Runs `body` inside this capture.
    pub fn scope<R>(&self, body: impl FnOnce() -> R) -> R {
        let _inside = Inside::enter(self);
        dispatcher::with_default(&self.log, body)
    }

    /// Polls `future` inside this capture.
    pub async fn follow<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        std::future::poll_fn(|context| self.scope(|| future.as_mut().poll(context))).await
    }

    /// What was seen so far.
    pub fn seen(&self) -> Seen {
        lock(&self.seen).clone()
    }
}

/// The stretch of code during which a capture is the current one of the thread.
struct Inside;

impl Inside {
    fn enter(capture: &Capture) -> Self {
        story::follow(true);
        CURRENT.with(|current| current.borrow_mut().push(capture.clone()));
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        let _ = CURRENT.try_with(|current| current.borrow_mut().pop());
        story::follow(false);
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether this thread is inside a capture.
pub(crate) fn is_active() -> bool {
    CURRENT.try_with(|current| !current.borrow().is_empty()).unwrap_or(false)
}

/// A call ended; kept if a capture is on.
pub(crate) fn ended(
    site: &Site,
    outcome: Outcome,
    class: Option<&str>,
    error: Option<&str>,
    seconds: f64,
    fields: Option<&[Recorded]>,
) {
    let Some(capture) = Capture::current() else { return };
    let names = site.fields.iter().map(|name| (*name).to_owned());
    let values = fields.into_iter().flatten().map(ToString::to_string);
    lock(&capture.seen).calls.push(Call {
        function: site.function().to_owned(),
        module: site.module(),
        result: outcome.as_str(),
        class: class.map(str::to_owned),
        error: error.map(str::to_owned),
        duration: Duration::from_secs_f64(seconds),
        fields: names.zip(values).collect(),
    });
}

/// An event for Sentry; kept instead of sent if a capture is on.
pub(crate) fn captured(event: SentryEvent<'static>) -> Option<SentryEvent<'static>> {
    let Some(capture) = Capture::current() else { return Some(event) };
    lock(&capture.seen).captures.push(event);
    None
}

/// What monitored code did during a capture, in the order in which it happened.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Calls that ended; inner ones before those around them.
    pub calls: Vec<Call>,
    /// Events of `tracing`, ours and the user's.
    pub log: Vec<LogEvent>,
    /// Events that Sentry would have been sent.
    pub captures: Vec<SentryEvent<'static>>,
}

impl Seen {
    /// The only call of `function`.
    ///
    /// # Panics
    ///
    /// When there was none, or more than one; the message lists the calls there were.
    #[track_caller]
    pub fn call(&self, function: &str) -> &Call {
        let calls = self.calls_of(function);
        assert!(calls.len() == 1, "{} calls of `{function}`, not 1; {}", calls.len(), self.list());
        calls[0]
    }

    /// All calls of `function`.
    pub fn calls_of(&self, function: &str) -> Vec<&Call> {
        self.calls.iter().filter(|call| call.function == function).collect()
    }

    /// Asserts which calls ended, and how: `[("find", "ok"), ("save", "error")]`, in their order.
    ///
    /// # Panics
    ///
    /// When they were others; the message lists the calls there were.
    #[track_caller]
    pub fn assert_calls(&self, expected: &[(&str, &str)]) {
        let calls = self.calls.iter().map(|call| (call.function.as_str(), call.result));
        assert!(calls.eq(expected.iter().copied()), "expected {expected:?}; {}", self.list());
    }

    /// Asserts what Sentry would have been sent: one text per event, each part of its exceptions.
    ///
    /// # Panics
    ///
    /// When there were others; the message lists them.
    #[track_caller]
    pub fn assert_captured(&self, expected: &[&str]) {
        let texts: Vec<String> = self.captures.iter().map(exceptions).collect();
        let same = texts.len() == expected.len()
            && texts.iter().zip(expected).all(|(text, part)| text.contains(part));
        assert!(same, "expected captures {expected:?}; there were {texts:?}");
    }

    /// The only event of the log whose message contains `part`.
    ///
    /// # Panics
    ///
    /// When there was none, or more than one; the message lists the log.
    #[track_caller]
    pub fn log_event(&self, part: &str) -> &LogEvent {
        let events: Vec<_> = self.log.iter().filter(|event| event.message.contains(part)).collect();
        let log: Vec<String> = self.log.iter().map(ToString::to_string).collect();
        assert!(events.len() == 1, "{} events with `{part}`, not 1; the log:\n{}", events.len(), log.join("\n"));
        events[0]
    }

    fn list(&self) -> String {
        let calls: Vec<String> = self.calls.iter().map(ToString::to_string).collect();
        if calls.is_empty() { "there were no calls".into() } else { format!("calls:\n{}", calls.join("\n")) }
    }
}

/// The exceptions of an event, outermost first, as one text.
fn exceptions(event: &SentryEvent<'_>) -> String {
    let values = event.exception.values.iter().rev();
    let texts: Vec<&str> = values.filter_map(|exception| exception.value.as_deref()).collect();
    texts.join(": ")
}

/// A monitored call that ended.
#[derive(Clone, Debug)]
pub struct Call {
    /// The `function` label.
    pub function: String,
    /// The `module` label.
    pub module: &'static str,
    /// The `result` label: `ok`, `error` or `cancelled`.
    pub result: &'static str,
    /// The `error` label, where there is one.
    pub class: Option<String>,
    /// The error and its sources, or the message of the panic.
    pub error: Option<String>,
    /// From the beginning of the call to its end.
    pub duration: Duration,
    /// Declared fields, as text.
    pub fields: Vec<(String, String)>,
}

impl Call {
    /// Asserts that the call succeeded.
    ///
    /// # Panics
    ///
    /// When it did not; the message says how it ended.
    #[track_caller]
    pub fn assert_ok(&self) -> &Self {
        assert!(self.result == "ok", "expected ok: {self}");
        self
    }

    /// Asserts that the call failed with an error whose text contains `part`.
    ///
    /// # Panics
    ///
    /// When it did not; the message says how it ended.
    #[track_caller]
    pub fn assert_error(&self, part: &str) -> &Self {
        let failed = self.result == "error" && self.class.as_deref() != Some("panic");
        let text = self.error.as_deref().unwrap_or_default();
        assert!(failed && text.contains(part), "expected an error with `{part}`: {self}");
        self
    }

    /// Asserts that the call panicked with a message that contains `part`.
    ///
    /// # Panics
    ///
    /// When it did not; the message says how it ended.
    #[track_caller]
    pub fn assert_panic(&self, part: &str) -> &Self {
        let text = self.error.as_deref().unwrap_or_default();
        let panicked = self.class.as_deref() == Some("panic");
        assert!(panicked && text.contains(part), "expected a panic with `{part}`: {self}");
        self
    }

    /// Asserts that the call was cancelled.
    ///
    /// # Panics
    ///
    /// When it was not; the message says how it ended.
    #[track_caller]
    pub fn assert_cancelled(&self) -> &Self {
        assert!(self.result == "cancelled", "expected cancelled: {self}");
        self
    }

    /// Asserts the class of the error, as the `error` label has it.
    ///
    /// # Panics
    ///
    /// When it has another or none.
    #[track_caller]
    pub fn assert_class(&self, class: &str) -> &Self {
        assert!(self.class.as_deref() == Some(class), "expected the class `{class}`: {self}");
        self
    }

    /// Asserts the value of a declared field, as text.
    ///
    /// # Panics
    ///
    /// When it has another value, or is not declared.
    #[track_caller]
    pub fn assert_field(&self, name: &str, value: &str) -> &Self {
        let found = self.fields.iter().find(|(field, _)| field == name);
        let found = found.map(|(_, value)| value.as_str());
        assert!(found == Some(value), "expected {name}={value:?}, not {found:?}: {self}");
        self
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {} {}", self.function, self.result)?;
        if let Some(class) = &self.class {
            write!(f, " ({class})")?;
        }
        for (name, value) in &self.fields {
            write!(f, " {name}={value:?}")?;
        }
        if let Some(error) = &self.error {
            write!(f, ": {error}")?;
        }
        Ok(())
    }
}
