//! A wrapper for a value that must never appear in output.

use std::fmt;

/// A value that is never shown: in logs, in Sentry and in error messages it is `[redacted]`.
///
/// `Debug`, `Display` and `Serialize` all print that text. Only [`expose`](Self::expose) returns
/// the value. It is not wiped from memory when it is dropped.
///
/// ```
/// use monitor_runtime::{Secret, monitored};
///
/// #[monitored(args(user, token))] // user="ada" token="[redacted]"
/// fn log_in(user: &str, token: Secret<String>) -> bool {
///     token.expose() == "open sesame"
/// }
///
/// # fn main() {
/// let token = Secret::from("open sesame".to_owned());
/// assert_eq!(format!("{token} {token:?}"), "[redacted] [redacted]");
/// assert!(log_in("ada", token));
/// # }
/// ```
#[derive(Clone, Copy, Default)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Hides a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Returns the value.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// Returns the value and ends its secrecy.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

const HIDDEN: &str = "[redacted]";

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl<T> fmt::Display for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(HIDDEN)
    }
}

/// Serializes as hidden, too: expose the value in code that has to send or store it.
#[cfg(feature = "enable")]
impl<T> serde::Serialize for Secret<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(HIDDEN)
    }
}

/// Deserializes like the value, for example from a file of settings.
#[cfg(feature = "enable")]
impl<'de, T: serde::Deserialize<'de>> serde::Deserialize<'de> for Secret<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}
