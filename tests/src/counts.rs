//! All that is counted of one function.

/// All that is counted of one function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// `function_calls_total{result="ok"}`.
    pub ok: u64,
    /// `function_calls_total{result="error"}` without a class.
    pub error: u64,
    /// `function_calls_total{result="error",error="panic"}`.
    pub panic: u64,
    /// `function_calls_total{result="cancelled"}` of all reasons.
    pub cancelled: u64,
    /// `function_calls_duration_seconds_count{result="ok"}`.
    pub timed_ok: u64,
    /// `function_calls_duration_seconds_count{result="error"}`, panics included.
    pub timed_error: u64,
    /// `function_calls_duration_seconds_count{result="cancelled"}`.
    pub timed_cancelled: u64,
    /// Returns `function_calls_concurrent`.
    pub concurrent: u64,
}

impl Counts {
    /// Returns the counts since `before`; `concurrent` as it is now.
    pub fn since(self, before: Self) -> Self {
        Self {
            ok: self.ok - before.ok,
            error: self.error - before.error,
            panic: self.panic - before.panic,
            cancelled: self.cancelled - before.cancelled,
            timed_ok: self.timed_ok - before.timed_ok,
            timed_error: self.timed_error - before.timed_error,
            timed_cancelled: self.timed_cancelled - before.timed_cancelled,
            concurrent: self.concurrent,
        }
    }

    /// Returns the counts of this many calls that ended ok.
    pub fn oks(calls: u64) -> Self {
        Self {
            ok: calls,
            timed_ok: calls,
            ..Self::default()
        }
    }

    /// Returns the counts of this many calls that ended in an error.
    pub fn errors(calls: u64) -> Self {
        Self {
            error: calls,
            timed_error: calls,
            ..Self::default()
        }
    }

    /// Returns the counts of this many calls that panicked.
    pub fn panics(calls: u64) -> Self {
        Self {
            panic: calls,
            timed_error: calls,
            ..Self::default()
        }
    }

    /// Returns the counts of this many calls that were cancelled.
    pub fn cancels(calls: u64) -> Self {
        Self {
            cancelled: calls,
            timed_cancelled: calls,
            ..Self::default()
        }
    }

    /// Returns the counts of this many running calls.
    pub fn running(calls: u64) -> Self {
        Self {
            concurrent: calls,
            ..Self::default()
        }
    }
}
