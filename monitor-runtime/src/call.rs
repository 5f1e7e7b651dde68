//! One call, from its beginning to whichever end it finds.
//!
//! A function that returns is timed by [`run`], a future by [`run_async`]: the one layer around
//! the user's body. Everything is recorded through [`Call::finish`], and a guard sees to it that
//! there is no way out without it.

use std::future::Future;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::pin::Pin;
use std::task::{Context, Poll};

use tracing::Span;
use tracing::level_filters::LevelFilter;

use crate::events::Completion;
use crate::fields::Recorded;
use crate::outcome::Outcome;
use crate::site::Site;
use crate::start::Start;
use crate::story::{self, Memory, Stretch};
use crate::verdict::{ErrorView, Verdict};
use crate::{cells, clock, report};

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

/// A call that has begun and not ended.
struct Call {
    site: &'static Site,
    /// In ticks of the clock.
    began: u64,
    span: Span,
    fields: Option<Box<[Recorded]>>,
    memory: Memory,
}

// A span holds no state of the user's that a panic could leave half done.
impl UnwindSafe for Call {}
impl RefUnwindSafe for Call {}

impl Call {
    fn begin(start: Start) -> Self {
        let Start {
            site,
            fields,
            relations,
        } = start;
        let span = if site.span && site.level <= LevelFilter::current() {
            site.events().open(fields.as_deref(), relations.as_deref())
        } else {
            Span::none()
        };
        if site.is_counted() {
            cells::with(site, cells::Cells::started);
        }
        Self {
            site,
            began: if site.is_timed() { clock::now() } else { 0 },
            span,
            fields,
            memory: Memory::default(),
        }
    }

    /// The user's code begins to run, or goes on.
    fn enter(&self) -> Stretch {
        self.span
            .with_subscriber(|(id, subscriber)| subscriber.enter(id));
        Stretch::begin(self.site)
    }

    /// Ticks since it began; 0 where calls are not timed.
    fn ticks(&self) -> u64 {
        if self.site.is_timed() {
            clock::since(self.began)
        } else {
            0
        }
    }

    /// Counts the call, and tells those who want to know.
    fn finish(self, end: End<'_>, ticks: u64, stretch: &Stretch) {
        let site = self.site;
        let outcome = end.outcome();
        if site.is_counted() {
            let end = cells::End {
                outcome,
                class: end.class().map(|class| site.classes().place(class)),
                ticks,
                bucket: site.bucket(ticks),
                slots: site.slots(),
            };
            cells::with(site, |cells| cells.finished(end));
        }
        let slow = site
            .slow
            .is_some_and(|limit| clock::is_longer(ticks, limit));
        let level = match end {
            End::Returned(Verdict::Shown(_)) => site.ret_level.unwrap_or(site.level),
            _ => site.level,
        };
        if outcome != Outcome::Ok || slow || site.level.max(level) <= LevelFilter::current() {
            self.tell(end, ticks, slow, stretch);
        }
        story::tick();
    }

    /// Everything about an end but its count: log, span, Sentry.
    #[cold]
    fn tell(self, end: End<'_>, ticks: u64, slow: bool, stretch: &Stretch) {
        let (loud, error) = match end {
            End::Returned(Verdict::Error(view)) => self.failed(view, stretch),
            End::Panicked => {
                let (first, message) = story::first_to_unwind(stretch);
                (first, message.map(|message| message.as_ref().to_owned()))
            }
            End::Returned(Verdict::Ok | Verdict::Shown(_)) | End::Cancelled => (false, None),
        };
        let value = match end {
            End::Returned(Verdict::Shown(value)) => Some(value),
            _ => None,
        };
        let completion = Completion {
            outcome: end.outcome(),
            seconds: self.site.is_timed().then(|| clock::seconds(ticks)),
            error: error.as_deref(),
            class: end.class().unwrap_or_default(),
            loud,
            slow,
            value,
            fields: self.fields.as_deref(),
        };
        self.site.events().close(self.site, &self.span, &completion);
    }

    /// Whether an error came out of monitored code here for the first time and nobody expected
    /// it, and its text.
    fn failed(&self, view: ErrorView<'_>, stretch: &Stretch) -> (bool, Option<String>) {
        let chain = view.chain(self.site.error_format);
        let first = story::is_first(stretch, &self.memory, &chain);
        let loud = first && !view.expected;
        if loud && view.report && report::is_on() && self.site.may_report() {
            report::error(self.site, &chain, view.class, self.fields.as_deref());
        }
        let texts: Vec<&str> = chain.iter().map(|link| link.text.as_str()).collect();
        (loud, Some(texts.join(": ")))
    }
}

/// The ends a call can find.
#[derive(Clone, Copy)]
enum End<'a> {
    Returned(Verdict<'a>),
    Panicked,
    Cancelled,
}

impl End<'_> {
    #[inline]
    fn outcome(self) -> Outcome {
        match self {
            Self::Returned(Verdict::Ok | Verdict::Shown(_)) => Outcome::Ok,
            Self::Returned(Verdict::Error(_)) => Outcome::Error,
            Self::Panicked => Outcome::Panic,
            Self::Cancelled => Outcome::Cancelled,
        }
    }

    /// The class of an error that has one.
    #[inline]
    fn class(self) -> Option<&'static str> {
        match self {
            Self::Returned(Verdict::Error(view)) if !view.class.is_empty() => Some(view.class),
            _ => None,
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
            call.span
                .with_subscriber(|(id, subscriber)| subscriber.exit(id));
            call.memory.keep(&self.stretch);
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
        // The clock first: what follows is not the user's time.
        let ticks = call.ticks();
        call.span
            .with_subscriber(|(id, subscriber)| subscriber.exit(id));
        call.finish(end, ticks, stretch);
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

/// The call of a function whose body cannot be moved into a closure.
///
/// It ends when this goes; a panic that has begun since was the body's.
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
}

impl Drop for Inline {
    fn drop(&mut self) {
        if self.unwinding || !std::thread::panicking() {
            self.open.end(Verdict::Ok);
        }
    }
}

/// Ends a call as cancelled once the user's future is gone, even if its `Drop` code panics.
struct Cancelled<'c>(Running<'c>);

impl Drop for Cancelled<'_> {
    fn drop(&mut self) {
        self.0.end(End::Cancelled);
    }
}
