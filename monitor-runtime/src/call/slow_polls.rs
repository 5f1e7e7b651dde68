//! Counts polls that took longer than `MONITOR_SLOW_POLL`, and names them in the log.
//!
//! While a future is polled, every other task of the worker thread waits. So a slow poll is the fault of
//! code that blocks or computes for long, and shows as the slowness of others.

use std::cell::RefCell;

use super::Stretch;
use crate::base::clock;
use crate::base::rate_limit::Throttle;
use crate::callsite::Site;
use crate::callsite::slow_polls;
use crate::context::{self, block_lines};
use crate::sentry;

const TARGET: &str = "monitor_runtime::polls";

/// The most slow polls that a thread remembers. Beyond them, the two oldest count as one.
const MAX_KNOWN: usize = 32;

/// A slow poll that has ended, with those inside it.
#[derive(Clone, Copy)]
struct SlowPoll {
    /// Its end, in ticks of the clock.
    until: u64,
    ticks: u64,
}

thread_local! {
    /// Slow polls of this thread that are inside no other one, in the order of their ends.
    static KNOWN: RefCell<Vec<SlowPoll>> = const { RefCell::new(Vec::new()) };
}

/// Returns `true` if a poll of a future took too long.
#[inline]
pub(super) fn is_slow(site: &Site, ticks: u64) -> bool {
    ticks > site.slow_poll_ticks()
}

/// Counts a slow poll, and writes a line unless that of an inner function explains it. The stretch is
/// still that of the running code.
#[cold]
#[inline(never)]
pub(super) fn note(stretch: &Stretch, ticks: u64) {
    let site = stretch.shard.site;
    stretch.shard.poll_was_slow();
    let inside = ticks_inside(stretch.since, ticks);
    if !is_slow(site, ticks.saturating_sub(inside)) {
        return;
    }
    // The throttle counts in any unit.
    let throttle = Throttle::new(
        Throttle::DEFAULT.events,
        clock::ticks_of(Throttle::DEFAULT.nanoseconds),
    );
    let (limit, now) = (site.slow_poll_lines(), clock::now());
    if limit.admit(throttle, now) {
        let suppressed = limit.summary(throttle, now, true).map(|(lines, _)| lines);
        // The watchdog may have written a line about this poll while it went on.
        let said = if block_lines::take_end_of_own_block(stretch.since) {
            "it held its thread, whose worker was reported as blocked"
        } else {
            "it held its thread, where other tasks waited unless it used block_in_place"
        };
        write(site, said, ticks, suppressed);
    }
}

/// Returns the part of a slow poll that was in other ones. Remembers it in their place.
fn ticks_inside(since: u64, ticks: u64) -> u64 {
    let until = since.saturating_add(ticks);
    let replace_those_inside = |known: &RefCell<Vec<SlowPoll>>| {
        // A line is written by then: nothing in here calls other code.
        let mut known = known.try_borrow_mut().ok()?;
        let mut inside = 0;
        while let Some(last) = known.pop_if(|last| last.until > since) {
            inside += last.ticks.min(last.until - since);
        }
        known.push(SlowPoll { until, ticks });
        if known.len() > MAX_KNOWN {
            let oldest = known.remove(0);
            known[0].ticks += oldest.ticks;
        }
        Some(inside)
    };
    // A thread that ends remembers none.
    KNOWN
        .try_with(replace_those_inside)
        .ok()
        .flatten()
        .unwrap_or_default()
}

fn write(site: &'static Site, said: &str, ticks: u64, suppressed: Option<u64>) {
    let function = site.function();
    let path: Vec<&str> = context::running().map(Site::function).collect();
    let path = path.join(" > ");
    let milliseconds = |ticks| clock::milliseconds(clock::seconds(ticks));
    let (duration_ms, threshold_ms) = (milliseconds(ticks), milliseconds(slow_polls::ticks()));
    sentry::own_line(false, || {
        tracing::warn!(
            target: TARGET,
            function,
            path,
            duration_ms,
            threshold_ms,
            suppressed,
            "{function} slow poll: {said}"
        );
    });
}
