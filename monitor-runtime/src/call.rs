//! One call, from its beginning to whichever end it finds.
//!
//! Everything is recorded through [`Call::end`]; that there is no way out without it is the
//! business of [`run`](crate::run).

use std::panic::{RefUnwindSafe, UnwindSafe};

use tracing::Span;
use tracing::level_filters::LevelFilter;

use crate::events::Completion;
use crate::fields::Recorded;
use crate::outcome::Outcome;
use crate::site::Site;
use crate::start::{Declared, Start};
use crate::story::{self, Memory, Stretch};
use crate::verdict::{ErrorView, Verdict};
use crate::{cells, clock, report, testkit};

/// A call that has begun and not ended.
pub(crate) struct Call {
    site: &'static Site,
    /// In ticks of the clock.
    began: u64,
    extra: Option<Box<Extra>>,
}

/// What only some calls have, kept out of the way of those that have not.
struct Extra {
    span: Span,
    fields: Option<Box<[Recorded]>>,
    memory: Memory,
}

// A span holds no state of the user's that a panic could leave half done.
impl UnwindSafe for Call {}
impl RefUnwindSafe for Call {}

impl Call {
    pub(crate) fn begin(start: Start) -> Self {
        let Start { site, declared } = start;
        let seen = site.span && site.level <= LevelFilter::current();
        let extra = (seen || declared.is_some()).then(|| Box::new(Extra::open(site, declared)));
        if site.is_counted() {
            cells::with(site, cells::Cells::started);
        }
        Self {
            site,
            began: if site.is_timed() { clock::now() } else { 0 },
            extra,
        }
    }

    /// The user's code begins to run, or goes on.
    pub(crate) fn enter(&self) -> Stretch {
        if let Some(extra) = &self.extra {
            let span = &extra.span;
            span.with_subscriber(|(id, subscriber)| subscriber.enter(id));
        }
        Stretch::begin(self.site)
    }

    /// The user's code waits for another poll.
    pub(crate) fn leave(&mut self, stretch: &Stretch) {
        self.exit();
        if stretch.has_marks() {
            let extra = self.extra.get_or_insert_with(|| Box::new(Extra::none()));
            extra.memory.keep(stretch);
        }
    }

    fn exit(&self) {
        if let Some(extra) = &self.extra {
            let span = &extra.span;
            span.with_subscriber(|(id, subscriber)| subscriber.exit(id));
        }
    }

    fn fields(&self) -> Option<&[Recorded]> {
        self.extra.as_ref()?.fields.as_deref()
    }

    /// The user's code is done with, one way or another.
    pub(crate) fn end(self, end: End<'_>, stretch: &Stretch) {
        // The clock first: what follows is not the user's time.
        let ticks = self.ticks();
        self.exit();
        self.finish(end, ticks, stretch);
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
        let told = site.level.max(level) <= LevelFilter::current() || testkit::is_active();
        if outcome != Outcome::Ok || slow || told {
            // Layers, Sentry and a thread that ends may panic; the call has already ended.
            report::quietly(|| self.tell(end, ticks, slow, stretch));
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
            fields: self.fields(),
        };
        testkit::ended(self.site, &completion);
        let none = Span::none();
        let span = self.extra.as_ref().map_or(&none, |extra| &extra.span);
        self.site.events().close(self.site, span, &completion);
    }

    /// Whether an error came out of monitored code here for the first time and nobody expected
    /// it, and its text.
    fn failed(&self, view: ErrorView<'_>, stretch: &Stretch) -> (bool, Option<String>) {
        let chain = view.chain(self.site.error_format);
        let memory = self.extra.as_ref().map(|extra| &extra.memory);
        let first = story::is_first(stretch, memory, &chain);
        let loud = first && !view.expected;
        if loud && view.report && report::is_on() && self.site.may_report() {
            report::error(self.site, &chain, view.class, self.fields());
        }
        let texts: Vec<&str> = chain.iter().map(|link| link.text.as_str()).collect();
        (loud, Some(texts.join(": ")))
    }
}

impl Extra {
    #[cold]
    fn open(site: &'static Site, declared: Option<Box<Declared>>) -> Self {
        let declared = declared.unwrap_or_default();
        let open = || site.events().open(&declared);
        let span = if site.span {
            report::quietly(open)
        } else {
            None
        };
        Self {
            span: span.unwrap_or_else(Span::none),
            fields: declared.fields,
            memory: Memory::default(),
        }
    }

    #[cold]
    fn none() -> Self {
        Self {
            span: Span::none(),
            fields: None,
            memory: Memory::default(),
        }
    }
}

/// The ends a call can find.
#[derive(Clone, Copy)]
pub(crate) enum End<'a> {
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
