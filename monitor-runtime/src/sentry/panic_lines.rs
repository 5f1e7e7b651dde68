//! The log line of a panic that ends no monitored function and no request.
//!
//! The line of a function or a request reports the panic that ends it. But the panic may be caught
//! before it gets there, or the process may end first. So each panic waits here, and gets a line of
//! its own if no other line has reported it in time.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::own_line;
use crate::base::panics::Panic;
use crate::context::trace;
use crate::context::trace::{TraceId, current_trace_id};

/// Panics that wait at once. Beyond that, the oldest is written.
const MAX_WAITING: usize = 64;

struct Waiting {
    panic: Arc<Panic>,
    /// The trace of the request it began in.
    trace: Option<TraceId>,
}

static WAITING: Mutex<VecDeque<Waiting>> = Mutex::new(VecDeque::new());

/// Returns `true` if the subscriber shows a panic's own line.
pub(crate) fn is_shown() -> bool {
    tracing::enabled!(target: "monitor_runtime::panic", tracing::Level::ERROR)
}

/// Leaves a panic to the line of its function or its request, for a while.
pub(crate) fn wait(panic: &Arc<Panic>) {
    let waiting = Waiting {
        panic: Arc::clone(panic),
        trace: current_trace_id(),
    };
    // Called by the panic hook, where the thread may hold any lock.
    let Ok(mut queue) = WAITING.try_lock() else {
        return;
    };
    queue.retain(|waiting| !waiting.panic.is_claimed());
    let oldest = (queue.len() >= MAX_WAITING).then(|| queue.pop_front());
    queue.push_back(waiting);
    drop(queue);
    oldest.flatten().iter().for_each(Waiting::tell);
}

/// Writes the panics that have waited for longer than that.
pub(crate) fn tell_late(than: Duration) {
    let late = |waiting: &Waiting| waiting.panic.at.elapsed() >= than;
    let mut queue = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    let (late, rest) = queue.drain(..).partition(late);
    *queue = rest;
    drop(queue);
    let late: VecDeque<Waiting> = late;
    late.iter().for_each(Waiting::tell);
}

/// Writes the line of a panic, unless another line has reported it.
pub(crate) fn tell(panic: &Panic) {
    if panic.claim() {
        write(&panic.text, panic, None);
        trace::note_logged();
    }
}

/// Writes the line of a panic that ends the process, behind those of the panics before it.
pub(crate) fn tell_last(panic: &Panic) {
    // If the lock is taken, the thread that holds it is writing them.
    let waiting = WAITING
        .try_lock()
        .map(|mut queue| std::mem::take(&mut *queue));
    waiting.iter().flatten().for_each(Waiting::tell);
    if panic.claim() {
        write(&format!("the process aborts: {}", panic.text), panic, None);
    }
}

impl Waiting {
    fn tell(&self) {
        if self.panic.claim() {
            // The thread that writes it late works for no request.
            let elsewhere = self
                .trace
                .filter(|trace| current_trace_id() != Some(*trace));
            write(&self.panic.text, &self.panic, elsewhere);
        }
    }
}

fn write(message: &str, panic: &Panic, trace: Option<TraceId>) {
    let Panic {
        thread, backtrace, ..
    } = panic;
    let (backtrace, trace_id) = (backtrace.as_deref(), trace.map(|id| id.to_string()));
    own_line(true, || {
        tracing::error!(target: "monitor_runtime::panic", thread, trace_id, backtrace, "{message}");
    });
}
