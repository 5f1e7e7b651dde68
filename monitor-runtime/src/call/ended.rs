//! The end of a call: its log line, its span, its Sentry event.

use std::sync::Arc;
use std::time::SystemTime;

use tracing::Span;

use super::{End, Extra, silent};
use crate::events::Completion;
use crate::fields::Recorded;
use crate::outcome::Outcome;
use crate::panics::Panic;
use crate::site::Site;
use crate::throttle::Kind;
use crate::verdict::{self, ErrorView, Link, Verdict};
use crate::{clock, recent, report, story, testkit, trace_context};

/// A call that has ended, with everything its log line, span and event need.
pub(super) struct Ended<'a> {
    pub(super) site: &'static Site,
    pub(super) end: End<'a>,
    /// The place of its error's class.
    pub(super) class: Option<usize>,
    /// The start, in ticks of the clock; 0 if calls are not timed.
    pub(super) began: u64,
    pub(super) ticks: u64,
    /// `true` if it took longer than the function's threshold.
    pub(super) slow: bool,
    /// `true` if it took longer than the slowest calls that are kept.
    pub(super) slowest: bool,
    pub(super) extra: Option<Box<Extra>>,
}

impl Ended<'_> {
    fn fields(&self) -> Option<&[Recorded]> {
        self.extra.as_ref()?.fields.as_deref()
    }

    /// Writes everything about an end but its count: log, span, Sentry.
    pub(super) fn tell(self, stretch: story::Stretch) {
        let (site, end) = (self.site, self.end);
        let failed = match end {
            End::Returned(Verdict::Error(view)) => Some(self.failed(view, stretch)),
            End::Panicked => {
                if site.sentry {
                    story::note_unwound();
                }
                Some(Failed::by_panic(stretch))
            }
            End::Returned(Verdict::Ok | Verdict::Shown(_)) | End::Cancelled => None,
        };
        let loud = failed.as_ref().is_some_and(|failed| failed.is_loud(site));
        let error = failed.as_ref().and_then(Failed::text);
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
            panic: failed.as_ref().and_then(|failed| failed.panic.as_deref()),
            slow: self.slow,
            value,
            fields: self.fields(),
        };
        testkit::ended(site, &completion);
        let none = Span::none();
        let span = self.extra.as_ref().map_or(&none, |extra| extra.span.span());
        let is_error = completion.outcome != Outcome::Ok;
        if let Some(events) = site.events() {
            report::own_line(is_error, || events.close(site, span, &completion));
        }
        if failed.is_some() || self.slowest {
            self.keep(failed, stretch);
        }
    }

    /// Keeps the part that the live page shows. Called last, because it consumes the fields and the
    /// error.
    fn keep(self, failed: Option<Failed>, stretch: story::Stretch) {
        let site = self.site;
        let fields = self.extra.and_then(|extra| extra.fields);
        let declared = fields.into_iter().flatten().take(site.fields.len());
        let trace = trace_context::current_ids().or_else(|| stretch.trace());
        let call = recent::Call {
            at: SystemTime::now(),
            seconds: site.is_timed().then(|| clock::seconds(self.ticks)),
            outcome: self.end.outcome(),
            trace: trace.map_or_else(String::new, |ids| ids.trace.to_string()),
            fields: declared.collect(),
        };
        if self.slowest {
            let ended = self.began.wrapping_add(self.ticks);
            site.recent().keep_slow(self.ticks, ended, call.clone());
        }
        if let Some(failed) = failed {
            // Beyond the limit all classes of a function share one, as in its metrics.
            let class = self.class.and_then(|place| site.classes().name(place));
            site.recent().keep_failure(recent::Failure {
                since: call.at,
                call,
                times: 1,
                first: failed.first,
                expected: failed.expected,
                class: class.or(self.end.class()).unwrap_or_default(),
                chain: failed.chain,
                kind: 0,
                version: 0,
            });
        }
    }

    /// Reports an error to Sentry if it came out of monitored code here for the first time.
    fn failed(&self, view: &ErrorView<'_>, stretch: story::Stretch) -> Failed {
        let chain = view.chain(self.site.error_format);
        silent::warn(self.site, view);
        let events = match (self.site.sentry && view.report, self.site.sentry_always) {
            (false, _) => story::Events::Never,
            (true, false) => story::Events::Failures,
            (true, true) => story::Events::Always,
        };
        let arrival = story::arrive(self.site, stretch, view, &chain, events);
        let failed = Failed {
            first: arrival.first,
            expected: view.expected,
            chain,
            panic: None,
        };
        if !view.expected {
            // Noted even if the function reports no events: its setting then holds for the whole
            // request.
            trace_context::note_reported();
        }
        if report::is_on() {
            if arrival.event {
                arrival.line.iter().for_each(report::withdraw);
                self.report(view, &failed.chain, stretch);
            }
            if arrival.first {
                let text = failed.text().unwrap_or_default();
                report::unreported(self.site, &text, view.expected);
            }
        }
        failed
    }

    fn report(&self, view: &ErrorView<'_>, chain: &[Link], stretch: story::Stretch) {
        let kind = self.class.map_or(Kind::Unclassified, Kind::Class);
        if report::admits(self.site, kind) {
            let scene = story::scene(Some((self.site, stretch, self.began)));
            report::error(self.site, chain, view.class, self.fields(), scene);
        }
    }
}

/// An error or a panic.
struct Failed {
    /// `true` if the error comes out of monitored code here for the first time.
    first: bool,
    expected: bool,
    /// Outermost first; empty for a panic that another function has already reported.
    chain: Vec<Link>,
    /// The panic, if the hook saw it.
    panic: Option<Arc<Panic>>,
}

impl Failed {
    fn by_panic(stretch: story::Stretch) -> Self {
        let (first, panic) = story::first_to_unwind(stretch);
        let link = |panic: &Arc<Panic>| Link {
            type_name: String::new(),
            text: panic.text.clone(),
        };
        Self {
            first,
            expected: false,
            chain: panic.iter().map(link).collect(),
            panic,
        }
    }

    /// Returns `true` if this function writes its line.
    fn is_loud(&self, site: &Site) -> bool {
        // A function without a line leaves the panic to the request, or to a line of its own.
        let claims = |panic: &Arc<Panic>| !site.tells_panics() || panic.claim();
        self.first && !self.expected && self.panic.as_ref().is_none_or(claims)
    }

    /// Returns the chain as a log line shows it.
    fn text(&self) -> Option<String> {
        verdict::joined(&self.chain)
    }
}
