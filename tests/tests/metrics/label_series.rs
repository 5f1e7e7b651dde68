//! The bound on combinations of labels in one process. A test program of its own: it is set once.

use monitor_runtime::monitored;
use monitor_tests::process::get;
use monitor_tests::{Page, alone, run};

#[monitored(labels(customer = bounded(customer, max = 100)))]
fn bill(customer: &str) {
    let _ = customer;
}

#[monitored(labels(first))]
fn known(first: bool) -> bool {
    first
}

#[test]
fn label_sets_beyond_the_bound_are_other_with_one_warning() {
    alone!();
    let monitor = monitor_runtime::builder!()
        .addr("127.0.0.1:0")
        .label_series(3);
    let monitor = run(monitor.start()).expect("a service");
    assert!(known(true));
    for _ in 0..3 {
        ["ann", "bob", "cyd", "dee"].into_iter().for_each(bill);
    }
    std::thread::spawn(|| ["ann", "eve"].into_iter().for_each(bill))
        .join()
        .expect("no panic");
    assert!(!known(false), "the bound is the process's");

    let addr = monitor.addr().expect("the management server is on");
    let page = Page::parse(&get(addr, "/metrics").1);
    let calls = |function, label, value| {
        let labels = [("function", function), (label, value), ("result", "ok")];
        let found = page.find("function_calls_total", &labels);
        found.map(monitor_tests::Sample::count).sum::<u64>()
    };
    let bills = ["ann", "bob", "cyd", "dee", "eve", "other"];
    let bills = bills.map(|customer| calls("bill", "customer", customer));
    assert_eq!(bills, [4, 3, 0, 0, 0, 7]);
    let known = ["true", "false", "other"].map(|first| calls("known", "first", first));
    assert_eq!(known, [1, 0, 1]);
}
