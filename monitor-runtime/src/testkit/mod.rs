//! Captures what monitored code did, for assertions in a test.
//!
//! [`capture`] runs a closure, [`capture_async`] a future. Both return the monitored calls that
//! ended meanwhile, the events that were logged, and those that Sentry would have been sent.
//! Nothing has to be started. Tests that run at the same time see only their own calls, and send
//! nothing.
//!
//! ```
//! use monitor_runtime::{monitored, testkit};
//!
//! #[monitored(args(id))]
//! fn find(id: u64) -> Result<u64, String> {
//!     if id < 100 { Ok(id) } else { Err(format!("no row with key {id}")) }
//! }
//!
//! # fn main() {
//! let (found, seen) = testkit::capture(|| find(700));
//! assert!(found.is_err());
//! seen.call("find").assert_error("no row with key 700").assert_field("id", "700");
//! seen.assert_captured(&["no row with key 700"]);
//! # }
//! ```
//!
//! A capture follows its closure on the thread that called it, and its future wherever it is
//! polled. It does not follow into threads and tasks that these start; [`Capture::current`] takes
//! it along.

mod call;
mod log;
mod log_event;
mod seen;

use std::any::Any;
use std::future::Future;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ::sentry::protocol::Event as SentryEvent;
use ::sentry::types::Uuid;
use tracing::dispatcher::{self, Dispatch};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;

pub use call::Call;
pub use log_event::LogEvent;
pub use seen::Seen;

use crate::base::scoped_future::{Place, Within};
use crate::callsite::Site;
use crate::callsite::events::Completion;
use crate::context::capture::{self, CallNumber, Inside, Sink};
use crate::sentry;

/// Runs `body` and returns what monitored code did meanwhile on this thread.
pub fn capture<R>(body: impl FnOnce() -> R) -> (R, Seen) {
    let capture = Capture::new();
    let value = capture.scope(body);
    (value, capture.seen())
}

/// Runs `future` and returns what monitored code did while it was polled.
pub async fn capture_async<F: Future>(future: F) -> (F::Output, Seen) {
    let capture = Capture::new();
    let value = capture.follow(future).await;
    (value, capture.seen())
}

/// A running capture. [`capture`] makes one, and threads and tasks can join it.
#[derive(Clone)]
pub struct Capture {
    seen: Arc<Mutex<Seen>>,
    log: Dispatch,
    /// The number of the call that its code is inside.
    around: Option<u64>,
}

impl Capture {
    fn new() -> Self {
        // The hook sees panics. It stays installed, and does nothing outside captures and services.
        sentry::install_hook();
        sentry::accept_events();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let layer = log::Keep {
            seen: Arc::clone(&seen),
        };
        let layers = Registry::default().with(layer).with(sentry::sentry_layer());
        let log = Dispatch::new(layers);
        Self {
            seen,
            log,
            around: None,
        }
    }

    /// Returns the capture this code runs in.
    ///
    /// ```
    /// use monitor_runtime::{monitored, testkit};
    ///
    /// #[monitored]
    /// fn work() {}
    ///
    /// # fn main() {
    /// let ((), seen) = testkit::capture(|| {
    ///     let capture = testkit::Capture::current().expect("inside `capture`");
    ///     std::thread::spawn(move || capture.scope(work)).join().unwrap();
    /// });
    /// seen.call("work").assert_ok();
    /// # }
    /// ```
    pub fn current() -> Option<Self> {
        let sink: Rc<dyn Any> = capture::current()?;
        let capture = sink.downcast::<Self>().ok()?;
        let around = capture::innermost();
        Some(Self {
            around,
            ..(*capture).clone()
        })
    }

    /// Runs `body` inside this capture.
    pub fn scope<R>(&self, body: impl FnOnce() -> R) -> R {
        let _inside = Inside::enter(Rc::new(self.clone()), self.around);
        dispatcher::with_default(&self.log, body)
    }

    /// Polls `future` inside this capture, and drops it there too.
    pub fn follow<F: Future>(&self, future: F) -> impl Future<Output = F::Output> + use<F> {
        Within::new(future, self.clone())
    }

    /// Returns everything that was captured so far.
    pub fn seen(&self) -> Seen {
        lock(&self.seen).clone()
    }
}

impl Place for Capture {
    fn enter<T>(&self, code: impl FnOnce() -> T) -> T {
        self.scope(code)
    }
}

impl Sink for Capture {
    fn ended(&self, site: &Site, completion: &Completion<'_>, number: CallNumber) {
        let call = Call::new(site, completion, number);
        lock(&self.seen).calls.push(call);
    }

    fn captured(&self, event: SentryEvent<'static>) {
        lock(&self.seen).captures.push(event);
    }

    fn withdraw(&self, event: Uuid) {
        let captures = &mut lock(&self.seen).captures;
        captures.retain(|captured| captured.event_id != event);
    }
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}
