//! The number of lines that one place in the code may write.

use super::{ConfigError, Env, Given, MONITOR_LOG_LIMIT};
use crate::base::rate_limit::Throttle;

pub(super) fn log_limit(builder: Option<String>, env: Env<'_>) -> Result<Throttle, ConfigError> {
    let Some(given) = Given::find(&MONITOR_LOG_LIMIT, builder, env)? else {
        return Ok(Throttle::OFF);
    };
    if given.says("off") {
        return Ok(Throttle::OFF);
    }
    let Some((lines, period)) = given.value.split_once('/') else {
        return Err(given.refuse("has no `/` between a number of lines and a time"));
    };
    let lines = match lines.trim().parse::<u32>() {
        Ok(0) => return Err(given.refuse("allows no line at all")),
        Ok(lines) if lines <= 1_000_000 => lines,
        Ok(_) => return Err(given.refuse("allows more than 1000000 lines")),
        Err(problem) => {
            return Err(given.refuse(format_args!("has no number of lines ({problem})")));
        }
    };
    let period = match humantime::parse_duration(period.trim()) {
        Ok(period) => u64::try_from(period.as_nanos()).unwrap_or(u64::MAX),
        Err(problem) => return Err(given.refuse(format_args!("has no time ({problem})"))),
    };
    match period {
        0..1_000_000_000 => Err(given.refuse("has a time below 1s")),
        1_000_000_000..=3_600_000_000_000 => Ok(Throttle::new(lines, period)),
        _ => Err(given.refuse("has a time above 1h")),
    }
}
