//! The calls, log events and Sentry events of a capture, and assertions on all of them.

use std::collections::{HashMap, HashSet};
use std::fmt::Write;

use sentry::protocol::Event as SentryEvent;

use super::call::Call;
use super::log_event::LogEvent;

/// The calls, log events and Sentry events of a capture, in the order in which they happened.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Calls that ended. Inner calls come before those around them.
    pub calls: Vec<Call>,
    /// Events of `tracing`, those of the runtime and those of the code under test.
    pub log: Vec<LogEvent>,
    /// Events that Sentry would have been sent.
    pub captures: Vec<SentryEvent<'static>>,
}

impl Seen {
    /// Returns the only call of `function`.
    ///
    /// # Panics
    ///
    /// If there was none, or more than one; the message lists the calls there were.
    #[track_caller]
    pub fn call(&self, function: &str) -> &Call {
        let calls = self.calls_of(function);
        assert!(
            calls.len() == 1,
            "{} calls of `{function}`, not 1; {}",
            calls.len(),
            self.list()
        );
        calls[0]
    }

    /// Returns all calls of `function`.
    pub fn calls_of(&self, function: &str) -> Vec<&Call> {
        self.calls
            .iter()
            .filter(|call| call.function == function)
            .collect()
    }

    /// Asserts the calls that ended, in order, with their results: `[("find", "ok"), ("save",
    /// "error")]`.
    ///
    /// # Panics
    ///
    /// If the calls differ; the message lists the calls there were.
    #[track_caller]
    pub fn assert_calls(&self, expected: &[(&str, &str)]) {
        let calls = self
            .calls
            .iter()
            .map(|call| (call.function.as_str(), call.result));
        assert!(
            calls.eq(expected.iter().copied()),
            "expected {expected:?}; {}",
            self.list()
        );
    }

    /// Returns who called whom: a line for each call with its function and result, in the order in
    /// which they began, two spaces deeper than the call around it.
    ///
    /// Calls of a task or thread are below the call in which [`Capture::current`] was taken. A call
    /// that has not ended is not there; those inside it stand at the left.
    ///
    /// ```
    /// use monitor_runtime::{monitored, testkit};
    ///
    /// #[monitored]
    /// fn handle() -> Option<u32> {
    ///     load().ok()
    /// }
    ///
    /// #[monitored]
    /// fn load() -> Result<u32, String> {
    ///     Err("no row".into())
    /// }
    ///
    /// # fn main() {
    /// let (_, seen) = testkit::capture(handle);
    /// assert_eq!(seen.tree(), "handle ok\n  load error\n");
    /// # }
    /// ```
    ///
    /// [`Capture::current`]: super::Capture::current
    pub fn tree(&self) -> String {
        let mut calls: Vec<&Call> = self.calls.iter().collect();
        calls.sort_by_key(|call| call.number);
        let known: HashSet<u64> = calls.iter().map(|call| call.number).collect();
        let mut inside: HashMap<Option<u64>, Vec<&Call>> = HashMap::new();
        for call in &calls {
            let around = call.around.filter(|around| known.contains(around));
            inside.entry(around).or_default().push(call);
        }
        let mut tree = String::new();
        let mut pending: Vec<(&Call, usize)> = Vec::new();
        let below = |around, depth| {
            let calls = inside.get(&around).into_iter().flatten().rev();
            calls.map(move |call| (*call, depth))
        };
        pending.extend(below(None, 0));
        while let Some((call, depth)) = pending.pop() {
            let _ = writeln!(tree, "{:depth$}{} {}", "", call.function, call.result);
            pending.extend(below(Some(call.number), depth + 2));
        }
        tree
    }

    /// Asserts the events that Sentry would have been sent: one text per event, each part of its
    /// exceptions.
    ///
    /// # Panics
    ///
    /// If the events differ; the message lists them.
    #[track_caller]
    pub fn assert_captured(&self, expected: &[&str]) {
        let texts: Vec<String> = self.captures.iter().map(exceptions).collect();
        let same = texts.len() == expected.len()
            && texts
                .iter()
                .zip(expected)
                .all(|(text, part)| text.contains(part));
        assert!(same, "expected captures {expected:?}; there were {texts:?}");
    }

    /// Returns the only event of the log whose message contains `part`.
    ///
    /// # Panics
    ///
    /// If there was none, or more than one; the message lists the log.
    #[track_caller]
    pub fn log_event(&self, part: &str) -> &LogEvent {
        let events: Vec<_> = self
            .log
            .iter()
            .filter(|event| event.message.contains(part))
            .collect();
        let log: Vec<String> = self.log.iter().map(ToString::to_string).collect();
        assert!(
            events.len() == 1,
            "{} events with `{part}`, not 1; the log:\n{}",
            events.len(),
            log.join("\n")
        );
        events[0]
    }

    fn list(&self) -> String {
        let calls: Vec<String> = self.calls.iter().map(ToString::to_string).collect();
        if calls.is_empty() {
            "there were no calls".into()
        } else {
            format!("calls:\n{}", calls.join("\n"))
        }
    }
}

/// Returns the exceptions of an event, outermost first, as one text; the message of an event
/// without any.
fn exceptions(event: &SentryEvent<'_>) -> String {
    if event.exception.is_empty() {
        return event.message.clone().unwrap_or_default();
    }
    let values = event.exception.values.iter().rev();
    let texts: Vec<&str> = values
        .filter_map(|exception| exception.value.as_deref())
        .collect();
    texts.join(": ")
}
