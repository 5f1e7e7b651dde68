//! The settings of the log: format, colours and filter.

use std::ffi::OsString;
use std::io::IsTerminal;

use super::given::variable;
use super::{ConfigError, Env, Given, MONITOR_LOG_FORMAT};
use crate::settings::log_filter::{LogDirectives, RecordDirectives};
use crate::settings::log_format::LogFormat;

/// Decides whether lines have colours: on a terminal that supports them, unless the user overrides
/// it by <https://no-color.org> and <https://bixense.com/clicolors>.
pub(super) fn colours(env: Env<'_>, is_terminal: bool) -> bool {
    let given = |name| variable(env, name).filter(|value| !value.is_empty());
    let is_zero = |value: &OsString| value == "0";
    if given("CLICOLOR_FORCE").is_some_and(|value| !is_zero(value)) {
        return true;
    }
    let refused = given("NO_COLOR").is_some() || given("CLICOLOR").is_some_and(is_zero);
    // Windows' terminals have colours, and no such variable.
    let shows = given("TERM").map_or(cfg!(windows), |term| term != "dumb");
    is_terminal && shows && !refused
}

pub(super) fn log_format(
    builder: Option<LogFormat>,
    env: Env<'_>,
) -> Result<LogFormat, ConfigError> {
    if let Some(format) = builder {
        return Ok(format);
    }
    match Given::find(&MONITOR_LOG_FORMAT, None, env)? {
        None if std::io::stdout().is_terminal() => Ok(LogFormat::Pretty),
        None => Ok(LogFormat::Json),
        Some(given) if given.says("pretty") => Ok(LogFormat::Pretty),
        Some(given) if given.says("json") => Ok(LogFormat::Json),
        Some(given) => Err(given.refuse("is not a log format")),
    }
}

pub(super) fn parse_filter(given: Given) -> Result<LogDirectives, ConfigError> {
    let parsed = LogDirectives::parse(&given.value);
    parsed.map_err(|problem| given.refuse(format_args!("is not a filter ({problem})")))
}

pub(super) fn parse_record_level(given: Given) -> Result<RecordDirectives, ConfigError> {
    let parsed = RecordDirectives::parse(&given.value);
    parsed.map_err(|problem| given.refuse(format_args!("cannot be used ({problem})")))
}
