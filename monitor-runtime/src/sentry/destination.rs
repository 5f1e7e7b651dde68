//! The destination of events, as `start()` finds it.

/// The destination of events.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Destination {
    /// The DSN of the configuration.
    Dsn,
    /// A client that was already bound.
    Existing,
    /// None, because no DSN is set.
    Nowhere,
}

impl Destination {
    /// Returns `true` if `start()` made the client that sends.
    pub(crate) fn is_own(self) -> bool {
        self == Self::Dsn
    }

    /// Returns the words for it in the line about the start.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Dsn => "on",
            Self::Existing => "on, by the client that was already bound",
            Self::Nowhere => "off: no SENTRY_DSN",
        }
    }
}
