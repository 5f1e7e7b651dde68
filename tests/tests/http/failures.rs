//! A failed request, and a panic wherever it is: one line of level `WARN` or above, and one event.

use std::path::Path;

use monitor_tests::http::ask;
use monitor_tests::process::{Sentry, Service, command, wait_for};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_unmonitored");

fn service(env: &[(&str, &str)]) -> Service {
    let mut all = vec![("MONITOR_LOG_FORMAT", "json"), ("RUST_BACKTRACE", "0")];
    all.extend_from_slice(env);
    Service::serving(Path::new(PROGRAM), &all)
}

fn parse(lines: &[String]) -> Vec<Value> {
    let parsed = lines.iter().map(|line| serde_json::from_str(line));
    parsed
        .collect::<Result<_, _>>()
        .expect("every line is JSON")
}

/// The lines of level `WARN` and above.
fn alarms(service: &Service) -> Vec<Value> {
    let mut lines = parse(&service.lines());
    lines.retain(|line| line["level"] == "WARN" || line["level"] == "ERROR");
    lines
}

fn text(line: &Value) -> &str {
    line["fields"]["message"].as_str().expect("a message")
}

/// A path, its status, and the line that tells of its failure: level, message, and what else it says.
const FAILURES: [(&str, u16, &str, &str, &str); 11] = [
    ("/status", 500, "WARN", "GET /status 500", "http_request"),
    ("/busy", 503, "WARN", "GET /busy 503", "http_request"),
    (
        "/extension",
        500,
        "WARN",
        "GET /extension 500",
        "http_request",
    ),
    (
        "/panic",
        500,
        "ERROR",
        "GET /panic 500",
        "boom in a handler at ",
    ),
    (
        "/caught",
        500,
        "ERROR",
        "panic: boom that became a 500 at ",
        "thread",
    ),
    (
        "/monitored-error",
        502,
        "ERROR",
        "monitored_error failed",
        "502",
    ),
    ("/quiet-error", 502, "WARN", "GET /quiet-error 502", "502"),
    (
        "/monitored-panic",
        500,
        "ERROR",
        "monitored_panic panicked",
        "boom in a function at ",
    ),
    (
        "/quiet-panic",
        500,
        "ERROR",
        "GET /quiet-panic 500",
        "boom in silence at ",
    ),
    ("/task", 200, "ERROR", "panic: boom in a task at ", "thread"),
    (
        "/thread",
        200,
        "ERROR",
        "panic: boom in a thread at ",
        "worker-7",
    ),
];

fn one_line_each(filter: &str) {
    let service = service(&[("EXAMPLE_FILTER", filter)]);
    for path in ["/ok/7", "/missing", "/nowhere"] {
        ask(service.addr, "GET", path, &[]);
    }
    for (path, status, level, message, more) in FAILURES {
        let before = alarms(&service).len();
        assert_eq!(ask(service.addr, "GET", path, &[]).status, status, "{path}");
        let line = wait_for(path, || alarms(&service).into_iter().nth(before));
        assert_eq!(line["level"], level, "{path}: {line}");
        assert!(text(&line).starts_with(message), "{path}: {line}");
        // Below `info` spans are not written.
        if more != "http_request" || filter == "info" {
            assert!(line.to_string().contains(more), "{path}: {line}");
        }
    }
    // A panic that its function catches ends nothing, and is told all the same.
    ask(service.addr, "GET", "/catches", &[]);
    let all = wait_for("a caught panic", || {
        let alarms = alarms(&service);
        (alarms.len() > FAILURES.len()).then_some(alarms)
    });
    assert_eq!(all.len(), FAILURES.len() + 1, "{all:#?}");
    assert!(text(&all[FAILURES.len()]).contains("boom that is caught at"));
    assert_eq!(service.errors(), Vec::<String>::new(), "standard error");
}

#[test]
fn a_failure_is_one_line() {
    one_line_each("info");
}

#[test]
fn a_failure_is_one_line_where_only_warnings_are_shown() {
    one_line_each("warn");
}

#[test]
fn a_failure_is_one_event() {
    let sentry = Sentry::start();
    let service = service(&[("SENTRY_DSN", &sentry.dsn())]);
    for path in ["/ok/7", "/missing"] {
        ask(service.addr, "GET", path, &[]);
    }
    for (at, (path, ..)) in FAILURES.iter().enumerate() {
        ask(service.addr, "GET", path, &[]);
        wait_for(path, || (sentry.events().len() > at).then_some(()));
    }
    let events = sentry.events();
    assert_eq!(events.len(), FAILURES.len(), "{events:#?}");
    let of = |transaction: &str| {
        let mut events = events.iter();
        let event = events.find(|event| event["transaction"] == transaction);
        event.unwrap_or_else(|| panic!("{transaction} in {events:#?}"))
    };
    for (path, status) in [("/status", 500), ("/busy", 503), ("/extension", 500)] {
        let event = of(&format!("GET {path}"));
        assert_eq!(event["message"], format!("GET {path} {status}"));
        // The protocol leaves out `error`.
        assert!(event["level"].is_null(), "{event:#}");
        assert_eq!(event["tags"]["http.route"], path);
        assert!(event["contexts"]["trace"]["trace_id"].is_string());
    }
    let panic = &of("GET /panic")["exception"]["values"][0];
    assert_eq!(panic["value"], "boom in a handler");
}

#[test]
fn the_access_line_says_what_was_asked() {
    let service = service(&[]);
    ask(service.addr, "GET", "/ok/7", &[]);
    let line = wait_for("the access line", || {
        let lines = parse(&service.lines());
        let mut lines = lines.into_iter();
        lines.find(|line| line["target"] == "monitor_runtime::http")
    });
    assert_eq!(
        (text(&line), line["level"].as_str()),
        ("GET /ok/{id} 200", Some("INFO"))
    );
    assert_eq!(line["spans"][0]["name"], "http_request");
}

#[test]
fn a_backtrace_is_part_of_the_line() {
    let service = service(&[("RUST_BACKTRACE", "1")]);
    for (at, path) in ["/panic", "/monitored-panic", "/thread"].iter().enumerate() {
        ask(service.addr, "GET", path, &[]);
        let line = wait_for(path, || alarms(&service).into_iter().nth(at));
        let backtrace = line["fields"]["backtrace"].as_str().unwrap_or_default();
        assert!(backtrace.contains("unmonitored::"), "{line}");
        assert!(line["fields"]["thread"].is_string(), "{line}");
    }
    assert_eq!(service.errors(), Vec::<String>::new(), "standard error");
}

/// Runs it to its end; returns what it wrote to both streams.
fn run(env: &[(&str, &str)], paths: &[&str]) -> (Vec<String>, String) {
    if !paths.is_empty() {
        let mut service = service(env);
        let ask = |path| {
            let mut stream = std::net::TcpStream::connect(service.addr).expect("it listens");
            let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
            std::io::Write::write_all(&mut stream, request.as_bytes()).expect("sent");
            stream
        };
        let _unanswered: Vec<_> = paths.iter().map(ask).collect();
        service.wait();
        return (service.lines(), service.errors().join("\n"));
    }
    let output = command(Path::new(PROGRAM), env).output().expect("it runs");
    let lines = String::from_utf8(output.stdout).expect("UTF-8");
    let errors = String::from_utf8(output.stderr).expect("UTF-8");
    (lines.lines().map(str::to_owned).collect(), errors)
}

#[test]
fn a_panic_of_main_is_a_line() {
    for (format, hook) in [("json", None), ("pretty", None), ("json", Some("1"))] {
        let mut env = vec![("MONITOR_LOG_FORMAT", format), ("EXAMPLE_MAIN", "1")];
        env.extend(hook.map(|hook| ("EXAMPLE_HOOK", hook)));
        let (lines, errors) = run(&env, &[]);
        let told: Vec<_> = lines
            .iter()
            .filter(|line| line.contains("boom in main"))
            .collect();
        assert_eq!(told.len(), 1, "{lines:#?}");
        assert!(
            told[0].contains("ERROR") && told[0].contains("unmonitored.rs:"),
            "{told:?}"
        );
        assert!(told[0].contains("main"), "the thread: {told:?}");
        let expected = hook.map_or("", |_| "the hook of the service ran\n");
        assert_eq!(errors, expected, "{format}");
    }
}

#[test]
fn with_a_subscriber_of_the_services_own_the_hook_is_its_own_too() {
    let subscriber = ("EXAMPLE_SUBSCRIBER", "1");
    for hook in [None, Some(("EXAMPLE_HOOK", "1"))] {
        let mut env = vec![("EXAMPLE_MAIN", "1"), subscriber];
        env.extend(hook);
        let (lines, errors) = run(&env, &[]);
        let told = lines.iter().filter(|line| line.contains("boom in main"));
        assert_eq!(told.count(), 1, "{lines:#?}");
        if hook.is_some() {
            assert_eq!(errors, "the hook of the service ran\n");
        } else {
            assert!(errors.contains("panicked at"), "{errors}");
        }
    }
}

#[test]
fn a_panic_that_no_line_shows_is_told_as_ever() {
    let env = [
        ("MONITOR_LOG_FORMAT", "json"),
        ("EXAMPLE_MAIN", "1"),
        ("RUST_LOG", "off"),
    ];
    let (lines, errors) = run(&env, &[]);
    assert!(lines.is_empty(), "{lines:?}");
    assert!(
        errors.contains("panicked at") && errors.contains("boom in main"),
        "{errors}"
    );
}

#[test]
fn panics_that_end_the_process_are_all_told() {
    let (lines, _) = run(&[("RUST_BACKTRACE", "0")], &["/twice"]);
    let lines = parse(&lines);
    for boom in [
        "boom before it at",
        "boom in a destructor at",
        "the process aborts: panic: ",
    ] {
        let told = lines.iter().filter(|line| line.to_string().contains(boom));
        assert_eq!(told.count(), 1, "{boom}: {lines:#?}");
    }
}
