//! The end of a call, for its span and its line.

use crate::base::fields::FieldValue;
use crate::base::outcome::Outcome;
use crate::base::panics::Panic;
use crate::base::verdict::Shown;

/// The end of a call, as the log shows it.
pub(crate) struct Completion<'a> {
    pub(crate) outcome: Outcome,
    /// `None` if calls are not timed.
    pub(crate) seconds: Option<f64>,
    pub(crate) error: Option<&'a str>,
    /// The class of its error, or the reason of its cancellation; empty without one.
    pub(crate) class: &'static str,
    /// `true` if the line of this call is the one that reports the failure.
    pub(crate) loud: bool,
    /// The panic that ended it, if the hook saw it.
    pub(crate) panic: Option<&'a Panic>,
    /// `true` if the call took longer than the function's threshold.
    pub(crate) slow: bool,
    pub(crate) value: Option<Shown<'a>>,
    pub(crate) fields: Option<&'a [FieldValue]>,
}

impl<'a> Completion<'a> {
    /// Returns the panic that this line reports.
    pub(super) fn told_panic(&self) -> Option<&'a Panic> {
        self.panic.filter(|_| self.loud)
    }
}
