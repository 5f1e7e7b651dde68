//! The address of a project in Sentry.

pub(crate) use ::sentry::types::Dsn;
use ::sentry::types::ParseDsnError;

use super::ConfigError;
use super::given::Given;
use crate::base::redact::HIDDEN;

pub(super) fn parse_dsn(mut given: Given) -> Result<Dsn, ConfigError> {
    let parsed = given.value.parse();
    parsed.map_err(|problem: ParseDsnError| {
        // The text before an `@` is a key, even in a malformed DSN.
        if let Some((_, host)) = given.value.rsplit_once('@') {
            given.value = format!("{HIDDEN}@{host}");
        }
        given.refuse(format_args!("is not a DSN ({problem})"))
    })
}
