//! Polls and drops a future inside a context, such as a trace or a test's capture.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use crate::base::outcome::Outcome;

/// A context that code can run in: a trace, a scope, a test's capture.
pub(crate) trait Place {
    /// Runs code in the context.
    fn enter<T>(&self, code: impl FnOnce() -> T) -> T;

    /// Notes that the future has ended.
    fn end(&self) {}

    /// Runs code that drops the future before its end.
    fn cancel<T>(&self, code: impl FnOnce() -> T) -> T {
        self.enter(code)
    }
}

/// The progress of code that runs in a context, which tells how it ended.
#[derive(Default)]
pub(crate) struct Progress {
    /// `true` while the code runs; after a panic, for ever.
    runs: AtomicBool,
    has_ended: AtomicBool,
}

impl Progress {
    /// Runs a part of the code.
    pub(crate) fn run<T>(&self, code: impl FnOnce() -> T) -> T {
        let before = self.runs.swap(true, Ordering::Relaxed);
        let result = code();
        self.runs.store(before, Ordering::Relaxed);
        result
    }

    /// Notes that the code has ended.
    pub(crate) fn end(&self) {
        self.has_ended.store(true, Ordering::Relaxed);
    }

    /// Returns the outcome of code that does not run again.
    pub(crate) fn outcome(&mut self) -> Outcome {
        match (self.runs.get_mut(), self.has_ended.get_mut()) {
            (true, _) => Outcome::Panic,
            (false, true) => Outcome::Ok,
            (false, false) => Outcome::Cancelled,
        }
    }
}

pin_project_lite::pin_project! {
    /// A future that runs in a context from its first poll to its drop.
    pub(crate) struct Within<F, P>
    where
        P: Place,
    {
        // Set to `None` inside the context, so that `Drop` code runs there, too.
        #[pin]
        future: Option<F>,
        place: P,
    }

    impl<F, P> PinnedDrop for Within<F, P>
    where
        P: Place,
    {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if this.future.is_some() {
                this.place.cancel(|| this.future.set(None));
            }
        }
    }
}

impl<F, P: Place> Within<F, P> {
    pub(crate) fn new(future: F, place: P) -> Self {
        Self {
            future: Some(future),
            place,
        }
    }

    pub(crate) fn place(&self) -> &P {
        &self.place
    }

    pub(crate) fn place_mut(&mut self) -> &mut P {
        &mut self.place
    }
}

impl<F: Future, P: Place> Future for Within<F, P> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        this.place.enter(|| {
            // Reached only if the future is polled after its end.
            let Some(future) = this.future.as_mut().as_pin_mut() else {
                return Poll::Pending;
            };
            let polled = future.poll(context);
            if polled.is_ready() {
                this.place.end();
                this.future.set(None);
            }
            polled
        })
    }
}
