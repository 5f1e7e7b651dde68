//! The one layer around the user's body, and the guards that leave no way out unrecorded.
//!
//! A function that returns is timed by [`run`], a future by [`run_async`], a body that has to stay
//! where it is by [`Inline`].

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::call::{Call, End};
use crate::start::Start;
use crate::story::Stretch;
use crate::verdict::Verdict;

// What is generic here is compiled once per annotated function, so it only hands over to what is
// not: each of `Open`, `resume` and `Running` is one call of code that exists once.

/// Runs the body of a function and records how it ended.
#[inline]
pub fn run<R>(
    start: Start,
    body: impl FnOnce() -> R,
    verdict: impl for<'a> Fn(&'a R) -> Verdict<'a>,
) -> R {
    let mut open = Open::begin(start);
    let returned = body();
    open.end(verdict(&returned));
    returned
}

/// Calls a closure once: what it captured is gone from the place it was written in.
#[inline]
pub fn once<R>(make: impl FnOnce() -> R) -> R {
    make()
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
        Self {
            open: Open::begin(start),
            unwinding: std::thread::panicking(),
        }
    }

    /// Ends the call with what the body returned.
    #[inline]
    pub fn close<'a, R>(&mut self, returned: &'a R, verdict: impl Fn(&'a R) -> Verdict<'a>) {
        self.open.end(verdict(returned));
    }
}

impl Drop for Inline {
    fn drop(&mut self) {
        if self.unwinding || !std::thread::panicking() {
            self.open.end(Verdict::Ok);
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
        future: Some(future),
        start: Some(start),
        call: None,
        verdict,
    }
}

pin_project_lite::pin_project! {
    /// The future of a monitored call.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Monitored<F, V> {
        // Emptied when the call is cancelled, so that the user's `Drop` code runs inside the span.
        #[pin]
        future: Option<F>,
        start: Option<Start>,
        // From the first poll to the end.
        call: Option<Call>,
        verdict: V,
    }

    impl<F, V> PinnedDrop for Monitored<F, V> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(running) = Running::enter(this.call) {
                let _cancelled = Cancelled(running);
                this.future.set(None);
            }
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
        // Only a drop empties it, and nothing polls a dropped future.
        let Some(future) = this.future.as_pin_mut() else {
            return Poll::Pending;
        };
        // Polled after its end: the future itself knows what to say to that.
        let Some(running) = resume(this.start, this.call) else {
            return future.poll(context);
        };
        match future.poll(context) {
            Poll::Ready(returned) => {
                running.finish((this.verdict)(&returned));
                Poll::Ready(returned)
            }
            Poll::Pending => {
                running.suspend();
                Poll::Pending
            }
        }
    }
}

/// A stretch of a call during which the user's code runs: its whole body, or one poll.
///
/// Dropped without [`finish`](Self::finish) or [`suspend`](Self::suspend), it is unwound: *our*
/// code was running, so it is our panic. A future dropped while some other panic unwinds has no
/// stretch and is cancelled.
struct Running<'c> {
    /// `None` once it has ended; what it points to is `None` once the call has.
    call: Option<&'c mut Option<Call>>,
    stretch: Stretch,
}

impl<'c> Running<'c> {
    /// Enters the span of a call; `None` when the call has ended.
    #[inline(never)]
    fn enter(slot: &'c mut Option<Call>) -> Option<Self> {
        let stretch = slot.as_ref()?.enter();
        Some(Self {
            call: Some(slot),
            stretch,
        })
    }

    #[inline(never)]
    fn finish(mut self, verdict: Verdict<'_>) {
        self.end(End::Returned(verdict));
    }

    /// The future waits: the call goes on in a later poll.
    #[inline(never)]
    fn suspend(mut self) {
        if let Some(Some(call)) = self.call.take() {
            call.leave(&self.stretch);
        }
    }

    fn end(&mut self, how: End<'_>) {
        if let Some(call) = self.call.take() {
            end(call, &self.stretch, how);
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.end(End::Panicked);
    }
}

/// The call of a function on whose stack it is; dropped before its end, it is unwound.
struct Open {
    call: Option<Call>,
    stretch: Stretch,
}

impl Open {
    #[inline(never)]
    fn begin(start: Start) -> Self {
        let call = Call::begin(start);
        Self {
            stretch: call.enter(),
            call: Some(call),
        }
    }

    #[inline(never)]
    fn end(&mut self, verdict: Verdict<'_>) {
        end(&mut self.call, &self.stretch, End::Returned(verdict));
    }
}

impl Drop for Open {
    #[inline]
    fn drop(&mut self) {
        end(&mut self.call, &self.stretch, End::Panicked);
    }
}

/// Ends a call that has not ended.
#[inline(never)]
fn end(call: &mut Option<Call>, stretch: &Stretch, end: End<'_>) {
    if let Some(call) = call.take() {
        call.end(end, stretch);
    }
}

/// Goes on with a future, or begins with it; `None` when its call has ended.
#[inline(never)]
fn resume<'c>(start: &mut Option<Start>, call: &'c mut Option<Call>) -> Option<Running<'c>> {
    if let Some(start) = start.take() {
        *call = Some(Call::begin(start));
    }
    Running::enter(call)
}

/// Ends a call as cancelled once the user's future is gone, even if its `Drop` code panics.
struct Cancelled<'c>(Running<'c>);

impl Drop for Cancelled<'_> {
    fn drop(&mut self) {
        self.0.end(End::Cancelled);
    }
}
