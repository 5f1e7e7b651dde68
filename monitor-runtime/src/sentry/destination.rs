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
    /// None, although a DSN is set: the feature `sentry` is off.
    NotBuilt,
}

impl Destination {
    /// Returns the words for it in the line about the start.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Dsn => "on",
            Self::Existing => "on, by the client that was already bound",
            Self::Nowhere => "off: no SENTRY_DSN",
            Self::NotBuilt => "off: built without the feature `sentry`",
        }
    }
}
