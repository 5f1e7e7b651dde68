//! Without the feature `sentry`, an address of Sentry is noted as given and not read.

use super::ConfigError;
use super::given::Given;

/// An address of Sentry that the user gave.
#[derive(Debug)]
pub(crate) struct Dsn;

#[expect(
    clippy::unnecessary_wraps,
    clippy::needless_pass_by_value,
    reason = "the signature with the feature"
)]
pub(super) fn parse_dsn(_: Given) -> Result<Dsn, ConfigError> {
    Ok(Dsn)
}
