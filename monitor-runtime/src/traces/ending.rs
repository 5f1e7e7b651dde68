//! The end of a local trace: the root and its tasks end, and the trace is judged.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use super::judge::{Facts, Reason, in_ticks};
use super::rest::Rest;
use super::slots::SpanKey;
use super::span::SpanEnd;
use super::{LocalTrace, judge, live, store};
use crate::base::clock;

/// The time in which a trace that runs and fails again keeps its place among the kept ones.
const AGAIN: Duration = Duration::from_secs(1);

impl LocalTrace {
    /// Ends the root. The trace is judged, and stays in flight while it has tasks.
    pub(crate) fn end_root(self: &Arc<Self>, end: SpanEnd) {
        let root = (end.outcome, end.ended.saturating_sub(self.began));
        self.close_span(SpanKey::ROOT, end);
        self.with(|rest| rest.facts.root = Some(root));
        self.judge(true);
        self.end_part();
        self.offer();
    }

    /// Returns `true` if its root has ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.with(|rest| rest.facts.root.is_some()) == Some(true)
    }

    /// Ends the span of a task.
    pub(crate) fn end_task(self: &Arc<Self>, key: SpanKey, end: SpanEnd) {
        self.end_span(key, end);
        self.end_part();
        self.offer();
    }

    /// Notes that the root or a task has ended. After the last of them, the trace is not in flight.
    fn end_part(self: &Arc<Self>) {
        let ended = self.with(|rest| {
            rest.parts = rest.parts.saturating_sub(1);
            if rest.parts > 0 {
                return None;
            }
            let before = mem::replace(&mut rest.left_out_counted, rest.left_out);
            let left_out = rest.left_out - before;
            Some((rest.count_once(), rest.facts.kept, left_out))
        });
        let Some((is_first, kept, left_out)) = ended.flatten() else {
            return;
        };
        live::leave(self);
        judge::count_left_out(left_out);
        if is_first {
            judge::count(kept);
        }
    }

    /// Keeps the trace if there is a reason: a failure at once, because the root may run for ever, and
    /// any other when the root ends.
    pub(super) fn judge(self: &Arc<Self>, is_end: bool) {
        let now = clock::now();
        let facts = self.with(|rest| rest.is_to_be_judged(now, is_end).then_some(rest.facts));
        let Some(facts) = facts.flatten() else { return };
        let name = self.name();
        let Some(reason) = judge::judge(name, facts) else {
            return;
        };
        let kept = self.with(|rest| {
            // Two tasks may fail at once, and one while the root ends.
            if !rest.is_to_be_judged(now, is_end) {
                return None;
            }
            let reason = if rest.facts.has_failed {
                Reason::Failed
            } else {
                reason
            };
            rest.facts.kept = Some(reason);
            rest.kept_at = now;
            let is_first = rest.facts.root.is_none() && rest.count_once();
            Some((reason, rest.bytes(), is_first))
        });
        let Some((reason, bytes, is_first)) = kept.flatten() else {
            return;
        };
        if is_first {
            judge::count(Some(reason));
        }
        store::keep(store::Kept {
            trace: Arc::clone(self),
            name,
            reason,
            ticks: facts
                .root
                .map_or(now.saturating_sub(self.began), |(_, ticks)| ticks),
            bytes: self.own_bytes() + bytes,
        });
    }
}

impl Rest {
    /// Returns `true` the first time: the trace is then to be counted.
    fn count_once(&mut self) -> bool {
        !mem::replace(&mut self.is_counted, true)
    }

    /// Returns `true` if the trace is not kept as failed, or if it takes a new place among the kept ones:
    /// at its end, and for failures of one that runs on.
    fn is_to_be_judged(&self, now: u64, is_end: bool) -> bool {
        let Facts { kept, root, .. } = self.facts;
        let runs_on = root.is_none() && now.saturating_sub(self.kept_at) >= in_ticks(AGAIN);
        kept != Some(Reason::Failed) || is_end || runs_on
    }
}
