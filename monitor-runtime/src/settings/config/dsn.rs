//! The address of a project in Sentry.

pub(crate) use ::sentry::types::Dsn;
use ::sentry::types::ParseDsnError;

use super::ConfigError;
use super::given::Given;
use crate::base::redact::HIDDEN;

pub(super) fn parse_dsn(mut given: Given) -> Result<Dsn, ConfigError> {
    // The parser takes what stands behind a space as a part of the project.
    let is_one = !given.value.trim().contains(char::is_whitespace);
    if !is_one {
        HIDDEN.clone_into(&mut given.value);
        return Err(given.refuse(format_args!("is not a DSN (it has a space)")));
    }
    let parsed = given.value.trim().parse();
    parsed.map_err(|problem: ParseDsnError| {
        // The text before an `@` is a key, even in a malformed DSN.
        if let Some((_, host)) = given.value.rsplit_once('@') {
            given.value = format!("{HIDDEN}@{host}");
        }
        given.refuse(format_args!("is not a DSN ({problem})"))
    })
}
