//! The functions that changed, of services that are made up: `load` is called by `find`, which is
//! called by `handle`, and `price` is called very often.

use std::time::Instant;

use super::*;
use crate::base::outcome::Outcome;
use crate::server::incidents::changes::{Changed, Kind, Origin, compare};
use crate::server::incidents::hour::{Before, COLUMN, Hour};
use crate::server::incidents::said::{ChangedDocument, Period};
use crate::server::live::{Class, Minute, Totals};

const NAMES: [&str; 4] = ["handle", "find", "load", "price"];
const HANDLE: usize = 0;
const FIND: usize = 1;
const LOAD: usize = 2;
const PRICE: usize = 3;

/// Calls by result, and their mean duration in seconds.
type Calls = ([u64; 3], f64);

fn totals([ok, errors, cancelled]: [u64; 3], mean: f64) -> Totals {
    let calls = u32::try_from(ok + errors + cancelled).expect("few");
    Totals {
        ended: [ok, errors, cancelled],
        seconds: mean * f64::from(calls),
    }
}

fn minute(calls: [Calls; 4]) -> Minute {
    Minute {
        length: MINUTE,
        calls: calls.map(|(ended, mean)| totals(ended, mean)).to_vec(),
    }
}

/// An hour of 60 requests a minute: one in 20 fails in `load`, and one in 60 is cancelled.
fn before() -> Before {
    let requests = |mean| totals([3360, 180, 60], mean);
    Before {
        length: MINUTE * 60,
        calls: vec![
            requests(0.013),
            requests(0.012),
            requests(0.010),
            totals([3_600_000, 0, 0], 1e-6),
        ],
        classes: Vec::new(),
    }
}

fn origin(function: usize) -> Origin {
    if function == LOAD {
        Origin::Here
    } else {
        Origin::PassedOn
    }
}

fn changed(calls: [Calls; 4]) -> Vec<Changed> {
    compare(&minute(calls), Some(&before()), origin)
}

const PRICES: Calls = ([60_000, 0, 0], 1e-6);

/// Returns name and kind of the first change.
fn first(changed: &[Changed]) -> (&'static str, Kind) {
    let first = changed.first().expect("something changed");
    (NAMES[first.function], first.changes[0].kind)
}

fn said(changed: &Changed, minute: &Minute, before: Option<&Before>) -> Vec<String> {
    let period = Period::new(minute, before);
    let name = (NAMES[changed.function], "shop");
    let class = |outcome| {
        Some(if outcome == Outcome::Error {
            "Timeout"
        } else {
            "client"
        })
    };
    let origin = || origin(changed.function);
    let document = ChangedDocument::new(changed, name, &period, class, origin);
    document
        .changes
        .into_iter()
        .map(|change| change.said)
        .collect()
}

#[test]
fn a_usual_minute_has_no_changes() {
    let usual = [
        ([55, 4, 1], 0.014),
        ([55, 4, 1], 0.013),
        ([55, 4, 1], 0.011),
        ([61_000, 0, 0], 1.1e-6),
    ];
    assert_eq!(changed(usual).len(), 0);
}

#[test]
fn an_error_burst_names_the_function_that_fails() {
    let burst = [
        ([0, 60, 0], 0.014),
        ([0, 60, 0], 0.013),
        ([0, 60, 0], 0.011),
        // No order is priced.
        ([0, 0, 0], 0.0),
    ];
    let found = changed(burst);
    assert_eq!(first(&found), ("load", Kind::Errors));
    let names: Vec<usize> = found.iter().map(|changed| changed.function).collect();
    assert_eq!(names, [LOAD, FIND, HANDLE, PRICE]);
    let (minute, before) = (minute(burst), before());
    assert_eq!(
        said(&found[0], &minute, Some(&before)),
        ["errors 20 × those of the hour before (60 a minute, 3 before), class `Timeout`"]
    );
    assert_eq!(
        said(&found[1], &minute, Some(&before)),
        [
            "errors 20 × those of the hour before (60 a minute, 3 before), class `Timeout`, passed on from an inner function"
        ]
    );
    assert_eq!(
        said(&found[3], &minute, Some(&before)),
        ["calls 0 × those of the hour before (0 a minute, 60000 before)"]
    );
}

#[test]
fn a_slow_dependency_is_the_innermost_function_that_is_slow() {
    let slow = [
        ([56, 3, 1], 0.083),
        ([56, 3, 1], 0.082),
        ([56, 3, 1], 0.080),
        // Three times slower, which is noise of a function that takes no time.
        ([60_000, 0, 0], 3e-6),
    ];
    let found = changed(slow);
    assert_eq!(first(&found), ("load", Kind::Duration));
    assert_eq!(
        said(&found[0], &minute(slow), Some(&before())),
        ["mean duration 8 × that of the hour before (80.0 ms, 10.0 ms before)"]
    );
    let price = found.iter().position(|changed| changed.function == PRICE);
    assert!(price.is_none_or(|place| place == 3), "{found:?}");
}

#[test]
fn a_cancel_storm_is_the_innermost_function_that_was_waited_for() {
    let storm = [
        ([20, 3, 40], 0.52),
        ([20, 3, 40], 0.51),
        ([20, 3, 40], 0.50),
        PRICES,
    ];
    let found = changed(storm);
    assert_eq!(first(&found), ("load", Kind::Cancelled));
    assert_eq!(
        said(&found[0], &minute(storm), Some(&before()))[0],
        "cancelled calls 40 × those of the hour before (40 a minute, 1 before), reason `client`"
    );
}

#[test]
fn few_errors_do_not_hide_that_all_is_slow() {
    let slow = [
        ([57, 0, 3], 0.513),
        ([57, 0, 3], 0.512),
        ([57, 0, 3], 0.510),
        ([60_000, 1, 0], 1e-6),
    ];
    let found = compare(&minute(slow), Some(&before()), |_| Origin::Here);
    assert_eq!(first(&found), ("load", Kind::Duration));
    let errors = |of: &Changed| of.changes[0].kind == Kind::Errors;
    assert!(found.iter().any(errors), "the error is told as well");
}

#[test]
fn without_an_hour_before_there_are_figures_and_no_ratios() {
    let burst = [
        ([20, 40, 0], 0.013),
        ([20, 40, 0], 0.012),
        ([20, 40, 0], 0.010),
        PRICES,
    ];
    let minute = minute(burst);
    let found = compare(&minute, None, origin);
    assert_eq!(first(&found), ("load", Kind::Errors));
    let said = said(&found[0], &minute, None);
    assert_eq!(said[0], "40 of 60 calls failed, class `Timeout`");
    assert!(said.iter().all(|said| !said.contains('×')), "{said:?}");
    let slow = [
        ([60, 0, 0], 0.803),
        ([60, 0, 0], 0.802),
        ([60, 0, 0], 0.800),
        PRICES,
    ];
    let found = compare(&super::compared::minute(slow), None, origin);
    assert_eq!(first(&found), ("load", Kind::Duration));
}

#[test]
fn an_hour_is_remembered_and_no_more() {
    let begun = Instant::now();
    let mut hour = Hour::new(begun, 2);
    let of = |calls: u64, errors: u64| vec![totals([calls, errors, 0], 0.5), Totals::default()];
    let timeouts = Class {
        outcome: Outcome::Error,
        name: "Timeout",
        calls: 7,
    };
    let class = |function| {
        assert_eq!(function, 0, "only of functions that fail");
        vec![timeouts]
    };
    // A function that is called ten times in each column, and once fails.
    for step in 1..=200 {
        let now = begun + COLUMN * step;
        hour.remember(now, || of(u64::from(step) * 10, u64::from(step)), class);
        hour.remember(now + SECOND, || panic!("too early"), class);
    }
    let now = begun + COLUMN * 200;
    let all = hour.before(now + MINUTE).expect("an hour");
    assert_eq!(all.length, COLUMN * 13);
    assert_eq!(all.calls[0].ended, [130, 13, 0]);
    assert!((all.calls[0].seconds - 143.0 * 0.5).abs() < 0.01);
    assert_eq!(all.classes, [(0, timeouts)]);
    let before = hour.before(begun + COLUMN * 199 + MINUTE).expect("an hour");
    assert_eq!(before.length, COLUMN * 12, "the last column has not ended");
    assert_eq!(before.classes, [(0, timeouts)]);
    assert!(hour.has_ended(0, &of(2000, 200)[0]));
    assert!(!hour.has_ended(1, &Totals::default()), "no call ever ended");
    assert!(hour.has_ended(1, &totals([1, 0, 0], 0.1)), "just now");
    for step in 201..=271 {
        hour.remember(begun + COLUMN * step, || of(2000, 200), |_| Vec::new());
    }
    assert!(hour.has_ended(0, &of(2000, 200)[0]), "almost six hours ago");
    hour.remember(begun + COLUMN * 272, || of(2000, 200), |_| Vec::new());
    assert!(!hour.has_ended(0, &of(2000, 200)[0]), "six hours ago");
}

#[test]
fn right_after_the_start_there_is_no_hour_before() {
    let begun = Instant::now();
    let mut hour = Hour::new(begun, 1);
    let totals = || vec![totals([10, 0, 0], 0.1)];
    hour.remember(begun + SECOND * 295, totals, |_| Vec::new());
    assert!(hour.before(begun + COLUMN).is_none());
    hour.remember(begun + COLUMN, totals, |_| Vec::new());
    assert!(
        hour.before(begun + SECOND * 299).is_none(),
        "within the last minute"
    );
    let before = hour.before(begun + COLUMN).expect("five minutes");
    let minute = Minute {
        length: MINUTE,
        calls: Vec::new(),
    };
    let period = Period::new(&minute, Some(&before));
    assert_eq!(period.before().as_deref(), Some("the 5 min before"));
}
