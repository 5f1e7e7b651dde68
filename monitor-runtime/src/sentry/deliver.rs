//! Delivers an event from the code it comes from to Sentry's client.

use std::sync::{Arc, OnceLock};

use sentry::integrations::backtrace::current_thread;
use sentry::protocol::Event;

use super::crash::{CAPTURING, One};
use super::scope::{self, Snapshot};
use super::stack::Stack;
use super::{Reporter, counts, event, off_thread, reporter, scrub, trace_context};
use crate::context::Line;
use crate::context::capture;

/// Posts an event, which may be that of a log line.
type Post = fn(Event<'static>, Option<Arc<Line>>);

/// Set once there is a client, or a test that captures.
// Every call can reach this file. Behind a pointer, what posts an event is linked only into programs that
// start the runtime, and not into the tests of a library: stacks, symbols and the client are more code than all
// the rest that a call can reach.
static POST: OnceLock<Post> = OnceLock::new();

/// Lets events be delivered from now on.
pub(crate) fn accept_events() {
    let _ = POST.set(post);
}

/// Passes an event to a test that captures, or else to Sentry. Waits for neither.
pub(super) fn deliver(event: Event<'static>) {
    if let Some(post) = POST.get() {
        post(event, None);
    }
}

/// Passes on the event of a log line, which waits for a moment and may be withdrawn.
pub(super) fn deliver_later(event: Event<'static>, line: Arc<Line>) {
    if let Some(post) = POST.get() {
        post(event, Some(line));
    }
}

/// Withdraws the event of a line, because the error in it has an event of its own now.
pub(crate) fn withdraw(line: &Arc<Line>) {
    if line.settle() {
        capture::withdraw(line.event);
    }
}

fn post(mut event: Event<'static>, line: Option<Arc<Line>>) {
    trace_context::describe(&mut event);
    let stack = Stack::capture();
    if capture::is_active() {
        let snapshot = Snapshot::take();
        if let Snapshot::Taken(hub) = snapshot {
            let asked = event.clone();
            let own = off_thread::ask(move || scope::own_trace(&hub, &asked));
            event::join(&mut event, own.flatten());
        }
        event::set_stack(&mut event, stack.resolve());
        scrub::clean(&mut event);
        capture::captured(event);
    } else if let Some(reporter) = reporter() {
        let service = reporter.service.to_string();
        event.tags.insert("service".into(), service);
        let is_message = event.exception.is_empty();
        if is_message && reporter.client.options().attach_stacktrace {
            event.threads.values.push(current_thread(false));
        }
        let waiting = Waiting::begin();
        let snapshot = Snapshot::take();
        match line {
            None => off_thread::run(move || reporter.send(snapshot, event, stack, waiting)),
            Some(line) => off_thread::run_later(move || {
                if line.settle() {
                    reporter.send(snapshot, event, stack, waiting);
                } else {
                    waiting.withdraw();
                }
            }),
        }
    }
}

impl Reporter {
    /// Sends an event with the scope of the code that it comes from.
    fn send(
        self,
        snapshot: Snapshot,
        mut event: Event<'static>,
        stack: Stack,
        mut waiting: Waiting,
    ) {
        let hub = snapshot.into_hub(&self.client);
        let own = scope::own_trace(&hub, &event);
        event::join(&mut event, own);
        event::set_stack(&mut event, stack.resolve());
        scrub::clean(&mut event);
        let id = hub.capture_event(event);
        waiting.sent = !id.is_nil();
        if waiting.sent && !self.ours {
            // Its fate from here on is known only to its own transport.
            counts::sent();
        }
    }
}

/// An event that is to be sent. Dropped unsent, it is counted as dropped.
struct Waiting {
    sent: bool,
    _capturing: One,
}

impl Waiting {
    fn begin() -> Self {
        Self {
            sent: false,
            _capturing: CAPTURING.begin(),
        }
    }

    /// Drops the event without counting it: another event reports the same.
    fn withdraw(mut self) {
        self.sent = true;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !self.sent {
            counts::dropped(1);
        }
    }
}
