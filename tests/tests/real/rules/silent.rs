//! Tests outages without counted failures: no instance, hanging calls, missing counters.

use super::rules;
use super::scenario::{Expected, Instance, ONE, Series, assert_evaluates, firing, page};

const TWO: Instance<'static> = Instance {
    name: "two",
    more: "",
};

#[test]
fn a_service_that_is_gone_is_a_page_and_one_instance_down_a_ticket() {
    let three = Instance {
        name: "three",
        more: "",
    };
    let gone = firing(
        "MonitorServiceAbsent",
        ",severity=\"page\",service_name=\"shop\"",
    );
    let down = firing(
        "MonitorInstanceDown",
        ",severity=\"ticket\",service_name=\"shop\"",
    );
    // The second is killed at 10 minutes, the first at 40; the third was taken away, not lost.
    let mut series = ONE.there("1x40 stale", "1x40 0x1600");
    series.extend(TWO.there("1x10 stale", "1x10 0x1600"));
    series.extend(three.there("1x10 stale", "1x10 stale"));
    let expected: &[Expected<'_>] = &[
        (9, &down, None),
        (13, &down, None),
        (20, &down, Some(1.0)),
        (20, &gone, None),
        (43, &gone, None),
        (60, &gone, Some(1.0)),
        (60, &down, Some(2.0)),
        // However long it takes, it does not end by itself.
        (800, &gone, Some(1.0)),
        (1600, &gone, Some(1.0)),
    ];
    assert_evaluates(&rules(), &series, expected);
    assert_evaluates(&rules(), &[], &[(4, &gone, None), (6, &gone, Some(1.0))]);
}

#[test]
fn one_instance_may_have_had_two_versions() {
    let old = ONE.series(
        "build_info",
        "service_name=\"shop\",version=\"1.1.0\"",
        "1x10 stale",
    );
    let new = ONE.series(
        "build_info",
        "service_name=\"shop\",version=\"1.2.0\"",
        "_x11 1x10 stale",
    );
    let series = [old, new, ONE.series("up", "", "1x22 0x60")];
    let down = firing("MonitorInstanceDown", ",instance=\"one\"");
    assert_evaluates(&rules(), &series, &[(40, &down, Some(1.0))]);
}

#[test]
fn a_call_that_hangs_is_a_ticket_unless_none_of_its_function_ends() {
    let ticket = |function: &str| {
        firing(
            "MonitorCallStuck",
            &format!(",severity=\"ticket\",function=\"{function}\""),
        )
    };
    let mut series = ONE.there("1x60", "1x60");
    for (function, calls) in [("load", "0+1x10 10x50"), ("work", "0x60")] {
        let labels = format!("service_name=\"shop\",function=\"{function}\",module=\"shop\"");
        series.extend([
            ONE.series("function_calls_oldest_seconds", &labels, "0+60x20 _x40"),
            ONE.series(
                "function_calls_total",
                &format!("{labels},result=\"ok\""),
                calls,
            ),
        ]);
    }
    let (load, work) = (ticket("load"), ticket("work"));
    let expected: &[Expected<'_>] = &[
        (8, &load, None),
        (15, &load, Some(1.0)),
        (15, &work, None),
        // It has ended.
        (30, &load, None),
    ];
    assert_evaluates(&rules(), &series, expected);
}

/// Returns the series of running calls of `serve`.
fn in_flight(instance: Instance<'_>, values: &str) -> Series {
    let labels = "service_name=\"shop\",objective_name=\"api\",function=\"serve\",module=\"shop\"";
    instance.series("monitor_objective_calls_in_flight", labels, values)
}

#[test]
fn calls_of_which_none_ends_are_a_page() {
    let page = firing("ObjectiveHang", ",severity=\"page\",objective_name=\"api\"");
    let ticket = firing(
        "ObjectiveHang",
        ",severity=\"ticket\",objective_name=\"api\"",
    );
    // After half an hour no call ends any more, and they become more and more.
    let mut all = ONE.calls("0+600x30 18000x90", "0x120");
    all.push(in_flight(ONE, "4x30 0+600x90"));
    let expected: &[Expected<'_>] = &[
        (30, &page, None),
        (45, &page, Some(1.0)),
        (45, &ticket, None),
        (110, &page, Some(1.0)),
    ];
    assert_evaluates(&rules(), &all, expected);
    // One of two instances hangs, with as many calls as it has permits for.
    let mut one = ONE.calls("0+600x30 18000x90", "0x120");
    one.push(in_flight(ONE, "4x30 64x90"));
    one.extend(TWO.calls("0+600x120", "0x120"));
    one.push(in_flight(TWO, "4x120"));
    assert_evaluates(&rules(), &one, &[(30, &page, None), (45, &page, Some(1.0))]);
    // Slow calls, of which some end: they are for the latency. And an idle function.
    let mut slow = ONE.calls("0x2 1x2 2x2 3x2 4x2 5x2 6x2 7x2 8x2 9x2 10x2", "0x60");
    slow.push(in_flight(ONE, "40x60"));
    slow.extend(TWO.calls("0x60", "0x60"));
    slow.push(in_flight(TWO, "0x60"));
    assert_evaluates(&rules(), &slow, &[(28, &page, None)]);
    // A nightly job that hangs: one call, for hours.
    let mut job = ONE.calls("1x900", "0x900");
    job.push(in_flight(ONE, "0x60 1x900"));
    let expected: &[Expected<'_>] = &[
        (240, &ticket, None),
        (500, &ticket, Some(1.0)),
        (500, &page, None),
    ];
    assert_evaluates(&rules(), &job, expected);
}

#[test]
fn calls_that_are_all_cancelled_late_are_failures() {
    let hung = ONE.calls("0+600x90", "0x30 0+600x60");
    let page = page("api", "success_rate");
    assert_evaluates(
        &rules(),
        &hung,
        &[(30, &page, None), (40, &page, Some(1.0))],
    );
}

/// The target, or the threshold, that the process has.
fn says(family: &str, slo: &str, values: &str) -> Series {
    let slo = if slo.is_empty() {
        String::new()
    } else {
        format!(",slo=\"{slo}\"")
    };
    let labels = format!("service_name=\"shop\",objective_name=\"api\"{slo}");
    ONE.series(family, &labels, values)
}

#[test]
fn an_objective_that_is_not_measured_is_a_page() {
    let unmeasured = |objective: &str, slo: &str| {
        let labels = format!(
            ",severity=\"page\",objective_name=\"{objective}\",slo=\"{slo}\",service_name=\"shop\""
        );
        firing("MonitorObjectiveUnmeasured", &labels)
    };
    let [api, latency, jobs] = [
        ("api", "success_rate"),
        ("api", "latency"),
        ("jobs", "latency"),
    ]
    .map(|(objective, slo)| unmeasured(objective, slo));
    let absent = firing("MonitorServiceAbsent", "");
    // Renamed at 30 minutes; the latency's failures are dropped by relabelling; `jobs` is measured.
    let mut series = ONE.there("1x60 stale", "1x90");
    series.extend(ONE.calls("0+100x30 stale", "0+100x30 stale"));
    series.push(
        ONE.function("serve", "api", "latency", ["0+100x60", "0x60"])
            .remove(0),
    );
    series.extend(ONE.function("work", "jobs", "latency", ["0+1x60 stale", "0x60 stale"]));
    let expected: &[Expected<'_>] = &[
        (3, &latency, None),
        (10, &latency, Some(1.0)),
        (30, &api, None),
        (40, &api, Some(1.0)),
        (40, &jobs, None),
        // Without the service there is one alert, not one for each objective.
        (75, &absent, Some(1.0)),
        (75, &firing("MonitorObjectiveUnmeasured", ""), None),
    ];
    assert_evaluates(&rules(), &series, expected);
}

#[test]
fn rules_that_no_longer_fit_are_a_ticket() {
    let mismatch = |more: &str| {
        firing(
            "MonitorRulesMismatch",
            &format!(",severity=\"ticket\"{more}"),
        )
    };
    let (target, threshold) = (
        "monitor_objective_target_ratio",
        "monitor_objective_threshold_seconds",
    );
    let success = mismatch(",objective_name=\"api\",slo=\"success_rate\"");
    let latency = mismatch(",objective_name=\"api\",slo=\"latency\"");
    // A deploy at 60 minutes: 99.9 becomes 99.5, and 250 ms become 500 ms. It fails from then on.
    let mut series = vec![
        says(target, "success_rate", "0.999x60 0.995x120"),
        says(target, "latency", "0.99x180"),
        says(threshold, "", "0.25x60 0.5x120"),
    ];
    series.extend(ONE.calls("0+1000x180", "0+1x60 60+1000x120"));
    let expected: &[Expected<'_>] = &[
        (59, &success, None),
        (59, &latency, None),
        (100, &success, Some(1.0)),
        (100, &latency, Some(1.0)),
        // The old rules go on measuring, and what was spent before is still spent.
        (70, &page("api", "success_rate"), Some(1.0)),
        (
            59,
            "monitor_slo:error_budget_left:ratio{slo=\"success_rate\"}",
            Some(0.0),
        ),
    ];
    assert_evaluates(&rules(), &series, expected);
    // An objective that these rules do not know; and those that they do.
    let new = |name: &str, slo: &str| {
        let labels = format!("service_name=\"shop\",objective_name=\"{name}\",slo=\"{slo}\"");
        ONE.series(target, &labels, "0.99x60")
    };
    let series = [
        new("ap", "latency"),
        new("jobs", "success_rate"),
        new("api", "latency"),
    ];
    let expected: &[Expected<'_>] = &[
        (
            50,
            &mismatch(",objective_name=\"ap\",slo=\"latency\""),
            Some(1.0),
        ),
        (
            50,
            &mismatch(",objective_name=\"jobs\",slo=\"success_rate\""),
            Some(1.0),
        ),
        (50, &mismatch(""), Some(2.0)),
    ];
    assert_evaluates(&rules(), &series, expected);
}
