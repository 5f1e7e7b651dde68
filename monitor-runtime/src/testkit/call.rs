//! One call of a capture, and assertions on it.

use std::fmt;
use std::time::Duration;

use crate::base::outcome::Outcome;
use crate::callsite::Site;
use crate::callsite::events::Completion;
use crate::context::capture::CallNumber;

/// A monitored call that ended.
#[derive(Clone, Debug)]
pub struct Call {
    /// The `function` label.
    pub function: String,
    /// The `module` label.
    pub module: &'static str,
    /// The `result` label: `ok`, `error` or `cancelled`.
    pub result: &'static str,
    /// The `error` label, if there is one: the class of the error, or the reason of a cancelled call
    /// (`client`, `caller`, `aborted`, `shutdown`).
    pub class: Option<String>,
    /// The error and its sources, or the message of the panic.
    pub error: Option<String>,
    /// The duration of the call; zero for `latency = false`.
    pub duration: Duration,
    /// Declared fields, as text.
    pub fields: Vec<(String, String)>,
    pub(super) number: u64,
    /// The number of the call around it.
    pub(super) around: Option<u64>,
}

impl Call {
    pub(super) fn new(site: &Site, completion: &Completion<'_>, number: CallNumber) -> Self {
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
            number: number.own,
            around: number.around,
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

    /// Asserts the class of the error, or the reason of a cancelled call: the `error` label.
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
