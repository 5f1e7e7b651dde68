//! Series of the service's own: buckets for its histograms, and a line for what is left out of the page.

use monitor_runtime::Builder;
use monitor_tests::process::get;
use monitor_tests::{Log, Page, alone, run};

fn builder() -> Builder {
    monitor_runtime::builder!().addr("127.0.0.1:0")
}

/// Records in series whose names the page has to tell apart, or cannot have.
fn record() {
    for name in [
        "upload_bytes",
        "wait_ms",
        "wait_milliseconds",
        "wait_us",
        "wait_microseconds",
    ] {
        metrics::histogram!(name).record(300.0);
    }
    metrics::histogram!("wait_seconds").record(0.3);
    metrics::histogram!("basket.items").record(3.0);
    // Their names end like a part of them.
    for name in ["row_count", "discount", "checksum"] {
        metrics::histogram!(name).record(3.0);
    }
    metrics::histogram!("no_unit").record(3.0);
    metrics::histogram!("bounded_seconds", "le" => "mine").record(0.3);
    metrics::counter!("reserved_total", "--name--" => "z").increment(1);
    metrics::gauge!("twice", "a-b" => "1", "a_b" => "2").set(1.0);
    metrics::gauge!("build_info", "rustc" => "1.95").set(1.0);
    metrics::gauge!("process_start_time_seconds").set(7.0);
    metrics::counter!("process_open_fds").increment(7);
    metrics::gauge!("monitor_label_overflow_total", "x" => "y").set(1.0);
    metrics::gauge!("x_count").set(1.0);
    metrics::histogram!("x").record(1.0);
}

/// One test, since the recorder is of the whole process.
#[test]
fn a_series_that_is_left_out_has_a_line_and_a_histogram_has_buckets() {
    alone!();
    let log = Log::install();
    let monitor = builder().histogram_buckets("basket.items", [1.0, 10.0]);
    let monitor = run(monitor.start()).expect("a service");
    record();

    let addr = monitor.addr().expect("the management server is on");
    // Twice, so that a line for each page would be seen.
    get(addr, "/metrics");
    let page = Page::parse(&get(addr, "/metrics").1);
    let bucket = |name: &str, le| page.value(&format!("{name}_bucket"), &[("le", le)]);
    for (name, below, above) in [
        ("upload_bytes", "256.0", "1024.0"),
        ("wait_ms", "250.0", "500.0"),
        ("wait_milliseconds", "250.0", "500.0"),
        ("wait_us", "+Inf", "500.0"),
        ("wait_microseconds", "+Inf", "500.0"),
        ("wait_seconds", "0.25", "0.5"),
        ("basket_items", "1.0", "10.0"),
    ] {
        assert_eq!(page.types[name], "histogram");
        let none = if below == "+Inf" { 1.0 } else { 0.0 };
        assert_eq!(
            (bucket(name, below), bucket(name, above)),
            (Some(none), Some(1.0)),
            "{name}"
        );
    }
    assert_eq!(page.types["no_unit"], "summary");
    for name in ["row_count", "discount", "checksum"] {
        let part = |end| page.value(&format!("{name}{end}"), &[]);
        assert_eq!(
            (part("_sum"), part("_count")),
            (Some(3.0), Some(1.0)),
            "{name}"
        );
    }
    let renamed = [("exported_le", "mine"), ("le", "0.5")];
    assert_eq!(page.value("bounded_seconds_bucket", &renamed), Some(1.0));
    assert_eq!(
        page.value("reserved_total", &[("exported___name__", "z")]),
        Some(1.0)
    );
    assert_eq!(page.value("build_info", &[("rustc", "1.95")]), Some(1.0));

    let told = |family: &str| {
        let lines = log.events(|event| {
            event.level == tracing::Level::WARN
                && event.text("message").contains("left out")
                && event.text("family") == family
        });
        let reasons: Vec<String> = lines
            .iter()
            .map(|line| line.text("reason").to_owned())
            .collect();
        reasons
    };
    for (family, reason) in [
        ("twice", "two labels have one name"),
        (
            "process_start_time_seconds",
            "the runtime has a series with these labels",
        ),
        ("process_open_fds", "`process_open_fds`"),
        (
            "monitor_label_overflow_total",
            "`monitor_label_overflow_total`",
        ),
        ("x_count", "`x`"),
    ] {
        let reasons = told(family);
        assert!(
            reasons.len() == 1 && reasons[0].contains(reason),
            "{family}: {reasons:?}"
        );
    }
    for family in [
        "build_info",
        "reserved_total",
        "bounded_seconds",
        "discount",
    ] {
        assert_eq!(told(family), [""; 0], "{family} is all there");
    }
    monitor.shutdown_blocking();

    // The recorder stays, with the buckets it has.
    let late = |bounds: [f64; 2]| {
        let monitor = builder().histogram_buckets("basket.items", bounds);
        run(monitor.start()).expect("a service").shutdown_blocking();
        let late = |event: &monitor_tests::Event| event.text("message").contains("comes too late");
        log.events(late).len()
    };
    assert_eq!((late([1.0, 10.0]), late([2.0, 20.0])), (0, 1));
}

#[test]
fn bounds_that_are_none_are_refused() {
    alone!();
    for (name, bounds, problem) in [
        ("", &[1.0][..], "has no name"),
        ("a", &[], "has none, or too many"),
        ("a", &[1.0; 101], "has none, or too many"),
        ("a", &[1.0, f64::NAN], "has a bound that is not finite"),
        ("a", &[1.0, f64::INFINITY], "has a bound that is not finite"),
        ("a", &[1.0, 1.0], "does not rise"),
    ] {
        let monitor = builder().histogram_buckets(name, bounds.iter().copied());
        let error = run(monitor.start()).err().expect("refused").to_string();
        let said = error.starts_with("Builder::histogram_buckets=") && error.contains(problem);
        assert!(
            said && error.contains("allowed: a name, and 1 to 100"),
            "{error}"
        );
    }
}
