//! The functions that changed as documents: figures, and a sentence for each.

use serde::Serialize;

use super::changes::{Change, Changed, Kind, Origin};
use super::hour::Before;
use crate::base::outcome::Outcome;
use crate::server::live::{Minute, Totals};
use crate::server::requests;

/// The times that changes compare.
#[derive(Serialize)]
pub(super) struct Period {
    /// The time before the incident began that numbers are of: about a minute.
    pub(super) seconds: f64,
    /// The time before that; `null` right after the start, when there is nothing to compare with.
    pub(super) before_seconds: Option<f64>,
}

#[derive(Serialize)]
pub(super) struct ChangedDocument {
    pub(super) function: String,
    pub(super) module: &'static str,
    pub(super) changes: Vec<ChangeDocument>,
}

#[derive(Serialize)]
pub(super) struct ChangeDocument {
    /// `errors`, `cancelled`, `duration` or `calls`.
    kind: &'static str,
    /// Calls in a minute; of a duration, the mean in milliseconds.
    now: f64,
    /// The number of the time before; absent without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<f64>,
    /// `now` in parts of `before`; absent if that is 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    ratio: Option<f64>,
    /// The class of most of the errors, or the reason of most of the cancelled calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    class: Option<&'static str>,
    /// `true` if an inner function had the errors before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    passed_on: bool,
    /// `true` if the errors are part of the function's work.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    expected: bool,
    pub(super) said: String,
}

impl Period {
    pub(super) fn new(minute: &Minute, before: Option<&Before>) -> Self {
        let before = before.map(|before| round(before.length.as_secs_f64()));
        Self {
            seconds: round(minute.length.as_secs_f64()),
            before_seconds: before,
        }
    }

    /// Returns the time before in words: `the hour before`, `the 12 min before`.
    pub(super) fn before(&self) -> Option<String> {
        let minutes = self.before_seconds? / 60.0;
        Some(if minutes >= 55.0 {
            "the hour before".to_owned()
        } else {
            format!("the {minutes:.0} min before")
        })
    }
}

impl ChangedDocument {
    pub(super) fn new(
        changed: &Changed,
        (name, module): (&str, &'static str),
        period: &Period,
        class: impl Fn(Outcome) -> Option<&'static str>,
        origin: impl Fn() -> Origin,
    ) -> Self {
        let all = changed.changes.iter().map(|change| {
            let class = change.kind.outcome().and_then(&class);
            let origin = (change.kind == Kind::Errors).then(&origin);
            let sentence = sentence(change, period, &changed.calls);
            ChangeDocument::new(change, &sentence, class, origin)
        });
        Self {
            function: name.to_owned(),
            module,
            changes: all.collect(),
        }
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        requests::bytes(self, [])
    }
}

impl ChangeDocument {
    fn new(
        change: &Change,
        sentence: &str,
        class: Option<&'static str>,
        origin: Option<Origin>,
    ) -> Self {
        let unit = match change.kind {
            Kind::Duration => 1e3,
            _ => 1.0,
        };
        let what = match change.kind {
            Kind::Cancelled => "reason",
            _ => "class",
        };
        let class_words = class.map_or_else(String::new, |class| format!(", {what} `{class}`"));
        let origin_words = match origin {
            Some(Origin::PassedOn) => ", passed on from an inner function",
            Some(Origin::Expected) => ", expected",
            Some(Origin::Here) | None => "",
        };
        Self {
            kind: match change.kind {
                Kind::Errors => "errors",
                Kind::Cancelled => "cancelled",
                Kind::Duration => "duration",
                Kind::Calls => "calls",
            },
            now: round(change.now * unit),
            before: change.before.map(|before| round(before * unit)),
            ratio: change.ratio().map(round),
            class,
            passed_on: origin == Some(Origin::PassedOn),
            expected: origin == Some(Origin::Expected),
            said: format!("{sentence}{class_words}{origin_words}"),
        }
    }
}

/// Says what changed: `errors 40 × those of the hour before (120 a minute, 3 before)`.
fn sentence(change: &Change, period: &Period, calls: &Totals) -> String {
    let Some((time, before)) = period.before().zip(change.before) else {
        return alone(change, calls);
    };
    let (what, those) = match change.kind {
        Kind::Errors => ("errors", "those"),
        Kind::Cancelled => ("cancelled calls", "those"),
        Kind::Duration => ("mean duration", "that"),
        Kind::Calls => ("calls", "those"),
    };
    let (now, before) = if change.kind == Kind::Duration {
        let time = |seconds: f64| requests::duration(seconds * 1e3);
        (time(change.now), time(before))
    } else {
        (format!("{} a minute", digits(change.now)), digits(before))
    };
    match change.ratio().map(digits) {
        Some(ratio) => format!("{what} {ratio} × {those} of {time} ({now}, {before} before)"),
        None => format!("{what} {now}, none in {time}"),
    }
}

/// Says what there is, without a time to compare with.
fn alone(change: &Change, calls: &Totals) -> String {
    let [_, errors, cancelled] = calls.ended;
    let all = calls.calls();
    match change.kind {
        Kind::Errors => format!("{errors} of {all} calls failed"),
        Kind::Cancelled => format!("{cancelled} of {all} calls were cancelled"),
        Kind::Calls => format!("{all} calls"),
        Kind::Duration => {
            let mean = requests::duration(change.now * 1e3);
            format!("mean duration {mean} of {all} calls")
        }
    }
}

/// Formats a number with as many digits as a reader compares.
fn digits(number: f64) -> String {
    let digits = match number {
        n if n >= 10.0 => 0,
        n if n >= 1.0 => 1,
        _ => 2,
    };
    let text = format!("{number:.digits$}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if digits > 0 { short.to_owned() } else { text }
}

fn round(number: f64) -> f64 {
    (number * 1e3).round() / 1e3
}
