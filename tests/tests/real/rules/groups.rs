//! One Prometheus for several environments.

use monitor_runtime::slo;

use super::declared;
use super::scenario::{Expected, Instance, Series, assert_evaluates, firing};

const PROD: Instance<'static> = Instance {
    name: "p",
    more: ",env=\"prod\"",
};
const STAGING: Instance<'static> = Instance {
    name: "s",
    more: ",env=\"staging\"",
};

fn rules() -> slo::Rules {
    slo::rules(&declared().service("shop", "1"))
}

fn by_env() -> String {
    rules().by("env").expect("a label").to_string()
}

fn both(prod: Vec<Series>, staging: Vec<Series>) -> Vec<Series> {
    [prod, staging].concat()
}

/// `ErrorBudgetBurn` of an environment, as a page.
fn page(env: &str) -> String {
    firing(
        "ErrorBudgetBurn",
        &format!(",severity=\"page\",env=\"{env}\""),
    )
}

#[test]
fn a_large_staging_does_not_hide_an_outage_of_production() {
    let series = both(
        PROD.calls("0+100x120", "0x60 0+100x60"),
        STAGING.calls("0+100000x120", "0x120"),
    );
    let ratio = |env: &str| format!("monitor_slo:failures:ratio_rate5m{{env=\"{env}\"}}");
    let left = "monitor_slo:error_budget_left:ratio{env=\"staging\",slo=\"success_rate\"}";
    let expected: &[Expected<'_>] = &[
        (59, &page("prod"), None),
        (70, &page("prod"), Some(1.0)),
        (70, &page("staging"), None),
        (70, &ratio("prod"), Some(1.0)),
        (70, &ratio("staging"), Some(0.0)),
        (70, left, Some(1.0)),
    ];
    assert_evaluates(&by_env(), &series, expected);
    // The other way round: staging fails, and the page says so.
    let series = both(
        PROD.calls("0+100x120", "0x120"),
        STAGING.calls("0+100x120", "0+100x120"),
    );
    let expected: &[Expected<'_>] = &[(70, &page("prod"), None), (70, &page("staging"), Some(1.0))];
    assert_evaluates(&by_env(), &series, expected);
}

#[test]
fn an_environment_that_vanishes_is_missed() {
    let absent = |env: &str| {
        firing(
            "MonitorServiceAbsent",
            &format!(",severity=\"page\",service_name=\"shop\",env=\"{env}\""),
        )
    };
    let down = firing("MonitorInstanceDown", ",env=\"prod\",instance=\"p\"");
    // Targets that cannot be scraped, and targets that have disappeared.
    for (up, is_down) in [("1x60 0x600", Some(1.0)), ("1x60 stale", None)] {
        let series = both(
            PROD.there("1x60 stale", up),
            STAGING.there("1x700", "1x700"),
        );
        let expected: &[Expected<'_>] = &[
            (60, &absent("prod"), None),
            (75, &absent("prod"), Some(1.0)),
            (650, &absent("prod"), Some(1.0)),
            (75, &absent("staging"), None),
            (75, &down, is_down),
        ];
        assert_evaluates(&by_env(), &series, expected);
    }
}

#[test]
fn alerts_on_missing_and_hanging_calls_name_their_environment() {
    let labels = "service_name=\"shop\",objective_name=\"api\",function=\"serve\",module=\"shop\"";
    let family = "monitor_objective_calls_in_flight";
    let mut series = both(
        PROD.there("1x120", "1x120"),
        STAGING.there("1x120", "1x120"),
    );
    series.extend(PROD.calls("0+10x30 300x90", "0x120"));
    series.push(PROD.series(family, labels, "0x30 50x90"));
    let in_env = |name: &str, env: &str| {
        firing(
            name,
            &format!(",env=\"{env}\",objective_name=\"api\",slo!=\"latency\""),
        )
    };
    let expected: &[Expected<'_>] = &[
        (60, &in_env("MonitorObjectiveUnmeasured", "prod"), None),
        (
            60,
            &in_env("MonitorObjectiveUnmeasured", "staging"),
            Some(1.0),
        ),
        (60, &in_env("ObjectiveHang", "prod"), Some(1.0)),
        (60, &in_env("ObjectiveHang", "staging"), None),
    ];
    assert_evaluates(&by_env(), &series, expected);
    // A label that series do not have would make one group of all.
    let without = Instance {
        name: "x",
        more: "",
    };
    let mut series = without.there("1x60", "1x60");
    series.extend(PROD.there("1x60", "1x60"));
    let missing = firing("MonitorLabelMissing", ",severity=\"ticket\",env=\"\"");
    assert_evaluates(
        &by_env(),
        &series,
        &[(20, &missing, None), (50, &missing, Some(1.0))],
    );
}

#[test]
fn rules_of_two_selectors_are_loaded_side_by_side() {
    // As one file with the groups of both: they must not record the same series.
    let of = |env: &str| {
        let rules = rules()
            .selector(&format!("env=\"{env}\""))
            .expect("a matcher");
        rules.label("team", env).expect("a label").to_string()
    };
    let (prod, staging) = (of("prod"), of("staging"));
    let named = staging.replace("name: \"monitor/", "name: \"staging/");
    let groups = named.strip_prefix("groups:\n").expect("a document");
    let series = both(
        PROD.calls("0+100x120", "0x60 0+100x60"),
        STAGING.calls("0+100x120", "0x120"),
    );
    let page = |env: &str| {
        firing(
            "ErrorBudgetBurn",
            &format!(",severity=\"page\",env=\"{env}\",team=\"{env}\""),
        )
    };
    let ratio = "monitor_slo:failures:ratio_rate5m{slo=\"success_rate\"}";
    let absent = firing("MonitorServiceAbsent", ",env=\"prod\",team=\"prod\"");
    let expected: &[Expected<'_>] = &[
        (70, &page("prod"), Some(1.0)),
        (70, &page("staging"), None),
        (70, ratio, Some(1.0)),
        // Neither was ever there, as far as `build_info` says.
        (70, &absent, Some(1.0)),
    ];
    assert_evaluates(&format!("{prod}{groups}"), &series, expected);
}
