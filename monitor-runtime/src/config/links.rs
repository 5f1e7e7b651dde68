//! The settings of where annotations of alerts lead.

use super::{ConfigError, Given};

/// A URL that a path can be put behind.
pub(super) fn parse_url(given: Given) -> Result<String, ConfigError> {
    let url = &given.value;
    let mut schemes = ["https://", "http://"].into_iter();
    let rest = schemes.find_map(|scheme| url.strip_prefix(scheme));
    let fits = |rest: &str| {
        let visible = rest.bytes().all(|byte| byte.is_ascii_graphic());
        visible && !rest.is_empty() && !rest.contains(['?', '#', '"', '\\'])
    };
    if rest.is_some_and(|rest| rest.contains('@')) {
        // Everyone who is sent an alert would see it.
        return Err(given.refuse("has a login"));
    }
    if url.len() <= 500 && rest.is_some_and(fits) {
        Ok(given.value)
    } else {
        Err(given.refuse("is not such a URL"))
    }
}
