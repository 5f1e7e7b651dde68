//! `MONITOR_TOKEN`, and the settings for which routes need it.

use super::super::{ConfigError, Env, Given, Setting};

/// Returns a token that is long enough, and that a header can carry.
pub(super) fn parse_token(given: Given) -> Result<String, ConfigError> {
    let problem = if given.value.len() < 16 {
        "is too short to be a secret"
    } else if !given.value.bytes().all(|byte| byte.is_ascii_graphic()) {
        "has a character that a header cannot carry"
    } else {
        return Ok(given.value);
    };
    Err(given.refuse(problem))
}

/// Returns `true` if a setting says that something needs the token.
pub(super) fn needs_token(
    setting: &'static Setting,
    builder: Option<bool>,
    has_token: bool,
    env: Env<'_>,
) -> Result<bool, ConfigError> {
    let text = |needs: bool| if needs { "token" } else { "open" }.to_owned();
    match Given::find(setting, builder.map(text), env)? {
        None => Ok(false),
        Some(given) if given.says("open") => Ok(false),
        Some(given) if !given.says("token") => Err(given.refuse("is neither")),
        Some(given) if !has_token => Err(given.refuse("there is no MONITOR_TOKEN")),
        Some(_) => Ok(true),
    }
}
