//! The calls, log events and Sentry events of a capture, and assertions on them.

use std::fmt;
use std::time::Duration;

use sentry::protocol::Event as SentryEvent;

use super::LogEvent;
use crate::base::outcome::Outcome;
use crate::callsite::Site;
use crate::callsite::events::Completion;

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

/// A monitored call that ended.
#[derive(Clone, Debug)]
pub struct Call {
    /// The `function` label.
    pub function: String,
    /// The `module` label.
    pub module: &'static str,
    /// The `result` label: `ok`, `error` or `cancelled`.
    pub result: &'static str,
    /// The `error` label, if there is one.
    pub class: Option<String>,
    /// The error and its sources, or the message of the panic.
    pub error: Option<String>,
    /// The duration of the call; zero for `latency = false`.
    pub duration: Duration,
    /// Declared fields, as text.
    pub fields: Vec<(String, String)>,
}

impl Call {
    pub(super) fn new(site: &Site, completion: &Completion<'_>) -> Self {
        let names = site.fields.iter().map(|name| (*name).to_owned());
        let values = completion.fields.into_iter().flatten();
        let class = match completion.outcome {
            Outcome::Panic => Some("panic"),
            _ => Some(completion.class).filter(|class| !class.is_empty()),
        };
        Self {
            function: site.function().to_owned(),
            module: site.module(),
            result: completion.outcome.as_str(),
            class: class.map(str::to_owned),
            error: completion.error.map(str::to_owned),
            duration: Duration::from_secs_f64(completion.seconds.unwrap_or_default()),
            fields: names.zip(values.map(ToString::to_string)).collect(),
        }
    }

    /// Asserts that the call succeeded.
    ///
    /// # Panics
    ///
    /// If it did not; the message says how it ended.
    #[track_caller]
    pub fn assert_ok(&self) -> &Self {
        assert!(self.result == "ok", "expected ok: {self}");
        self
    }

    /// Asserts that the call failed with an error whose text contains `part`.
    ///
    /// # Panics
    ///
    /// If it did not; the message says how it ended.
    #[track_caller]
    pub fn assert_error(&self, part: &str) -> &Self {
        let failed = self.result == "error" && self.class.as_deref() != Some("panic");
        let text = self.error.as_deref().unwrap_or_default();
        assert!(
            failed && text.contains(part),
            "expected an error with `{part}`: {self}"
        );
        self
    }

    /// Asserts that the call panicked with a message that contains `part`.
    ///
    /// # Panics
    ///
    /// If it did not; the message says how it ended.
    #[track_caller]
    pub fn assert_panic(&self, part: &str) -> &Self {
        let text = self.error.as_deref().unwrap_or_default();
        let panicked = self.class.as_deref() == Some("panic");
        assert!(
            panicked && text.contains(part),
            "expected a panic with `{part}`: {self}"
        );
        self
    }

    /// Asserts that the call was cancelled.
    ///
    /// # Panics
    ///
    /// If it was not; the message says how it ended.
    #[track_caller]
    pub fn assert_cancelled(&self) -> &Self {
        assert!(self.result == "cancelled", "expected cancelled: {self}");
        self
    }

    /// Asserts the class of the error, which is the `error` label.
    ///
    /// # Panics
    ///
    /// If it has another class or none.
    #[track_caller]
    pub fn assert_class(&self, class: &str) -> &Self {
        assert!(
            self.class.as_deref() == Some(class),
            "expected the class `{class}`: {self}"
        );
        self
    }

    /// Asserts the value of a declared field, as text.
    ///
    /// # Panics
    ///
    /// If it has another value, or is not declared.
    #[track_caller]
    pub fn assert_field(&self, name: &str, value: &str) -> &Self {
        let found = self.fields.iter().find(|(field, _)| field == name);
        let found = found.map(|(_, value)| value.as_str());
        assert!(
            found == Some(value),
            "expected {name}={value:?}, not {found:?}: {self}"
        );
        self
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {} {}", self.function, self.result)?;
        if let Some(class) = &self.class {
            write!(f, " ({class})")?;
        }
        for (name, value) in &self.fields {
            write!(f, " {name}={value:?}")?;
        }
        if let Some(error) = &self.error {
            write!(f, ": {error}")?;
        }
        Ok(())
    }
}
