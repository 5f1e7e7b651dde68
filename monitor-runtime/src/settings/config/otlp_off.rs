//! Without the feature `otlp` its settings are not read. A warning names each variable that is given.

use super::{ConfigError, Env};

/// The settings of an exporter that is not built.
#[derive(Debug)]
pub(crate) struct OtlpSettings;

impl OtlpSettings {
    #[expect(clippy::unnecessary_wraps, reason = "the signature with the feature")]
    pub(super) fn resolve(_: &[(String, String)], _: Env<'_>) -> Result<Self, ConfigError> {
        Ok(Self)
    }
}
