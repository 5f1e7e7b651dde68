//! Reads durations such as `500ms` and rates such as `10/min` at compile time.

use syn::{Error, LitStr, Result};

pub(crate) const DURATION: &str = "a duration: `slow = \"500ms\"`";

/// Names of units, and their nanoseconds.
const UNITS: [(&[&str], f64); 7] = [
    (&["ns"], 1.0),
    (&["us", "µs"], 1e3),
    (&["ms"], 1e6),
    (&["s", "sec", "second"], 1e9),
    (&["m", "min", "minute"], 60e9),
    (&["h", "hour"], 3_600e9),
    (&["d", "day"], 86_400e9),
];

/// The longest duration, in nanoseconds: 100 days.
const LONGEST: f64 = 100.0 * 86_400e9;

/// Returns `500ms`, `1.5s` or `1m 30s` in nanoseconds.
pub(crate) fn duration(literal: &LitStr) -> Result<u64> {
    let text = literal.value();
    let wrong = |why: &str| Error::new(literal.span(), format!("`{text}` is {why}"));
    let parts = text.split_whitespace().map(part);
    let sum: Option<f64> = parts.sum();
    let nanoseconds = sum.ok_or_else(|| wrong(NO_DURATION))?;
    if text.trim().is_empty() {
        return Err(wrong(NO_DURATION));
    }
    if nanoseconds < 1.0 {
        return Err(wrong("too short; write at least `1ns`"));
    }
    if nanoseconds > LONGEST {
        return Err(wrong("too long; write at most `100d`"));
    }
    Ok(whole(nanoseconds))
}

const NO_DURATION: &str =
    "not a duration; write a number and a unit (`ns`, `us`, `ms`, `s`, `m`, `h`, `d`): `500ms`";

/// Returns `10/min` as a count and a period in nanoseconds.
pub(crate) fn rate(literal: &LitStr) -> Result<(u32, u64)> {
    let text = literal.value();
    let wrong = || {
        let message = format!(
            "`{text}` is not a rate; write a count and a unit (`s`, `min`, `h`, `d`): `10/min`"
        );
        Error::new(literal.span(), message)
    };
    let (count, period) = text.split_once('/').ok_or_else(wrong)?;
    let count: u32 = count.trim().parse().map_err(|_| wrong())?;
    let unit = period.trim();
    let period = if unit.starts_with(|first: char| first.is_ascii_digit()) {
        part(unit)
    } else {
        factor(unit)
    };
    let period = period.filter(|period| (1.0..=LONGEST).contains(period));
    match (count, period) {
        (0, _) => {
            let message = "a rate of 0 lets nothing through; write `sentry = false`";
            Err(Error::new(literal.span(), message))
        }
        (_, None) => Err(wrong()),
        (count, Some(period)) => Ok((count, whole(period))),
    }
}

/// Parses a number and its unit.
fn part(text: &str) -> Option<f64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = text.split_at(end);
    Some(number.parse::<f64>().ok()? * factor(unit)?)
}

fn factor(unit: &str) -> Option<f64> {
    let found = UNITS.iter().find(|(names, _)| names.contains(&unit));
    found.map(|(_, factor)| *factor)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between 1 and `LONGEST`, far below 2^64"
)]
fn whole(nanoseconds: f64) -> u64 {
    nanoseconds.round() as u64
}
