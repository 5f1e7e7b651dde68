//! The ways in which a call ends.

/// The four ways out of a monitored call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    /// A value, or `Ok`.
    Ok,
    /// An `Err`.
    Error,
    /// The function panicked.
    Panic,
    /// The future was dropped after its first poll and before its end.
    Cancelled,
}

/// The class of a panic.
pub(crate) const PANIC: &str = "panic";

impl Outcome {
    /// Values of the `result` label.
    pub(crate) const RESULTS: usize = 3;

    /// Returns the position of the `result` label. A panic has that of an error; its class tells
    /// them apart.
    #[inline]
    pub(crate) const fn result(self) -> usize {
        match self {
            Self::Ok => 0,
            Self::Error | Self::Panic => 1,
            Self::Cancelled => 2,
        }
    }

    /// Returns the value of the `result` label: `ok`, `error` or `cancelled`.
    pub(crate) const fn as_str(self) -> &'static str {
        ["ok", "error", "cancelled"][self.result()]
    }
}
