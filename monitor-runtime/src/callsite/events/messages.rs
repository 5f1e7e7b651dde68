//! The messages of the completion events of a function.

use super::Completion;
use crate::base::outcome::Outcome;

/// The messages of completion events, made once per function.
pub(super) struct Messages {
    ok: String,
    slow: String,
    failed: String,
    panicked: String,
    cancelled: String,
}

impl Messages {
    pub(super) fn new(function: &str) -> Self {
        Self {
            ok: format!("{function} ok"),
            slow: format!("{function} slow"),
            failed: format!("{function} failed"),
            panicked: format!("{function} panicked"),
            cancelled: format!("{function} cancelled"),
        }
    }

    pub(super) fn ok(&self) -> &str {
        &self.ok
    }

    pub(super) fn of_end(&self, completion: &Completion<'_>) -> &str {
        match completion.outcome {
            Outcome::Ok if completion.slow => &self.slow,
            Outcome::Ok => &self.ok,
            Outcome::Error => &self.failed,
            Outcome::Panic => &self.panicked,
            Outcome::Cancelled => &self.cancelled,
        }
    }
}
