//! What is told of a call that has ended: log, span, Sentry.

use tracing::Span;

use super::{End, Extra};
use crate::events::Completion;
use crate::fields::Recorded;
use crate::outcome::Outcome;
use crate::site::Site;
use crate::throttle::Kind;
use crate::verdict::{ErrorView, Link, Verdict};
use crate::{clock, report, story, testkit};

/// A call that has ended, for those who want to know.
pub(super) struct Ended<'a> {
    pub(super) site: &'static Site,
    pub(super) end: End<'a>,
    /// The place of its error's class.
    pub(super) class: Option<usize>,
    /// When it began, in ticks of the clock; 0 where calls are not timed.
    pub(super) began: u64,
    pub(super) ticks: u64,
    pub(super) slow: bool,
    pub(super) extra: Option<Box<Extra>>,
}

impl Ended<'_> {
    fn fields(&self) -> Option<&[Recorded]> {
        self.extra.as_ref()?.fields.as_deref()
    }

    /// Everything about an end but its count: log, span, Sentry.
    pub(super) fn tell(self, stretch: story::Stretch) {
        let (site, end) = (self.site, self.end);
        let (loud, error) = match end {
            End::Returned(Verdict::Error(view)) => self.failed(view, stretch),
            End::Panicked => {
                let (first, message) = story::first_to_unwind(stretch);
                (first, message.map(|message| message.as_ref().to_owned()))
            }
            End::Returned(Verdict::Ok | Verdict::Shown(_)) | End::Cancelled => (false, None),
        };
        let value = match end {
            End::Returned(Verdict::Shown(value)) => Some(*value),
            _ => None,
        };
        let completion = Completion {
            outcome: end.outcome(),
            seconds: site.is_timed().then(|| clock::seconds(self.ticks)),
            error: error.as_deref(),
            class: end.class().unwrap_or_default(),
            loud,
            slow: self.slow,
            value,
            fields: self.fields(),
        };
        testkit::ended(site, &completion);
        let none = Span::none();
        let span = self.extra.as_ref().map_or(&none, |extra| &extra.span);
        let is_error = completion.outcome != Outcome::Ok;
        report::own_line(is_error, || site.events().close(site, span, &completion));
    }

    /// Whether an error came out of monitored code here for the first time and nobody expected
    /// it, and its text.
    fn failed(&self, view: &ErrorView<'_>, stretch: story::Stretch) -> (bool, Option<String>) {
        let chain = view.chain(self.site.error_format);
        let memory = self.extra.as_ref().map(|extra| &extra.memory);
        let events = match (self.site.sentry && view.report, self.site.sentry_always) {
            (false, _) => story::Events::Never,
            (true, false) => story::Events::Failures,
            (true, true) => story::Events::Always,
        };
        let arrival = story::arrive(stretch, memory, view, &chain, events);
        let loud = arrival.first && !view.expected;
        let texts: Vec<&str> = chain.iter().map(|link| link.text.as_str()).collect();
        let text = texts.join(": ");
        if report::is_on() {
            if arrival.event {
                self.report(view, &chain, stretch);
            }
            if arrival.first {
                report::unreported(self.site, &text, view.expected);
            }
        }
        (loud, Some(text))
    }

    fn report(&self, view: &ErrorView<'_>, chain: &[Link], stretch: story::Stretch) {
        let kind = self.class.map_or(Kind::Unclassified, Kind::Class);
        if report::admits(self.site, kind) {
            let scene = story::scene(Some((self.site, stretch, self.began)));
            report::error(self.site, chain, view.class, self.fields(), scene);
        }
    }
}
