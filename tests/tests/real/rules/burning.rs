//! Failures of many, of few, of none; and what restarts and quiet hours do to their ratios.

use super::rules;
use super::scenario::{Expected, Instance, ONE, assert_evaluates, firing, page, ticket};

#[test]
fn a_page_fires_and_resolves() {
    // 5 % of calls fail for 20 minutes, then none for 6 hours and more.
    let failing = ONE.calls("0+100x420", "0+5x20 100+0x400");
    let (page, ticket) = (page("api", "success_rate"), ticket("api", "success_rate"));
    let budget = "monitor_slo:error_budget:ratio{slo=\"success_rate\",objective_name=\"api\"}";
    let expected: &[Expected<'_>] = &[
        (0, &page, None),
        // 14.4 times too fast over an hour; not before ten calls have failed.
        (1, &page, None),
        (10, &page, Some(1.0)),
        (10, &ticket, Some(1.0)),
        (
            10,
            "monitor_slo:failures:ratio_rate5m{slo=\"success_rate\"}",
            Some(0.05),
        ),
        (10, budget, Some(0.001)),
        // The last 5 minutes are good, the last 30 and 6 hours are not: still 6 times too fast.
        (40, &page, Some(1.0)),
        (60, &page, None),
        (60, &ticket, Some(1.0)),
        // 6 hours are good: over 3 days it is still too fast, but no longer going on.
        (400, &ticket, None),
        // The budget stays spent.
        (
            400,
            &firing("ErrorBudgetExhausted", ",severity=\"ticket\""),
            Some(1.0),
        ),
    ];
    assert_evaluates(&rules(), &failing, expected);
}

#[test]
fn the_burn_rate_decides() {
    let (page, ticket) = (page("api", "success_rate"), ticket("api", "success_rate"));
    let used_up = firing("ErrorBudgetExhausted", "");
    // 6 hours of calls that succeed; then 1.43 % or 1.45 % of calls fail, of which 0.1 % may.
    for (failed, fires) in [(143, None), (145, Some(1.0))] {
        let failures = format!("0x360 0+{failed}x120");
        let series = ONE.calls("0+10000x480", &failures);
        assert_evaluates(&rules(), &series, &[(425, &page, fires)]);
    }
    // 0.5 % fail: 5 times too fast.
    let failing = ONE.calls("0+1000x60", "0+5x60");
    let expected: &[Expected<'_>] = &[(60, &page, None), (60, &ticket, Some(1.0))];
    assert_evaluates(&rules(), &failing, expected);
    // 0.05 % fail: half of what may.
    let fine = ONE.calls("0+10000x60", "0+5x60");
    let left = "monitor_slo:error_budget_left:ratio{slo=\"success_rate\"}";
    let expected: &[Expected<'_>] = &[
        (60, &page, None),
        (60, &ticket, None),
        (60, left, Some(0.5)),
        (60, &used_up, None),
    ];
    assert_evaluates(&rules(), &fine, expected);
}

#[test]
fn few_calls_that_fail_are_no_page() {
    // A call every ten minutes, of which every other fails; nine fail in a day and more.
    let few = ONE.calls(
        "0 1x9 2x9 3x9 4x9 5x9 6x9 7x9 8x9 9x9 10x9 11x9 12x9 13x9 14x9 15x9 16x9 17x9",
        "0x10 1x19 2x19 3x19 4x19 5x19 6x19 7x19 8x19 8x19",
    );
    let (page, ticket) = (page("api", "success_rate"), ticket("api", "success_rate"));
    let high = "monitor_slo:failures:ratio_rate1h{slo=\"success_rate\"} > bool 0.0144";
    let expected: &[Expected<'_>] = &[
        (100, high, Some(1.0)),
        (100, &page, None),
        (160, &page, None),
        (160, &ticket, None),
        (160, &firing("ErrorBudgetExhausted", ""), None),
        (160, &firing("ObjectiveAllFailed", ""), None),
    ];
    assert_evaluates(&rules(), &few, expected);
    // Calls stop after a burst in which all fail: nine failures do not page, ten do.
    for (failed, fires) in [(9, None), (10, Some(1.0))] {
        let calls = format!("0+1x30 {}x60", 30 + failed);
        let failures = format!("0x30 {failed}x60");
        let series = ONE.calls(&calls, &failures);
        assert_evaluates(&rules(), &series, &[(33, &page, fires)]);
    }
}

#[test]
fn a_job_that_fails_each_time_has_a_ticket() {
    // Good on the first night, then it fails on four; and a function beside it that has many calls and no failure.
    let day = |calls: u32| format!("{calls}x1439");
    let nights =
        |from: u32, to: u32| -> String { (from..=to).map(day).collect::<Vec<_>>().join(" ") };
    let calls = format!("0 {}", nights(1, 5));
    let failures = format!("0 {} {}", day(0), nights(1, 4));
    let mut series = ONE.function("job", "api", "success_rate", [&calls, &failures]);
    series.extend(ONE.function("serve", "api", "success_rate", ["0+1000x7200", "0x7200"]));
    let failed = firing(
        "ObjectiveAllFailed",
        ",severity=\"ticket\",function=\"job\"",
    );
    let night = |number: u32| number * 1440 + 30;
    let expected: &[Expected<'_>] = &[
        (night(2), &failed, None),
        // The good night is in the window.
        (night(3) - 60, &failed, None),
        (night(4), &failed, Some(1.0)),
        (night(4), &page("api", "success_rate"), None),
        (night(4), &ticket("api", "success_rate"), None),
        (
            night(4),
            &firing("ObjectiveAllFailed", ",function=\"serve\""),
            None,
        ),
    ];
    assert_evaluates(&rules(), &series, expected);
}

#[test]
fn instances_are_one_service_and_others_are_not() {
    let two = Instance {
        name: "two",
        more: "",
    };
    // One is restarted at 10 minutes, and counts from 0; the other is killed and gone.
    let mut series = ONE.calls("0+100x10 0+100x30", "0x10 0x30");
    series.extend(two.calls("0+100x15 stale", "0x15 stale"));
    // Another service keeps an objective of the same name, and breaks it.
    let other = Instance {
        name: "other",
        more: "",
    }
    .calls("0+100x40", "0+100x40");
    let other = other.into_iter().map(|(series, values)| {
        let series = series.replace("service_name=\"shop\"", "service_name=\"other\"");
        (series, values)
    });
    series.extend(other);
    let all = "monitor_slo:calls:increase5m{slo=\"success_rate\"} / 5";
    let bad = "monitor_slo:failures:ratio_rate5m{slo=\"success_rate\"}";
    let expected: &[Expected<'_>] = &[
        (9, all, Some(200.0)),
        (40, all, Some(100.0)),
        (40, bad, Some(0.0)),
        (40, &page("api", "success_rate"), None),
    ];
    assert_evaluates(&rules(), &series, expected);
    // A restart in the middle of failures leaves their share as it is.
    let series = ONE.calls("0+1000x59 0+1000x60", "0+70x59 0+70x60");
    let hour = "monitor_slo:failures:ratio_rate1h{slo=\"success_rate\"}";
    let expected: &[Expected<'_>] = &[
        (62, bad, Some(0.07)),
        (62, hour, Some(0.07)),
        (110, hour, Some(0.07)),
    ];
    assert_evaluates(&rules(), &series, expected);
}

#[test]
fn a_fresh_service_and_one_without_calls() {
    // Twenty calls fail in the second minute of a service.
    let fresh = ONE.calls("0 20 20+600x60", "0 20 20x60");
    let page = page("api", "success_rate");
    let expected: &[Expected<'_>] = &[(2, &page, Some(1.0)), (50, &page, None)];
    assert_evaluates(&rules(), &fresh, expected);
    // Calls stop in the middle of an outage: the ratio is absent, without a division by zero.
    let quiet = ONE.calls("0+1000x120 120000x200", "0x100 0+1000x20 20000x200");
    let ratio = "monitor_slo:failures:ratio_rate5m{slo=\"success_rate\"}";
    let expected: &[Expected<'_>] = &[
        (119, &page, Some(1.0)),
        (140, ratio, None),
        (300, &page, None),
    ];
    assert_evaluates(&rules(), &quiet, expected);
}

#[test]
fn a_latency_that_is_broken_pages() {
    let ratio = "monitor_slo:failures:ratio_rate5m{slo=\"latency\"}";
    // 20 % take longer, 1 % may.
    let late = ONE.function("serve", "api", "latency", ["0+100x60", "0+20x60"]);
    let expected: &[Expected<'_>] = &[
        (30, ratio, Some(0.2)),
        (30, &page("api", "latency"), Some(1.0)),
        (30, &ticket("api", "latency"), Some(1.0)),
        (30, &page("jobs", "latency"), None),
    ];
    assert_evaluates(&rules(), &late, expected);
    let soon = ONE.function("serve", "api", "latency", ["0+100x60", "0x60"]);
    let expected: &[Expected<'_>] = &[(30, ratio, Some(0.0)), (30, &page("api", "latency"), None)];
    assert_evaluates(&rules(), &soon, expected);
    // A budget of 10 % cannot burn 14.4 times too fast, and an outage pages all the same.
    let broken = ONE.function("work", "jobs", "latency", ["0+100x60", "0+95x60"]);
    let expected: &[Expected<'_>] = &[
        (30, ratio, Some(0.95)),
        (30, &page("jobs", "latency"), Some(1.0)),
    ];
    assert_evaluates(&rules(), &broken, expected);
}
