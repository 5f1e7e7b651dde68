//! Without the feature `server` its settings are not read. A warning names each variable that is given.

use super::{ConfigError, Env};

/// The settings of the builder for the server, which it lacks.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerOverrides;

/// The settings of a server that is not built.
#[derive(Debug)]
pub(crate) struct ServerSettings;

impl ServerSettings {
    #[expect(clippy::unnecessary_wraps, reason = "the signature with the feature")]
    pub(super) fn resolve(_: ServerOverrides, _: Env<'_>) -> Result<Self, ConfigError> {
        Ok(Self)
    }
}
