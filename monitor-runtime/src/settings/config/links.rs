//! Settings for the addresses that annotations of alerts link to.

use super::{ConfigError, Given};

/// The longest URL that is taken, in bytes.
pub(super) const MAX_URL: usize = 500;

pub(super) fn without_scheme(url: &str) -> Option<&str> {
    let mut schemes = ["https://", "http://"].into_iter();
    schemes.find_map(|scheme| url.strip_prefix(scheme))
}

/// Parses a URL to which a path can be appended.
pub(super) fn parse_url(given: Given) -> Result<String, ConfigError> {
    let url = &given.value;
    let rest = without_scheme(url);
    let fits = |rest: &str| {
        let visible = rest.bytes().all(|byte| byte.is_ascii_graphic());
        visible && !rest.is_empty() && !rest.contains(['?', '#', '"', '\\'])
    };
    if rest.is_some_and(|rest| rest.contains('@')) {
        // Everyone who receives an alert would see it.
        return Err(given.refuse("has a login"));
    }
    if url.len() <= MAX_URL && rest.is_some_and(fits) {
        Ok(given.value)
    } else {
        Err(given.refuse("is not a URL of this form"))
    }
}

/// Stands for the instance of an alert in the URL of a server.
pub(crate) const INSTANCE: &str = "{instance}";

/// Parses a URL as [`parse_url`] does, in which [`INSTANCE`] may stand.
pub(super) fn parse_server_url(given: Given) -> Result<String, ConfigError> {
    let url = given.value.clone();
    let others = url.replace(INSTANCE, "instance");
    if let Some(at) = others.find(['{', '}']) {
        let unknown: String = others[at..].chars().take(20).collect();
        return Err(given.refuse(format!("has {unknown:?}, which is not its placeholder")));
    }
    parse_url(given)
}
