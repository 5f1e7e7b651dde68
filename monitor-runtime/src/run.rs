//! The one layer around the user's body, and the guards that leave no way out unrecorded.
//!
//! A function that returns is timed by [`run`], a future by [`run_async`], a body that has to stay
//! where it is by [`Inline`].

mod open;

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use self::open::{Open, State};
use crate::call::End;
use crate::start::Start;
use crate::verdict::Verdict;

// What is generic here is compiled once per annotated function, so it only hands over to what is
// not: `Open` and `State` are code that exists once. A guard stands behind the user's code only
// while it runs and is then forgotten, which costs nothing unless something unwinds.

/// Runs the body of a function and records how it ended.
#[inline]
pub fn run<R>(
    start: Start,
    body: impl FnOnce() -> R,
    verdict: impl for<'a> Fn(&'a R) -> Verdict<'a>,
) -> R {
    let mut open = Open::Ended;
    open.begin(start);
    let guard = Unwound(&mut open);
    let returned = body();
    let verdict = verdict(&returned);
    mem::forget(guard);
    open.returned(&verdict);
    returned
}

/// Calls a closure once: what it captured is gone from the place it was written in.
#[inline]
pub fn once<R>(make: impl FnOnce() -> R) -> R {
    make()
}

/// Dropped, it ends the call as a panic: *our* code was running. A future dropped while some
/// other panic unwinds is not polled meanwhile, and cancelled.
struct Unwound<'o>(&'o mut Open);

impl Drop for Unwound<'_> {
    fn drop(&mut self) {
        self.0.end(End::Panicked);
    }
}

/// The call of a function whose body stays in it: it returns a closure, which takes its signature
/// from there, or it wants to know its caller, which a closure cannot pass on.
///
/// Dropped without [`close`](Self::close), by `return` or `?`, it ends as ok, or as a panic if one
/// has begun since.
#[must_use]
pub struct Inline {
    open: Open,
    unwinding: bool,
}

impl Inline {
    /// Begins the call.
    pub fn begin(start: Start) -> Self {
        let mut open = Open::Ended;
        open.begin(start);
        Self {
            open,
            unwinding: std::thread::panicking(),
        }
    }

    /// Ends the call with what the body returned.
    #[inline]
    pub fn close<'a, R>(&mut self, returned: &'a R, verdict: impl Fn(&'a R) -> Verdict<'a>) {
        self.open.end(End::Returned(&verdict(returned)));
    }
}

impl Drop for Inline {
    fn drop(&mut self) {
        if self.unwinding || !std::thread::panicking() {
            self.open.end(End::Returned(&Verdict::Ok));
        } else {
            self.open.end(End::Panicked);
        }
    }
}

/// Wraps the body of an `async` function; the call begins with its first poll.
#[inline]
pub fn run_async<F, V>(start: Start, future: F, verdict: V) -> Monitored<F, V>
where
    F: Future,
    V: for<'a> Fn(&'a F::Output) -> Verdict<'a>,
{
    Monitored {
        future,
        state: State::New(start),
        verdict,
    }
}

pin_project_lite::pin_project! {
    /// The future of a monitored call.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Monitored<F, V> {
        // Dropped before the state: the user's `Drop` code runs inside the span.
        #[pin]
        future: F,
        state: State,
        verdict: V,
    }

    impl<F, V> PinnedDrop for Monitored<F, V> {
        fn drop(this: Pin<&mut Self>) {
            this.project().state.reopen();
        }
    }
}

impl<F, V> Future for Monitored<F, V>
where
    F: Future,
    V: for<'a> Fn(&'a F::Output) -> Verdict<'a>,
{
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        // Polled after its end, it opens nothing: the future itself knows what to say to that.
        let mut open = Open::Ended;
        this.state.enter(&mut open);
        let guard = Unwound(&mut open);
        if let Poll::Ready(returned) = this.future.poll(context) {
            let verdict = (this.verdict)(&returned);
            mem::forget(guard);
            open.returned(&verdict);
            Poll::Ready(returned)
        } else {
            mem::forget(guard);
            this.state.rest(&mut open);
            Poll::Pending
        }
    }
}
