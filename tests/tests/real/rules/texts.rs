//! Compares the texts of alerts word by word.

use monitor_runtime::slo;

use super::scenario::{Instance, ONE, Series, Told, assert_tells};
use super::{declared, rules};

/// An instance with many calls, of the old version, and one of the new version that fails.
fn canary() -> Vec<Series> {
    let old = Instance {
        name: "10.0.0.1:9464",
        more: ",env=\"prod\"",
    };
    let new = Instance {
        name: "10.0.0.2:9464",
        more: ",env=\"prod\"",
    };
    let staging = Instance {
        name: "10.9.0.1:9464",
        more: ",env=\"staging\"",
    };
    let mut series = old.calls("0+10000x300 3000000+100x80", "0x380");
    series.extend(new.calls("_x300 0+100x80", "_x300 0+5x80"));
    // The text of an alert contains only its own group.
    series.extend(staging.calls("0+100x380", "0+100x380"));
    series.extend(old.there("1x380", "1x380"));
    let build = new.there("1x380", "1x380").into_iter();
    series.extend(build.map(|(series, values)| (series.replace("1.2.0", "1.3.0"), values)));
    for (class, values) in [("BankDown", "_x300 0+4x80"), ("", "_x300 0+1x80")] {
        let labels = format!(
            "service_name=\"shop\",objective_name=\"api\",function=\"serve\",result=\"error\",error=\"{class}\""
        );
        series.push(new.series("function_calls_total", &labels, values));
    }
    series
}

#[test]
fn a_stranger_is_told_what_happened_where_and_how_long_the_budget_lasts() {
    let rules = slo::rules(&declared().service("shop", "1"));
    let rules = rules
        .selector("env=\"prod\"")
        .and_then(|rules| rules.label("team", "payments"));
    let rules = rules.expect("no mistake").to_string();
    let labels = [
        ("env", "prod"),
        ("objective_name", "api"),
        ("service_name", "shop"),
        ("slo", "success_rate"),
        ("team", "payments"),
    ];
    let labels = [&[("severity", "page")][..], &labels].concat();
    let told = [Told {
        name: "ErrorBudgetBurn",
        minute: 370,
        labels: &labels,
        summary: "(page) api (success rate) of shop, env prod: error budget burning at 25x (1h), exhausted in 25 h",
        description: "2.5% of calls failed in the last 1h, 2.5% in the last 5m. The objective is that 99.9% of calls \
                      succeed. 88.39% of the error budget of 30d is left. Top error class: BankDown (80% of errors). \
                      Worst function: serve (100% of bad calls). Worst version: 1.3.0 (100% of bad calls). \
                      Worst instance: 10.0.0.2:9464 (100% of bad calls). Functions: serve.",
    }];
    assert_tells(&rules, &canary(), &[], &told);
}

#[test]
fn a_ticket_is_not_a_page_and_a_latency_has_its_unit() {
    let labels = [
        ("objective_name", "api"),
        ("service_name", "shop"),
        ("severity", "ticket"),
        ("slo", "latency"),
    ];
    // 5 % take longer, 1 % may.
    let late = ONE.function("serve", "api", "latency", ["0+100x60", "0+5x60"]);
    let told = [
        Told {
            name: "ErrorBudgetBurn",
            minute: 60,
            labels: &labels,
            summary: "(ticket) api (latency) of shop: error budget burning at 5x (1d), budget used up",
            description: "5% of calls took longer than 250 ms in the last 1d, 5% in the last 2h. The objective is that 99% \
                          of calls take at most 250 ms. The error budget of 30d is used up. Worst function: serve (100% of \
                          bad calls). Worst instance: one (100% of bad calls). Functions: serve.",
        },
        Told {
            name: "ErrorBudgetExhausted",
            minute: 60,
            labels: &labels,
            summary: "(ticket) api (latency) of shop: error budget of 30d used up",
            description: "5x the error budget has been spent in the last 30d. The objective is that 99% of calls take at \
                          most 250 ms. It recovers as failures of the past leave the 30 days; until then, put reliability \
                          before changes that carry a risk.",
        },
    ];
    assert_tells(&rules(), &late, &[], &told);
}

#[test]
fn names_and_groups_that_are_odd_do_not_break_a_text() {
    let name = "a \"b\" \\ é {{x}} '}`%s";
    let escaped = name.replace('\\', "\\\\").replace('"', "\\\"");
    let rules = slo::rules(&declared().service(name, "1"))
        .by("env")
        .expect("a label")
        .to_string();
    let one = Instance {
        name: "one",
        more: ",env=\"p\\\"{{ %s`\"",
    };
    let mut series = one.calls("0+200x60", "0+1x60");
    series.extend(one.there("1x60", "1x60"));
    let series = series.into_iter().map(|(series, values)| {
        let service = format!("service_name=\"{escaped}\"");
        (series.replace("service_name=\"shop\"", &service), values)
    });
    let series: Vec<Series> = series.collect();
    let summary = format!(
        "(ticket) api (success rate) of {name}, env p\"{{{{ %s`: error budget burning at 5x (1d), budget used up"
    );
    let told = [Told {
        name: "ErrorBudgetBurn",
        minute: 60,
        labels: &[
            ("env", "p\"{{ %s`"),
            ("objective_name", "api"),
            ("service_name", name),
            ("severity", "ticket"),
            ("slo", "success_rate"),
        ],
        summary: &summary,
        description: "0.5% of calls failed in the last 1d, 0.5% in the last 2h. The objective is that 99.9% of calls \
                      succeed. The error budget of 30d is used up. Worst function: serve (100% of bad calls). Worst \
                      version: 1.2.0 (100% of bad calls). Worst instance: one (100% of bad calls). Functions: serve.",
    }];
    assert_tells(&rules, &series, &[], &told);
}
