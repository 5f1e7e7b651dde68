//! The names functions have on the page, and that every one of them is there before its call.

// Most functions here are never called: they are on the page all the same.
#![expect(dead_code, reason = "functions that are not called are tested")]
#![expect(clippy::unused_self, reason = "a method is tested, not what it does")]

use std::collections::BTreeSet;

use async_trait::async_trait;
use monitor_runtime::monitored;
use monitor_tests::{run, scrape};

mod kinds;

mod elsewhere {
    use super::*;

    impl kinds::Orders {
        #[monitored]
        fn far() {}

        #[monitored]
        async fn async_far() {}
    }

    #[monitored]
    fn free() {}
}

/// The names that their authors would use.
const KINDS: [&str; 40] = [
    "free",
    "async_free",
    "free_generic",
    "async_free_generic",
    "free_opaque",
    "Orders::create",
    "Orders::async_create",
    "Orders::generic",
    "Orders::async_generic",
    "Orders::boxed",
    "Cache::get",
    "Cache::async_get",
    "Cache::get_as",
    "Cache<u8, Vec<String>>::special",
    "Shape::in_block",
    "Shape::async_in_block",
    "Shape::left_out_elsewhere",
    "nested",
    "renamed",
    "<Orders as Store>::load",
    "<Cache as Store>::load",
    "<Vec<u8> as Store>::load",
    "<&[_] as Store>::load",
    "<&[_] as Store>::provided",
    "Store::provided",
    "<Orders as Fetch<u8>>::fetch",
    "Fetch::provided",
    "<Orders as Boxed>::required",
    "Boxed::provided",
    "around::nested",
    "around::async_nested",
    "around::Local::method",
    "monitored_around",
    "monitored_around::nested",
    "given",
    "given_short",
    "raw::match",
    "raw::async",
    "by_macro",
    "<dyn Store>::of_the_object",
];

#[test]
fn a_function_is_called_what_its_author_calls_it() {
    let page = scrape();
    let functions = page.functions();
    let of = |wanted: &str| -> BTreeSet<&str> {
        let in_module = functions.iter().filter(|(module, _)| *module == wanted);
        in_module.map(|(_, function)| *function).collect()
    };
    let expected: BTreeSet<&str> = KINDS.into_iter().collect();
    let found = of("attribute::names::kinds");
    let missing: Vec<_> = expected.difference(&found).collect();
    let strange: Vec<_> = found.difference(&expected).collect();
    assert!(
        missing.is_empty() && strange.is_empty(),
        "missing: {missing:#?}, not expected: {strange:#?}"
    );
    let elsewhere = ["Orders::far", "Orders::async_far", "free"];
    assert_eq!(of("attribute::names::elsewhere"), BTreeSet::from(elsewhere));
}

#[test]
fn a_function_is_on_the_page_before_its_first_call() {
    let page = scrape();
    for (module, function) in page.functions() {
        if module != "attribute::names::kinds" {
            continue;
        }
        let labels = [("function", function), ("module", module)];
        let calls: Vec<_> = page.find("function_calls_total", &labels).collect();
        let results: Vec<_> = calls
            .iter()
            .map(|sample| (sample.labels["result"].as_str(), sample.value))
            .collect();
        assert!(
            results.iter().all(|(_, calls)| *calls == 0.0),
            "{function}: {results:?}"
        );
        let results: Vec<_> = results.iter().map(|(result, _)| *result).collect();
        // The second error is that of the class `panic`.
        let (results, reasons) = results.split_at(4);
        assert_eq!(results, ["ok", "error", "error", "cancelled"], "{function}");
        // One of a function that returns a future, by reason.
        assert!(
            reasons.is_empty() || reasons == ["cancelled"; 4],
            "{function}: {reasons:?}"
        );
        let gauges = page.find("function_calls_concurrent", &labels);
        let gauges: Vec<_> = gauges.map(|sample| sample.value).collect();
        assert_eq!(gauges, [0.0], "{function}");
        for calls in calls {
            assert_eq!(calls.labels["service_name"], "monitor-tests", "{function}");
        }
    }
}

mod same {
    use super::monitored;

    #[monitored(name = "same")]
    pub(crate) fn one() {}

    #[monitored(name = "same")]
    pub(crate) async fn two() -> Result<(), &'static str> {
        Err("two")
    }
}

mod other {
    use super::monitored;

    #[monitored(name = "same")]
    pub(crate) fn three() {}
}

#[test]
fn functions_of_one_name_and_module_are_one_series() {
    same::one();
    same::one();
    run(same::two()).expect_err("two fails");
    other::three();
    let page = scrape();
    let calls = |module, result| {
        let labels = [("function", "same"), ("module", module), ("result", result)];
        let found = page.find("function_calls_total", &labels);
        let without_class = found.filter(|sample| !sample.labels.contains_key("error"));
        without_class.map(|sample| sample.value).collect::<Vec<_>>()
    };
    assert_eq!(
        calls("attribute::names::same", "ok"),
        [2.0],
        "both in one series"
    );
    assert_eq!(
        calls("attribute::names::same", "error"),
        [1.0],
        "both in one series"
    );
    assert_eq!(
        calls("attribute::names::other", "ok"),
        [1.0],
        "another module's own"
    );
}

#[monitored]
fn instantiated<T: Default>() -> T {
    T::default()
}

struct Typed<T>(T);

impl<T> Typed<T> {
    #[monitored]
    fn method(&self) {}
}

#[test]
fn all_instances_of_a_generic_function_are_one_series() {
    let _: (u8, String) = (instantiated(), instantiated());
    Typed(1_u8).method();
    Typed("text").method();
    let page = scrape();
    assert_eq!(page.calls("instantiated", "ok"), 2);
    assert_eq!(page.calls("Typed::method", "ok"), 2);
}

#[monitored]
fn not_a_counter() -> usize {
    let nested = || {
        #[monitored]
        fn in_a_closure() -> usize {
            1
        }
        in_a_closure()
    };
    nested()
}

#[test]
fn a_function_in_a_closure_has_a_name_without_it() {
    assert_eq!(not_a_counter(), 1);
    assert_eq!(scrape().calls("not_a_counter::in_a_closure", "ok"), 1);
}
