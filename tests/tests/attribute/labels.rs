//! Tests labels that the attribute declares: by type, bounded, and never more than the process's
//! limit.

use monitor_runtime::{MonitorLabel, monitored};
use monitor_tests::{Sample, pause, run, scrape, scrape_family};

#[derive(Clone, Copy, MonitorLabel)]
enum Tier {
    Free,
    #[monitor(name = "paid_up")]
    Paid,
}

struct Order {
    tier: Tier,
    region: String,
}

#[monitored(labels(tier = order.tier, cached))]
fn quote(order: &Order, cached: bool) -> Result<(), &'static str> {
    if cached { Ok(()) } else { Err("not cached") }
}

fn order(tier: Tier, region: &str) -> Order {
    Order {
        tier,
        region: region.to_owned(),
    }
}

/// Returns the calls of a function that ended so, under these labels.
fn calls(function: &str, result: &str, labels: &[(&str, &str)]) -> u64 {
    let own = [("function", function), ("result", result)];
    let labels: Vec<_> = own.iter().chain(labels).copied().collect();
    let page = scrape_family("function_calls_total");
    let found = page.find("function_calls_total", &labels);
    let unclassed = |sample: &&Sample| !sample.labels.contains_key("error");
    let found: Vec<_> = found.filter(unclassed).collect();
    assert!(found.len() < 2, "one series: {found:?}");
    found.first().map_or(0, |sample| sample.count())
}

#[test]
fn each_combination_is_a_series() {
    for _ in 0..3 {
        quote(&order(Tier::Free, ""), true).expect("cached");
    }
    quote(&order(Tier::Paid, ""), true).expect("cached");
    quote(&order(Tier::Paid, ""), false).expect_err("not cached");
    let calls =
        |result, tier, cached| calls("quote", result, &[("tier", tier), ("cached", cached)]);
    assert_eq!(calls("ok", "Free", "true"), 3);
    assert_eq!(calls("ok", "paid_up", "true"), 1);
    assert_eq!(calls("error", "paid_up", "false"), 1);
    let page = scrape();
    let labels = [("function", "quote"), ("tier", "Free")];
    let series = page.find("function_calls_total", &labels);
    let of_cached = |value: &&Sample| value.labels["cached"] == "true";
    let (cached, uncalled): (Vec<&Sample>, Vec<&Sample>) = series.partition(of_cached);
    assert_eq!(cached.len(), 4, "every result and `panic`");
    // There are four combinations in all: the one that was never called is there, too.
    assert_eq!(uncalled.len(), 4);
    assert!(uncalled.iter().all(|sample| sample.count() == 0));
    let timed = page.find("function_calls_duration_seconds_count", &labels);
    assert_eq!(timed.map(monitor_tests::Sample::count).sum::<u64>(), 3);
    let running = page.find("function_calls_concurrent", &labels);
    assert_eq!(running.map(monitor_tests::Sample::count).sum::<u64>(), 0);
}

#[monitored(labels(region = bounded(&order.region, max = 3)))]
async fn ship(order: Order) {
    pause().await;
    drop(order);
}

#[test]
fn text_beyond_the_bound_is_other_and_told() {
    for region in ["eu", "us", "eu", "ap", "sa", "af", "us"] {
        run(ship(order(Tier::Free, region)));
    }
    let calls = |region| calls("ship", "ok", &[("region", region)]);
    assert_eq!(
        ["eu", "us", "ap", "other", "sa"].map(calls),
        [2, 2, 1, 2, 0]
    );
    let page = scrape();
    let told = page.find(
        "monitor_label_overflow_total",
        &[("function", "ship"), ("label", "region")],
    );
    assert_eq!(
        told.map(monitor_tests::Sample::count).collect::<Vec<_>>(),
        [2]
    );
}

#[monitored(labels(odd = bounded(text, max = 2)))]
fn odd(text: &str) {
    let _ = text;
}

#[test]
fn a_value_cannot_break_out_of_its_line() {
    odd("a\"b\\c\"} 1 # EOF");
    assert_eq!(calls("odd", "ok", &[("odd", "a\"b\\c\"} 1 # EOF")]), 1);
    // A value that would begin a line of its own in a terminal is not a valid value.
    odd("a\nodd 1\n# EOF");
    assert_eq!(calls("odd", "ok", &[("odd", "other")]), 1);
}

fn broken(_: &Order) -> bool {
    panic!("a label of the user's")
}

#[monitored(labels(broken = broken(order)))]
fn goes_on(order: &Order) -> u8 {
    let _ = order;
    7
}

#[test]
fn a_label_that_panics_is_other_and_the_call_goes_on() {
    assert_eq!(goes_on(&order(Tier::Free, "")), 7);
    assert_eq!(goes_on(&order(Tier::Free, "")), 7);
    assert_eq!(calls("goes_on", "ok", &[("broken", "other")]), 2);
}

struct Shop;

#[monitored]
impl Shop {
    #[monitored(labels(tier))]
    async fn visit(&self, tier: Tier, fail: bool) -> Result<(), String> {
        pause().await;
        if fail {
            Err("closed".to_owned())
        } else {
            Ok(())
        }
    }
}

#[test]
fn threads_and_tasks_share_the_series_of_a_combination() {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for number in 0..50 {
                    let tier = if number % 2 == 0 {
                        Tier::Free
                    } else {
                        Tier::Paid
                    };
                    let _ = run(Shop.visit(tier, number % 5 == 0));
                }
            });
        }
    });
    let calls = |result, tier| calls("Shop::visit", result, &[("tier", tier)]);
    assert_eq!([calls("ok", "Free"), calls("ok", "paid_up")], [80, 80]);
    assert_eq!(
        [calls("error", "Free"), calls("error", "paid_up")],
        [20, 20]
    );
}

/// Functions that are compiled and not called.
mod uncalled {
    use super::{Order, Shop, Tier};
    use monitor_runtime::{MonitorLabel, monitored};
    use monitor_tests::{Page, pause, run, scrape};

    #[monitored(labels(tier = order.tier, cached))]
    fn plain(order: &Order, cached: bool) {
        let _ = (order, cached);
    }

    #[monitored(labels(tier))]
    async fn later(tier: Tier) {
        pause().await;
        let _ = tier;
    }

    #[monitored(labels(tier = label))]
    fn opaque(label: impl MonitorLabel) {
        let _ = label;
    }

    impl Order {
        #[monitored(labels(tier = self.tier))]
        fn method(&self) -> Result<(), String> {
            Ok(())
        }

        #[monitored(labels(tier = self.tier))]
        async fn lent<'a>(&'a self, text: &'a str) -> &'a str {
            let _ = self;
            text
        }
    }

    struct Store<Tier>(Tier);

    impl<Tier: MonitorLabel + Copy> Store<Tier> {
        #[monitored(labels(tier = self.0), fields(number))]
        fn find(&self, number: u32) -> u32 {
            number
        }
    }

    trait Visit {
        fn visit(&self, tier: Tier);
    }

    impl Visit for Shop {
        #[monitored(labels(tier))]
        fn visit(&self, tier: Tier) {
            let _ = tier;
        }
    }

    /// Labels of two types, which only a call decides on.
    #[monitored(labels(tier = label))]
    fn either<L: MonitorLabel>(label: L) {
        let _ = label;
    }

    #[monitored(labels(tier, region = bounded(region, max = 3)))]
    fn bounded(tier: Tier, region: &str) {
        let _ = (tier, region);
    }

    fn call(order: &Order) {
        plain(order, true);
        run(later(order.tier));
        opaque(order.tier);
        order.method().expect("ok");
        let _ = run(order.lent("text"));
        Store(order.tier).find(1);
        Visit::visit(&Shop, order.tier);
        either(true);
        either(order.tier);
        bounded(order.tier, "eu");
    }

    fn series(page: &Page, function: &str) -> Vec<(String, u64)> {
        let of = [("function", function), ("module", module_path!())];
        let found = page.find("function_calls_total", &of);
        let ok = found.filter(|one| one.labels["result"] == "ok");
        let mut series: Vec<_> = ok
            .map(|one| (one.labels["tier"].clone(), one.count()))
            .collect();
        series.sort();
        series
    }

    #[test]
    fn combinations_exist_before_the_first_call() {
        // Not for the test, and the compiler does not know.
        if std::env::args().len() > 1_000 {
            call(&super::order(Tier::Free, ""));
        }
        let page = scrape();
        for function in [
            "later",
            "opaque",
            "Order::method",
            "Order::lent",
            "Store::find",
            "<Shop as Visit>::visit",
        ] {
            let expected = [("Free".to_owned(), 0), ("paid_up".to_owned(), 0)];
            assert_eq!(series(&page, function), expected, "{function}");
        }
        assert_eq!(series(&page, "plain").len(), 4);
        for function in ["either", "bounded"] {
            assert_eq!(series(&page, function), [], "{function}");
        }
        either(true);
        assert_eq!(series(&scrape(), "either").len(), 2);
    }
}

#[derive(Clone, Copy, MonitorLabel)]
enum Speed {
    Slow,
    Fast,
    Faster,
    Fastest,
}

#[monitored(labels(of = value))]
fn generic<L: MonitorLabel>(value: L) {
    let _ = value;
}

#[monitored(labels(speed))]
fn called_after_generic(speed: Speed) {
    let _ = speed;
}

/// Its label sets are numbers, which mean `false` and `true` for one type, and `Slow` and `Fast` for another.
#[test]
fn a_generic_function_tells_the_labels_of_its_first_type_apart() {
    let _ = scrape();
    generic(true);
    called_after_generic(Speed::Slow);
    called_after_generic(Speed::Fast);
    for speed in [Speed::Slow, Speed::Fast, Speed::Faster, Speed::Fastest] {
        generic(speed);
    }
    generic(true);
    let of = |value| calls("generic", "ok", &[("of", value)]);
    assert_eq!(["true", "false", "other"].map(of), [2, 0, 4]);
    let page = scrape();
    let all = page.find("function_calls_total", &[("function", "generic")]);
    assert_eq!(all.map(Sample::count).sum::<u64>(), 6);
    let after = |speed| calls("called_after_generic", "ok", &[("speed", speed)]);
    let speeds = ["Slow", "Fast", "Faster", "Fastest", "other"];
    assert_eq!(speeds.map(after), [1, 1, 0, 0, 0]);
}

#[monitored(labels(of = broken_or(value.as_ref())))]
fn larger_first<L: MonitorLabel>(value: Option<L>) {
    let _ = value;
}

fn broken_or<L>(value: Option<&L>) -> &L {
    value.expect("a value")
}

/// The number of `other` among two values is that of a value among four.
#[test]
fn labels_that_panic_are_other_also_of_another_type() {
    let _ = scrape();
    larger_first(Some(Speed::Slow));
    larger_first::<bool>(None);
    larger_first(Some(true));
    let of = |value| calls("larger_first", "ok", &[("of", value)]);
    assert_eq!(["Slow", "Faster", "other"].map(of), [1, 0, 2]);
}
