//! Replaces the log's filter while the process runs, and sets it back after a time.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::filter::{FILTERS, Filters};
use crate::base::unwind;
use crate::settings::log_filter::{
    LogDirectives, LogFilter, LogFilterError, MAX_TIME, RecordDirectives,
};

/// The target of the lines that report a change.
const TARGET: &str = "monitor_runtime::log_filter";

/// The time at which the filter goes back by itself.
struct Reversion {
    /// By the monotonic clock, which does not jump.
    at: Option<Instant>,
    /// Counts changes, so that a thread can tell whether the change it was started for is still the
    /// latest.
    change: u64,
}

static REVERSION: Mutex<Reversion> = Mutex::new(Reversion {
    at: None,
    change: 0,
});
static CHANGED: Condvar = Condvar::new();

/// Returns `true` if the process' subscriber is the one that `start()` installed.
pub(crate) fn is_ours() -> bool {
    FILTERS.get().is_some()
}

/// Returns the current filter; `None` if the subscriber is not the runtime's.
pub(crate) fn log_filter() -> Option<LogFilter> {
    let filters = FILTERS.get()?;
    let reversion = lock();
    Some(describe(filters, &reversion))
}

/// Sets the filter, for a time or until it is set again.
pub(crate) fn set_log_filter(
    directives: &str,
    lasting: Option<Duration>,
) -> Result<LogFilter, LogFilterError> {
    let filters = FILTERS.get().ok_or(LogFilterError::NotOurs)?;
    let rules = LogDirectives::plain(directives)?;
    if let Some(lasting) = lasting.filter(|time| time.is_zero() || *time > MAX_TIME) {
        return Err(LogFilterError::Time(lasting));
    }
    let mut reversion = lock();
    let change = reversion.change + 1;
    if lasting.is_some() {
        let waiting = thread::Builder::new().name("monitor-log-level".into());
        let spawned = waiting.spawn(move || revert_in_time(filters, change));
        spawned.map_err(|_| LogFilterError::NoThread)?;
    }
    reversion.change = change;
    reversion.at = lasting.map(|lasting| Instant::now() + lasting);
    CHANGED.notify_all();
    let time = lasting.map(|time| humantime::format_duration(time).to_string());
    let (from, to) = (filters.texts().0, rules.text.clone());
    let hint = rules.hint();
    announce(filters, &rules, || {
        tracing::info!(target: TARGET, from, to, "for" = time, "the log's filter was changed");
    });
    filters.set(rules);
    Ok(LogFilter {
        hint,
        ..describe(filters, &reversion)
    })
}

/// Goes back to the filter of the start; `None` if the subscriber is not the runtime's.
pub(crate) fn reset_log_filter() -> Option<LogFilter> {
    let filters = FILTERS.get()?;
    let mut reversion = lock();
    revert(filters, &mut reversion, "on request");
    Some(describe(filters, &reversion))
}

/// Takes the filter of another start, which ends every earlier change.
pub(crate) fn restart(filters: &Filters, rules: LogDirectives, recorded: RecordDirectives) {
    let mut reversion = lock();
    forget(&mut reversion);
    filters.restart(rules, recorded);
}

fn revert_in_time(filters: &Filters, change: u64) {
    let mut reversion = lock();
    while reversion.change == change {
        let Some(at) = reversion.at else { return };
        let left = at.saturating_duration_since(Instant::now());
        if left.is_zero() {
            revert(filters, &mut reversion, "its time is over");
            return;
        }
        let waited = CHANGED.wait_timeout(reversion, left);
        reversion = waited.unwrap_or_else(PoisonError::into_inner).0;
    }
}

fn revert(filters: &Filters, reversion: &mut Reversion, why: &str) {
    forget(reversion);
    let (from, to) = filters.texts();
    if from != to {
        announce(filters, &filters.default(), || {
            tracing::info!(target: TARGET, from, to, why, "the log's filter was set back");
        });
        filters.revert();
    }
}

fn forget(reversion: &mut Reversion) {
    reversion.change += 1;
    reversion.at = None;
    CHANGED.notify_all();
}

/// Writes the line about a change under the new filter and the line's own target, so that no filter
/// hides the change.
fn announce(filters: &Filters, next: &LogDirectives, line: impl FnOnce()) {
    filters.set(next.and_info_of(TARGET));
    // The subscriber may have layers of the service, whose panic must not undo the change.
    unwind::quietly(line);
}

fn describe(filters: &Filters, reversion: &Reversion) -> LogFilter {
    let (filter, default) = filters.texts();
    let left = |at: Instant| at.saturating_duration_since(Instant::now());
    LogFilter {
        filter,
        default,
        reverts_in: reversion.at.map(left),
        hint: None,
    }
}

fn lock() -> MutexGuard<'static, Reversion> {
    // A panic under this lock leaves nothing half changed.
    REVERSION.lock().unwrap_or_else(PoisonError::into_inner)
}
