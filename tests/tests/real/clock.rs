//! A wall clock that jumps, by libfaketime: what is measured does not notice, what is told the time
//! for people tells the clock's.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use monitor_tests::Page;
use monitor_tests::process::{Sentry, Service, get, wait_for};
use serde_json::Value;

/// Returns the path at which Debian installs it.
fn library() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").expect("a system").flatten();
    let mut found = folders.map(|folder| folder.path().join("faketime/libfaketime.so.1"));
    let found = found.find(|path| path.exists());
    found.expect("libfaketime is there: `tests/run` installs it")
}

#[test]
fn a_clock_that_jumps_changes_neither_counts_nor_durations_nor_health() {
    let sentry = Sentry::start();
    let (dsn, library) = (sentry.dsn(), library());
    let clock = std::env::temp_dir().join(format!("clock-{}", std::process::id()));
    let set = |offset: &str| std::fs::write(&clock, offset).expect("a file");
    set("+0d");
    let env = [
        ("LD_PRELOAD", library.to_str().expect("UTF-8")),
        ("FAKETIME_TIMESTAMP_FILE", clock.to_str().expect("UTF-8")),
        ("FAKETIME_NO_CACHE", "1"),
        // The monotonic clock cannot be set.
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ("SENTRY_DSN", &dsn),
        ("MONITOR_DRAIN", "300ms"),
        ("MONITOR_WATCHDOG", "2s"),
    ];
    let mut service = Service::serving(Path::new(env!("CARGO_BIN_EXE_fragile")), &env);
    let began = Instant::now();
    let ready = || get(service.management, "/readyz").0 == 200;
    wait_for("readiness", || ready().then_some(()));

    let mut made = 0_u32;
    // Ten years back, to before the epoch, far ahead, and home.
    for (offset, century) in [
        ("-10y", "20"),
        ("-70y", "19"),
        ("+900y", "29"),
        ("+0d", "20"),
    ] {
        set(offset);
        made += 4 * 100;
        assert_eq!(get(service.addr, "/call/100").1, "true");
        assert_eq!(get(service.addr, "/panic/1").1, "1");
        // Checks run on, at their pace, and are of the clock's time.
        let told = wait_for("a run of a check", || {
            let report = get(service.management, "/health").1;
            let report: Value = serde_json::from_str(&report).ok()?;
            let time = report["checks"]["port"][0]["time"].as_str()?.to_owned();
            // RFC 3339 as we write it begins with the epoch.
            let known = time.starts_with(century) || time.starts_with("1970-01-01T00:00:00");
            known.then_some(report)
        });
        assert_eq!(told["status"], "ok", "{offset}: {told}");
        for path in ["/livez", "/readyz", "/startupz"] {
            assert_eq!(get(service.management, path).0, 200, "{offset}: {path}");
        }
        let page = Page::parse(&get(service.management, "/metrics").1);
        let counted = page.find(
            "function_calls_total",
            &[("function", "call"), ("result", "ok")],
        );
        let counted: f64 = counted.map(|sample| sample.value).sum();
        assert_eq!(counted.to_string(), made.to_string(), "{offset}");
        let spent = page.find(
            "function_calls_duration_seconds_sum",
            &[("function", "call")],
        );
        let spent: f64 = spent.map(|sample| sample.value).sum();
        let passed = began.elapsed().as_secs_f64();
        assert!(
            (0.0..=4.0 * passed).contains(&spent),
            "{offset}: {spent} s in {passed} s"
        );
    }
    let lines = service.lines();
    let stamps = lines.iter().map(|line| {
        let line: Value = serde_json::from_str(line).expect("JSON");
        line["timestamp"].as_str().expect("a time").to_owned()
    });
    assert!(stamps.clone().any(|stamp| stamp.starts_with("29")));
    assert!(stamps.clone().all(|stamp| stamp.ends_with('Z')));

    wait_for("the events to be counted", || {
        let page = Page::parse(&get(service.management, "/metrics").1);
        let of = |result| {
            let labels = [("result", result)];
            let found = page.find("monitor_captures_total", &labels);
            found.map(|sample| sample.value).sum::<f64>()
        };
        ((of("sent"), of("dropped")) == (3.0, 1.0)).then_some(())
    });

    // The drain is as long as it is.
    set("-1d");
    let signalled = Instant::now();
    service.signal("TERM");
    assert!(service.wait().success());
    let took = signalled.elapsed();
    assert!(took >= Duration::from_millis(300), "{took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    // The event from before the epoch cannot be expressed in Sentry's protocol.
    assert_eq!(sentry.events().len(), 3);
    std::fs::remove_file(&clock).expect("still there");
}
