//! Settings for the addresses that the live page links to.

use super::super::links::{MAX_URL, without_scheme};
use super::super::{ConfigError, Env, Given, MONITOR_SOURCE_URL, MONITOR_TRACE_URL};

/// Templates of URLs that the page links to, from the settings.
#[derive(Clone, Debug, Default)]
pub(crate) struct PageLinks {
    /// Contains `{trace_id}`.
    pub(crate) trace: Option<String>,
    /// Contains `{file}`, and may contain `{line}`, `{version}` and `{commit}`.
    pub(crate) source: Option<String>,
}

/// Decides the addresses that the live page links to.
pub(super) fn page_links(
    trace: Option<String>,
    source: Option<String>,
    env: Env<'_>,
) -> Result<PageLinks, ConfigError> {
    let trace = Given::find(&MONITOR_TRACE_URL, trace, env)?;
    let source = Given::find(&MONITOR_SOURCE_URL, source, env)?;
    let of_source = ["{file}", "{line}", "{version}", "{commit}"];
    Ok(PageLinks {
        trace: trace
            .map(|given| parse_template(given, &["{trace_id}"]))
            .transpose()?,
        source: source
            .map(|given| parse_template(given, &of_source))
            .transpose()?,
    })
}

/// Parses a URL with placeholders behind its host; the first of them is required.
fn parse_template(given: Given, placeholders: &[&str]) -> Result<String, ConfigError> {
    let url = given.value.as_str();
    let rest = without_scheme(url);
    let Some(rest) = rest.filter(|rest| {
        let visible = rest.bytes().all(|byte| byte.is_ascii_graphic());
        let fits = visible && !rest.contains(['"', '<', '>', '\\', '`']);
        fits && url.len() <= MAX_URL && !rest.starts_with(['/', '?', '#'])
    }) else {
        return Err(given.refuse("is not a URL of this form"));
    };
    let host_ends = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, behind) = rest.split_at(host_ends);
    if host.contains('@') {
        return Err(given.refuse("has a login"));
    }
    if host.contains(['{', '}']) {
        return Err(given.refuse("has a placeholder in its host"));
    }
    let first = placeholders[0];
    if !behind.contains(first) {
        let problem = format!("has no {first} in it");
        return Err(given.refuse(problem));
    }
    let known = |text: String, name: &&str| text.replace(*name, "");
    let without = placeholders.iter().fold(behind.to_owned(), known);
    if let Some(at) = without.find(['{', '}']) {
        let unknown: String = without[at..].chars().take(20).collect();
        let problem = format!("has {unknown:?}, which is not one of its placeholders");
        return Err(given.refuse(problem));
    }
    Ok(given.value)
}
