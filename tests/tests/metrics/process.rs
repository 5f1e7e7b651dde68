//! `process_*` and `tokio_*` on the page: true, in both formats, and gone when switched off.

use std::fs;
use std::net::TcpStream;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use monitor_tests::Page;
use monitor_tests::alone;
use monitor_tests::http::ask;
use monitor_tests::process::{Service, get, wait_for};

const OPEN_METRICS: (&str, &str) = ("Accept", "application/openmetrics-text; version=1.0.0");

fn float(count: usize) -> f64 {
    u32::try_from(count).expect("a few").into()
}

fn value(page: &Page, name: &str) -> f64 {
    let mut found = page.find(name, &[]);
    let sample = found
        .next()
        .unwrap_or_else(|| panic!("{name} is on the page"));
    sample.value
}

#[cfg(target_os = "linux")]
#[test]
fn process_metrics_agree_with_the_system() {
    let service = Service::quickstart(&[("MONITOR_LOG_FORMAT", "json")]);
    let page = || Page::parse(&get(service.management, "/metrics").1);
    let status = fs::read_to_string(format!("/proc/{}/status", service.pid())).expect("Linux");
    let of_status = |key: &str| -> f64 {
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(key))
            .expect("a line");
        line.split_whitespace()
            .next()
            .expect("a number")
            .parse()
            .expect("a number")
    };
    let read = page();
    let near = |name: &str, expected: f64, by: f64| {
        let value = value(&read, name);
        assert!(
            (value - expected).abs() <= by,
            "{name} is {value}, not {expected}"
        );
    };
    near(
        "process_resident_memory_bytes",
        of_status("VmRSS:") * 1024.0,
        8e6,
    );
    near(
        "process_virtual_memory_bytes",
        of_status("VmSize:") * 1024.0,
        3e8,
    );
    // The page is made on a thread that may be new.
    near("process_threads", of_status("Threads:"), 2.0);
    let fds = fs::read_dir(format!("/proc/{}/fd", service.pid()))
        .expect("Linux")
        .count();
    near("process_open_fds", float(fds), 2.0);
    let limits = fs::read_to_string(format!("/proc/{}/limits", service.pid())).expect("Linux");
    let limit = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"))
        .expect("one");
    let limit = limit.split_whitespace().next().expect("a limit");
    near("process_max_fds", limit.parse().expect("a number"), 0.0);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_secs_f64();
    near("process_start_time_seconds", now - 10.0, 30.0);
    let cores = std::thread::available_parallelism().expect("cores").get();
    near("tokio_workers", float(cores), 0.0);
    let tasks = || value(&page(), "tokio_alive_tasks");
    let before = tasks();
    let held = TcpStream::connect(service.addr).expect("the service listens");
    wait_for("the task of a connection", || {
        (tasks() > before).then_some(())
    });
    drop(held);
    wait_for("its end", || (tasks() <= before).then_some(()));
    assert_eq!(
        read.find("tokio_worker_busy_seconds_total", &[]).count(),
        cores
    );
    assert_eq!(
        read.find("tokio_worker_parks_total", &[("worker", "0")])
            .count(),
        1
    );

    // Its CPU time is counted, and its start does not move.
    let begin = Instant::now();
    while value(&page(), "process_cpu_seconds_total")
        < value(&read, "process_cpu_seconds_total") + 0.05
    {
        assert!(begin.elapsed() < Duration::from_secs(60), "no work is seen");
        for _ in 0..50 {
            get(service.addr, "/hello");
        }
    }
    let start = "process_start_time_seconds";
    assert!((value(&page(), start) - value(&read, start)).abs() < f64::EPSILON);
}

#[test]
fn process_metrics_are_switched_off_by_one_word_and_beat_the_services_own() {
    alone!();
    let start = |on: bool| {
        let builder = monitor_runtime::builder!()
            .addr("127.0.0.1:0")
            .log_filter("off");
        builder
            .process_metrics(on)
            .start_blocking()
            .expect("it starts")
    };
    let pages = |monitor: &monitor_runtime::Monitor| {
        let addr = monitor.addr().expect("a server");
        [&[][..], &[OPEN_METRICS]].map(|headers| ask(addr, "GET", "/metrics", headers).body)
    };
    let off = start(false);
    metrics::gauge!("process_open_fds").set(7777.0);
    metrics::counter!("process_cpu_seconds_total").absolute(8888);
    for page in pages(&off) {
        assert!(page.contains("process_open_fds 7777\n"), "{page}");
        assert!(page.contains("process_cpu_seconds_total 8888\n"), "{page}");
        let own = page.matches("# TYPE process_").count();
        assert_eq!((own, page.contains("tokio_")), (2, false), "{page}");
    }
    off.shutdown_blocking();

    let on = start(true);
    if cfg!(target_os = "linux") {
        for (place, page) in pages(&on).iter().enumerate() {
            assert_eq!(page.matches("# TYPE process_").count(), 7, "{page}");
            assert!(!page.contains("7777") && !page.contains("8888"), "{page}");
            let counter = [
                "process_cpu_seconds_total counter",
                "process_cpu_seconds counter",
            ];
            assert!(
                page.contains(&format!("# TYPE {}\n", counter[place])),
                "{page}"
            );
            let unit = page.contains("# UNIT process_resident_memory bytes\n")
                || page.contains("# UNIT process_resident_memory_bytes bytes\n");
            assert_eq!(unit, place == 1, "{page}");
        }
    }
    // It was not started on a runtime.
    assert!(!pages(&on)[0].contains("tokio_"));
}
