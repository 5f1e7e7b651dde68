//! The inventory says of every annotated function what its attribute says and what the page has.

use std::time::Duration;

use monitor_runtime::inventory::Function;
use monitor_runtime::{MonitorLabel, Objective, inventory, monitored};
use monitor_tests::process::get;
use monitor_tests::{addr, get_with};
use serde_json::Value;

const SHOP: Objective = Objective::new("shop.v1")
    .success_rate(99.5)
    .latency(Duration::from_millis(300), 95.0)
    .expected(monitor_runtime::slo::CountAs::Ignored);

/// Sells one
/// thing, "quickly".
///
/// What follows is not shown.
#[monitored(
    name = "sell",
    level = "debug",
    target = "shop",
    objective = SHOP,
    slow = "1500ms",
    sentry(level = "warning", throttle = "3/s")
)]
fn sells() -> Result<(), &'static str> {
    Err("sold out")
}

#[monitored(buckets = [0.1, 1])]
async fn waits() {}

#[monitored(latency = false, log = false, span = false, sentry = false)]
fn counts() {}

#[monitored(metrics = false)]
fn is_not_counted() {}

#[derive(Clone, Copy, MonitorLabel)]
enum Tier {
    Free,
    Paid,
}

#[monitored(labels(tier, region = bounded(region, max = 3)))]
fn sorted(tier: Tier, region: &str) {}

struct Shop;

#[monitored(objective = SHOP)]
impl Shop {
    #[monitored(metrics = false)]
    fn closes() {}

    fn opens() {}
}

/// The one function of this name.
fn find(name: &str) -> Function {
    let all = inventory::collect().functions.into_iter();
    let mut found: Vec<Function> = all.filter(|known| known.function == name).collect();
    assert_eq!(found.len(), 1, "{name}");
    found.remove(0)
}

#[test]
fn the_inventory_has_all_that_the_attribute_says() {
    let sell = find("sell");
    assert_eq!(sell.doc, Some("Sells one thing, \"quickly\"."));
    assert_eq!((sell.module, sell.target), ("slo::inventory", "shop"));
    assert_eq!((sell.level, sell.async_fn), ("debug", false));
    assert_eq!(sell.objective, Some(SHOP));
    assert_eq!(sell.slow_seconds, Some(1.5));
    assert!(sell.file.ends_with("inventory.rs"), "{}", sell.file);
    let line = include_str!("inventory.rs")
        .lines()
        .position(|line| line == "#[monitored(");
    assert_eq!((Some(sell.line as usize - 1), sell.column), (line, 1));
    let sentry = (sell.sentry.events, sell.sentry.level.as_str());
    assert_eq!(sentry, (true, "warning"));
    assert_eq!((sell.sentry.at_most, sell.sentry.period_seconds), (3, 1.0));
    let buckets = sell.buckets.expect("timed");
    assert!(buckets.contains(&0.3) && buckets.len() == 18, "{buckets:?}");

    let waits = find("waits");
    assert!(waits.async_fn && waits.doc.is_none() && waits.objective.is_none());
    assert_eq!(waits.buckets, Some(&[0.1, 1.0][..]));
    let counts = find("counts");
    assert!(counts.metrics && !counts.log && !counts.span && !counts.sentry.events);
    assert_eq!(counts.buckets, None);
    let not_counted = find("is_not_counted");
    assert!(!not_counted.metrics && not_counted.buckets.is_none());
    assert_eq!(not_counted.series.at_most, Some(0));
    assert_eq!(find("Shop::opens").objective, Some(SHOP));
    assert_eq!(find("Shop::closes").objective, None);
}

/// Returns the number of series of a function's calls on the page.
fn lines(function: &str) -> usize {
    let page = get_with("/metrics", &[]).body;
    let label = format!("function=\"{function}\"");
    let own = |line: &&str| line.starts_with("function_calls_") && line.contains(&label);
    page.lines().filter(own).count()
}

#[test]
fn series_are_those_of_the_page() {
    addr();
    for function in ["waits", "counts", "is_not_counted"] {
        let found = find(function);
        assert_eq!(found.series.now, lines(function), "{function}");
        assert!(!found.called, "{function}");
    }
    monitor_tests::run(waits());
    counts();
    is_not_counted();
    Shop::opens();
    Shop::closes();
    sells().expect_err("sold out");
    std::panic::catch_unwind(Shop::opens).expect("no panic");
    for function in ["waits", "counts", "is_not_counted", "sell", "Shop::opens"] {
        let found = find(function);
        assert_eq!(found.series.now, lines(function), "{function}");
        assert!(found.called, "{function}");
        assert!(found.series.now <= found.series.at_most.expect("no labels"));
    }
}

/// The name of a label, its values if they are known, and their number.
type LabelRow = (&'static str, Option<&'static [&'static str]>, Option<usize>);

/// Returns the names, values and numbers of a function's labels.
fn labels(function: &str) -> Vec<LabelRow> {
    let found = find(function);
    let labels = found.labels.iter();
    labels
        .map(|label| (label.name, label.values, label.at_most))
        .collect()
}

#[test]
fn labels_are_known_before_the_first_call() {
    addr();
    let expected = [
        ("tier", Some(&["Free", "Paid"][..]), Some(2)),
        ("region", None, Some(4)),
    ];
    assert_eq!(labels("sorted"), expected);
    let before = find("sorted").series;
    assert_eq!(before.now, 0, "text has no known values");
    assert_eq!(before.now, lines("sorted"));
    for tier in [Tier::Free, Tier::Paid] {
        for region in ["eu", "us", "asia", "moon"] {
            sorted(tier, region);
        }
    }
    assert_eq!(labels("sorted"), expected);
    let after = find("sorted").series;
    assert_eq!(after.now, lines("sorted"));
    assert_eq!(after.at_most, before.at_most);
    assert!(after.now <= after.at_most.expect("known"));
}

#[test]
fn the_inventory_page_is_what_the_function_returns() {
    let (status, page) = get(addr(), "/inventory");
    assert_eq!(status, 200);
    let page: Value = serde_json::from_str(&page).expect("JSON");
    assert_eq!(page["service_name"], "monitor-tests");
    assert_eq!(page["service_version"], env!("CARGO_PKG_VERSION"));
    let functions = page["functions"].as_array().expect("a list");
    assert_eq!(functions.len(), inventory::collect().functions.len());
    let places: Vec<_> = functions
        .iter()
        .map(|known| (known["module"].as_str(), known["function"].as_str()))
        .collect();
    assert!(places.is_sorted(), "{places:?}");
    let mut sell = functions.iter().filter(|known| known["function"] == "sell");
    let sell = sell.next().expect("sell");
    let objective = serde_json::json!({
        "name": "shop.v1",
        "success_rate_percent": 99.5,
        "latency": { "threshold_seconds": 0.3, "percent": 95.0 },
        "cancelled": "late",
        "cancelled_after_seconds": null,
        "expected": "ignored",
        "min_failures": 10,
        "all_failed": 3,
    });
    assert_eq!(sell["objective"], objective);
}

#[test]
fn pages_with_details_are_refused_to_other_hosts() {
    for page in [
        "/inventory",
        "/rules.yaml",
        "/grafana.json",
        "/objectives",
        "/requests",
        "/requests/schema.json",
        "/calls",
        "/incidents",
        "/incidents/schema.json",
    ] {
        // `Host: test` is not a name of this machine.
        let refused = get_with(page, &[]);
        assert_eq!(refused.status, 403, "{page}");
        assert!(!refused.body.contains("sell"), "{page}");
        let allowed = get(addr(), page);
        assert_eq!(allowed.0, 200, "{page}");
    }
}
