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

/// The reason for which a call was cancelled, as far as the code that drops its future tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum CancelReason {
    /// The future of the response was dropped by the server: the client went away.
    Client,
    /// Code of the service dropped it: a time-out, `select!`, an early return, a panic.
    Caller,
    /// The task was aborted.
    Aborted,
    /// The process is going down.
    Shutdown,
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

impl CancelReason {
    /// All of them, by place.
    pub(crate) const ALL: [Self; 4] = [Self::Client, Self::Caller, Self::Aborted, Self::Shutdown];

    /// The places of counters by reason; the last is that of calls without one.
    pub(crate) const PLACES: usize = Self::ALL.len() + 1;

    /// Returns the place of its counter.
    pub(crate) const fn place(self) -> usize {
        self as usize
    }

    /// Returns the value of the `error` label.
    pub(crate) const fn as_str(self) -> &'static str {
        ["client", "caller", "aborted", "shutdown"][self.place()]
    }
}
