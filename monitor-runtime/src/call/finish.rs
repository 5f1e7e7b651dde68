//! The end of a call: its line, its span, its Sentry event.

use std::mem;
use std::sync::Arc;
use std::time::SystemTime;

use super::stretch::Stretch;
use super::{CallExtras, End, line, silent_errors};
use crate::base::clock;
use crate::base::fields::Recorded;
use crate::base::outcome::Outcome;
use crate::base::panics::Panic;
use crate::base::verdict;
use crate::base::verdict::{ErrorView, Link, Verdict};
use crate::callsite::Site;
use crate::callsite::events::{CallSpan, Completion};
use crate::callsite::exemplars;
use crate::callsite::objective_counts;
use crate::callsite::rate_limits::Kind;
use crate::callsite::recent_calls;
use crate::context::capture;
use crate::context::trace;
use crate::{context, sentry};

/// A call that has ended, with everything its log line, span and event need.
pub(super) struct Ended<'a> {
    pub(super) site: &'static Site,
    pub(super) end: End<'a>,
    /// The place in which its class is counted.
    pub(super) class: Option<usize>,
    /// The start, in ticks of the clock; 0 if calls are not timed.
    pub(super) began: u64,
    pub(super) ticks: u64,
    /// `true` if it took longer than the function's threshold.
    pub(super) slow: bool,
    /// `true` if it took longer than the slowest calls that are kept.
    pub(super) slowest: bool,
    pub(super) extra: Option<&'a mut CallExtras>,
}

impl Ended<'_> {
    fn recorded(&self) -> Option<&Recorded> {
        self.extra.as_ref()?.recorded()
    }

    /// Writes everything about an end but its count, if any of it would be shown: log, span, Sentry. Returns
    /// the chain of an error, outermost first.
    pub(super) fn tell_if_shown(self, stretch: context::Stretch) -> Option<Vec<Link>> {
        let is_shown = self.end.outcome() != Outcome::Ok
            || self.slow
            || self.slowest
            || self.site.is_watched()
            || capture::is_active();
        if is_shown { self.tell(stretch) } else { None }
    }

    fn tell(mut self, stretch: context::Stretch) -> Option<Vec<Link>> {
        let (site, end) = (self.site, self.end);
        let span = self.extra.as_mut().map(|extra| &mut extra.span);
        let mut span = span.map_or_else(CallSpan::none, mem::take);
        let failed = match end {
            End::Returned(Verdict::Error(view)) => Some(self.failed(view, stretch)),
            End::Panicked => {
                if site.sentry {
                    context::note_unwound();
                }
                Some(Failed::by_panic(site, stretch))
            }
            End::Returned(Verdict::Ok | Verdict::Shown(_)) | End::Cancelled(_) => None,
        };
        let loud = failed.as_ref().is_some_and(|failed| failed.loud);
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
            fields: self.recorded().map(Recorded::fields),
        };
        let captured = self.extra.as_ref();
        let captured = captured.and_then(|extra| extra.captured.as_ref());
        capture::ended(site, &completion, captured);
        if let Some(events) = site.events() {
            line::write(site, events, &mut span, &completion);
        }
        let chain = failed.as_ref().map(|failed| failed.chain.clone());
        if failed.is_some() || self.slowest {
            self.keep(failed, stretch);
        }
        chain
    }

    /// Keeps the part that the live page shows. Called last, because it consumes the fields and the
    /// error.
    fn keep(self, failed: Option<Failed>, stretch: context::Stretch) {
        let site = self.site;
        let declared = self.extra.and_then(|extra| extra.declared.take());
        let trace = trace::current_ids().or_else(|| stretch.trace());
        let call = recent_calls::Call {
            at: SystemTime::now(),
            seconds: site.is_timed().then(|| clock::seconds(self.ticks)),
            outcome: self.end.outcome(),
            cancelled: match self.end {
                End::Cancelled(reason) => reason,
                _ => None,
            },
            trace: trace.map_or_else(String::new, |ids| ids.trace.to_string()),
            fields: declared.map_or_else(Box::default, |values| values.recorded.into_fields()),
        };
        if self.slowest {
            let ended = self.began.wrapping_add(self.ticks);
            site.recent().keep_slow(self.ticks, ended, call.clone());
        }
        if let Some(failed) = failed {
            // Beyond the limit all classes of a function share one, as in its metrics.
            let class = self.class.and_then(|place| site.classes().name(place));
            site.recent().keep_failure(recent_calls::Failure {
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
    fn failed(&self, view: &ErrorView<'_>, stretch: context::Stretch) -> Failed {
        let chain = view.chain(self.site.error_format);
        silent_errors::warn(self.site, view);
        let events = match (self.site.sentry && view.report, self.site.sentry_always) {
            (false, _) => context::Events::Never,
            (true, false) => context::Events::Failures,
            (true, true) => context::Events::Always,
        };
        let arrival = context::arrive(self.site, stretch, view, &chain, events);
        let failed = Failed {
            first: arrival.first,
            loud: arrival.loud,
            expected: view.expected,
            chain,
            panic: None,
        };
        if !view.expected {
            // Noted even if the function reports no events: its setting then holds for the whole
            // request.
            trace::note_reported();
        }
        if sentry::is_on() {
            if arrival.event {
                arrival.line.iter().for_each(sentry::withdraw);
                self.report(view, &failed.chain, stretch);
            }
            if arrival.first {
                let text = failed.text().unwrap_or_default();
                sentry::unreported(self.site, &text, view.expected);
            }
        }
        failed
    }

    fn report(&self, view: &ErrorView<'_>, chain: &[Link], stretch: context::Stretch) {
        let kind = self.class.map_or(Kind::Unclassified, Kind::Class);
        if sentry::admits(self.site, kind) {
            let scene = context::scene(Some((self.site, stretch, self.began)));
            sentry::error(self.site, chain, view.class, self.recorded(), scene);
        }
    }
}

/// Counts a call that did not succeed for the objective of its function.
pub(super) fn count_for_objective(stretch: &Stretch, end: End<'_>, ticks: u64) {
    let site = stretch.shard.site;
    let outcome = end.outcome();
    let Some(objective) = site.objective.filter(|_| outcome != Outcome::Ok) else {
        return;
    };
    let ended = objective_counts::Ended {
        label_set: stretch.shard.label_set,
        outcome,
        expected: end.is_expected(),
        ticks,
    };
    site.unsuccessful().count(site, objective, &ended);
}

/// Offers the trace of a call as the exemplar of its bucket.
pub(super) fn offer_exemplar(stretch: &Stretch, outcome: Outcome, ticks: u64) {
    let site = stretch.shard.site;
    let trace = trace::current_ids().filter(|ids| ids.is_recorded() && site.is_timed());
    if let Some(ids) = trace {
        let ids = (ids.trace.to_bytes(), ids.span.to_bytes());
        exemplars::offer(site, stretch.shard.label_set, outcome, ticks, ids);
    }
}

/// An error or a panic.
struct Failed {
    /// `true` if the error comes out of monitored code here for the first time.
    first: bool,
    /// `true` if the line of this function reports it.
    loud: bool,
    expected: bool,
    /// Outermost first; empty for a panic that another function has already reported.
    chain: Vec<Link>,
    /// The panic, if the hook saw it.
    panic: Option<Arc<Panic>>,
}

impl Failed {
    fn by_panic(site: &Site, stretch: context::Stretch) -> Self {
        let (first, panic) = context::first_to_unwind(stretch);
        // A function without a line leaves the panic to the request, or to a line of its own.
        let claims = |panic: &Arc<Panic>| !site.tells_panics() || panic.claim();
        let loud = first && panic.as_ref().is_none_or(claims);
        let link = |panic: &Arc<Panic>| Link {
            type_name: String::new(),
            text: panic.text.clone(),
        };
        Self {
            first,
            loud,
            expected: false,
            chain: panic.iter().map(link).collect(),
            panic,
        }
    }

    /// Returns the chain as a log line shows it.
    fn text(&self) -> Option<String> {
        verdict::joined(&self.chain)
    }
}
