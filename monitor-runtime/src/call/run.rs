//! The one layer around the user's body, with guards that record every way out of it.
//!
//! [`run`] times a function that returns, [`run_async`] a future, and [`Inline`] a body that has to
//! stay where it is.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::future::FutureState;
pub(crate) use super::guard::CallGuard;
use crate::base::verdict::Verdict;
use crate::call::End;
use crate::call::judge::{AlwaysOk, ByRule, Judge, Stateless, Untimed};

// Generic code is compiled once per annotated function, so it only hands over to code that is not
// generic: `CallGuard` and `FutureState` exist once. They are made where the arguments are, because the
// compiler emits, for every call that may unwind, the code that drops everything that is alive then.
// `CallGuard` is a guard only while the user's code runs, which costs nothing unless something unwinds.
//
// Functions of three lines, not one with parameters: the macro knows which one a function needs, and each
// further argument is one more that the compiler checks in every annotated function.

/// Runs the body of a function and records how it ended.
#[inline]
#[expect(
    clippy::needless_pass_by_value,
    reason = "a judge has no size, and a borrow is one more thing to check"
)]
pub fn run_by_type<R>(open: CallGuard, body: impl FnOnce() -> R, judge: impl Judge<R>) -> R {
    let returned = body();
    judge.end(open, true, &returned);
    returned
}

/// Runs a function with the judge that a closure would return. The closure is not called; only its type is used.
#[inline]
pub fn run_by_inferred_type<R, J: Judge<R> + Stateless>(
    open: CallGuard,
    body: impl FnOnce() -> R,
    _: impl FnOnce(&R) -> J,
) -> R {
    run_by_type(open, body, J::NEW)
}

/// Runs a function as [`run_by_inferred_type`] does, whose calls are not timed.
#[inline]
pub fn run_untimed_by_inferred_type<R, J: Judge<R> + Stateless>(
    open: CallGuard,
    body: impl FnOnce() -> R,
    _: impl FnOnce(&R) -> J,
) -> R {
    run_by_type(open, body, Untimed(J::NEW))
}

/// Runs a function whose returned value cannot be an error.
#[inline]
pub fn run_plain<R>(open: CallGuard, body: impl FnOnce() -> R) -> R {
    let returned = body();
    open.returned(true, Verdict::Ok);
    returned
}

/// Runs a function whose verdict the attribute decides.
#[inline]
pub fn run<R>(
    open: CallGuard,
    body: impl FnOnce() -> R,
    verdict: impl for<'a> Fn(&'a R) -> Verdict<'a>,
) -> R {
    let returned = body();
    let verdict = verdict(&returned);
    open.returned(true, verdict);
    returned
}

/// Runs a function whose calls are not timed.
#[inline]
pub fn run_untimed<R>(
    open: CallGuard,
    body: impl FnOnce() -> R,
    verdict: impl for<'a> Fn(&'a R) -> Verdict<'a>,
) -> R {
    let returned = body();
    let verdict = verdict(&returned);
    open.returned(false, verdict);
    returned
}

/// Gives a block its type from behind `if false`; it is never called.
#[cold]
pub fn never<T>() -> T {
    unreachable!("it stands behind `if false`")
}

/// Calls a closure once. Variables it captured are then moved out of the surrounding body.
#[inline]
pub fn once<R>(make: impl FnOnce() -> R) -> R {
    make()
}

/// The call of a function whose body cannot move into a closure. Either it returns a closure, whose
/// signature the compiler infers from the function's; or it has `#[track_caller]`, which a closure
/// cannot pass on.
///
/// Dropped without [`close`](Self::close), by `return` or `?`, it ends as ok, or as a panic if one
/// has begun since.
#[must_use]
pub struct Inline {
    open: CallGuard,
    unwinding: bool,
    /// `true` if only a macro can have left the body early.
    through: bool,
}

impl Inline {
    /// Creates the guard of a call that has begun.
    pub fn new(open: CallGuard) -> Self {
        Self {
            open,
            unwinding: std::thread::panicking(),
            through: false,
        }
    }

    /// Creates the guard of a call whose body has no `return` and no `?`. Only a macro can then
    /// leave the body early, and macros such as `bail!` do so with an error.
    pub fn through(open: CallGuard) -> Self {
        let mut inline = Self::new(open);
        inline.through = true;
        inline
    }

    /// Ends the call with what the body returned.
    #[inline]
    pub fn close<'a, R>(&mut self, returned: &'a R, verdict: impl Fn(&'a R) -> Verdict<'a>) {
        self.end(End::Returned(&verdict(returned)));
    }

    fn end(&mut self, end: End<'_>) {
        mem::replace(&mut self.open, CallGuard::ENDED).end(end);
    }
}

impl Drop for Inline {
    fn drop(&mut self) {
        if self.unwinding || !std::thread::panicking() {
            let verdict = if self.through {
                Verdict::out_of_sight()
            } else {
                Verdict::Ok
            };
            self.end(End::Returned(&verdict));
        } else {
            self.end(End::Panicked);
        }
    }
}

/// Wraps the body of an `async` function; the call begins with its first poll.
#[inline]
pub fn run_async_by_type<F, J>(state: FutureState, future: F, judge: J) -> Monitored<F, J>
where
    F: Future,
    J: Judge<F::Output>,
{
    Monitored {
        future,
        state,
        judge,
    }
}

/// Runs a future with the judge that a closure would return. The closure is not called; only its type is used.
#[inline]
pub fn run_async_by_inferred_type<F, J, V>(state: FutureState, future: F, _: V) -> Monitored<F, J>
where
    F: Future,
    J: Judge<F::Output> + Stateless,
    V: FnOnce(&F::Output) -> J,
{
    run_async_by_type(state, future, J::NEW)
}

/// Runs a future as [`run_async_by_inferred_type`] does, whose calls are not timed.
#[inline]
pub fn run_async_untimed_by_inferred_type<F, J, V>(
    state: FutureState,
    future: F,
    _: V,
) -> Monitored<F, Untimed<J>>
where
    F: Future,
    J: Judge<F::Output> + Stateless,
    V: FnOnce(&F::Output) -> J,
{
    run_async_by_type(state, future, Untimed(J::NEW))
}

/// Runs a future whose output cannot be an error.
#[inline]
pub fn run_async_plain<F: Future>(state: FutureState, future: F) -> Monitored<F, AlwaysOk> {
    Monitored {
        future,
        state,
        judge: AlwaysOk,
    }
}

/// Runs a future whose verdict the attribute decides.
#[inline]
pub fn run_async<F, V>(state: FutureState, future: F, verdict: V) -> Monitored<F, ByRule<V>>
where
    F: Future,
    V: for<'a> Fn(&'a F::Output) -> Verdict<'a>,
{
    Monitored {
        future,
        state,
        judge: ByRule(verdict),
    }
}

/// Runs a future that is not timed, and whose verdict the attribute decides.
#[inline]
pub fn run_async_untimed<F, V>(
    state: FutureState,
    future: F,
    verdict: V,
) -> Monitored<F, Untimed<ByRule<V>>>
where
    F: Future,
    V: for<'a> Fn(&'a F::Output) -> Verdict<'a>,
{
    Monitored {
        future,
        state,
        judge: Untimed(ByRule(verdict)),
    }
}

pin_project_lite::pin_project! {
    /// The future of a monitored call.
    #[must_use = "futures do nothing unless you `.await` or poll them"]
    pub struct Monitored<F, J> {
        // Declared before the state, so that it is dropped first: the user's `Drop` code runs
        // inside the span.
        #[pin]
        future: F,
        state: FutureState,
        judge: J,
    }

    impl<F, J> PinnedDrop for Monitored<F, J> {
        fn drop(this: Pin<&mut Self>) {
            this.project().state.reopen();
        }
    }
}

impl<F: Future, J: Judge<F::Output>> Future for Monitored<F, J> {
    type Output = F::Output;

    #[inline]
    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let open = this.state.enter();
        let polled = this.future.poll(context);
        if let Poll::Ready(returned) = &polled {
            this.judge.end(open, true, returned);
        } else {
            this.state.rest(open);
        }
        polled
    }
}
