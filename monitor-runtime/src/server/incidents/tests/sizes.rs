//! An incident stays below a megabyte, and the memory of the hour below four.

use std::panic::Location;
use std::sync::Arc;
use std::time::Instant;

use super::*;
use crate::base::fields::FieldValue;
use crate::base::outcome::Outcome;
use crate::base::verdict::Verdict;
use crate::call::run::run;
use crate::callsite::{Settings, Site};
use crate::server::incidents::evidence::Evidence;
use crate::server::incidents::hour::{COLUMN, Hour};
use crate::server::live::{Class, Totals};
use crate::server::requests::Request;
use crate::traces::span::Detail;
use crate::traces::{LocalTrace, SpanEnd, SpanKey, Subject};

/// A request with 200 spans, each with fields.
fn huge(place: &'static Location<'static>) -> Arc<LocalTrace> {
    let trace = LocalTrace::begin(origin(), Subject::Task(place));
    for number in 0..199 {
        let fields = (0..12).map(|_| ("name_of_a_field", FieldValue::Unsigned(number)));
        let detail = Detail::of_values(fields.collect());
        trace.begin_span(SpanKey::ROOT, Subject::Task(place), Some(detail));
    }
    trace
}

#[track_caller]
fn here() -> &'static Location<'static> {
    Location::caller()
}

#[test]
fn many_requests_of_200_spans_stay_within_a_megabyte() {
    let _alone = alone();
    let places = [
        here(),
        here(),
        here(),
        here(),
        here(),
        here(),
        here(),
        here(),
    ];
    let outcomes = [Outcome::Error, Outcome::Cancelled, Outcome::Ok];
    for place in places {
        for outcome in outcomes {
            for _ in 0..5 {
                huge(place).end_root(SpanEnd::new(clock::now(), outcome));
            }
        }
    }
    let running: Vec<_> = (0..40).map(|_| huge(here())).collect();
    let health = health(vec![]);
    let began = Moment::now();
    let mut evidence = Evidence::freeze(&live(&[]), &health, None, &began);
    for place in places {
        huge(place).end_root(SpanEnd::new(clock::now(), Outcome::Error));
    }
    evidence.collect(&began, &after(Moment::now(), SECOND));
    assert!(!evidence.requests.kept.is_empty() && evidence.requests.left_out > 0);
    assert!(!evidence.in_flight.is_empty());
    assert!(evidence.bytes() < 1_000_000, "{}", evidence.bytes());
    // Small ones of other tests fit beside them.
    let mut huge = evidence.requests.kept.iter().filter(|one| one.is_huge());
    assert!(huge.all(Request::has_failed), "those first");
    for trace in running {
        trace.end_root(SpanEnd::new(clock::now(), Outcome::Ok));
    }
}

#[test]
fn an_hour_of_ten_thousand_busy_functions_takes_less_than_four_megabytes() {
    const FUNCTIONS: usize = 10_000;
    let begun = Instant::now();
    let mut hour = Hour::new(begun, FUNCTIONS);
    for step in 1..=30 {
        let all = Totals {
            ended: [u64::from(step) * 100, u64::from(step), 0],
            seconds: f64::from(step),
        };
        let class = Class {
            outcome: Outcome::Error,
            name: "A",
            calls: 1,
        };
        let classes = |_| vec![class; 3];
        hour.remember(begun + COLUMN * step, || vec![all; FUNCTIONS], classes);
    }
    assert!(hour.bytes() < 4_000_000, "{}", hour.bytes());
    assert!(hour.bytes() > 2_000_000, "{}", hour.bytes());
}

/// Ten thousand functions.
fn many() -> Vec<&'static Site> {
    let sites = (0..10_000).map(|number| {
        let name: &'static str = Box::leak(format!("function_{number}").into_boxed_str());
        let settings: &'static Settings = Box::leak(Box::new(Settings::new().name(name)));
        &*Box::leak(Box::new(Site::new(|| "", "many").with(settings)))
    });
    sites.collect()
}

/// Calls each function; one in ten fails.
fn call(sites: &[&'static Site]) {
    for (number, site) in sites.iter().enumerate() {
        let fails = number.is_multiple_of(10);
        run(
            site.begin(),
            || (),
            |()| Verdict::Ok.error_if(&(), |()| fails),
        );
    }
}

#[test]
fn an_incident_of_ten_thousand_functions_is_made_in_milliseconds() {
    let sites = many();
    let live = Live::for_sites(&service(), Around::default(), sites.iter().copied());
    let begun = Instant::now();
    let mut hour = Hour::new(begun, live.functions());
    for step in 1..=13 {
        let classes = |place| live.classes(place);
        hour.remember(begun + COLUMN * step, || live.totals(), classes);
    }
    call(&sites);
    std::thread::sleep(SECOND);
    let now = after(Moment::now(), COLUMN * 14);
    let health = health(vec![]);
    let freeze = || {
        let start = Instant::now();
        let evidence = Evidence::freeze(&live, &health, Some(&hour), &now);
        let took = start.elapsed();
        assert_eq!(evidence.changed_left_out, 980);
        took
    };
    let fastest = (0..5).map(|_| freeze()).min().expect("five");
    println!("frozen in {fastest:?}");
    // Tens of milliseconds, and this is not optimised.
    assert!(fastest < Duration::from_millis(500), "{fastest:?}");
}
