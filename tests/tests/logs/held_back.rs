//! Lines below the log's filter: written only for a request that failed, was slow or asked for them.

use std::collections::BTreeSet;
use std::path::Path;

use monitor_tests::http::ask;
use monitor_tests::process::{Sentry, Service, command, get, wait_for};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_held_back");
const TOKEN: &str = "a-token-of-enough-length";

fn service(env: &[(&str, &str)]) -> Service {
    let mut all = vec![
        ("MONITOR_LOG_FORMAT", "json"),
        ("MONITOR_RECORD_LEVEL", "held_back=debug"),
        ("MONITOR_TOKEN", TOKEN),
    ];
    all.extend_from_slice(env);
    Service::serving(Path::new(PROGRAM), &all)
}

/// The lines of one request, after its access line and those behind it.
fn lines(service: &Service, path: &str, headers: &[(&str, &str)]) -> Vec<Value> {
    let answer = ask(service.addr, "GET", path, headers);
    let trace = answer.header("traceresponse").expect("a trace")[3..35].to_owned();
    // Another request, whose access line comes after all lines of this one.
    let end = ask(service.addr, "GET", "/ok/0", &[]);
    let last = end.header("traceresponse").expect("a trace")[3..35].to_owned();
    let of = |id: &str| {
        let lines = service.lines();
        let parsed = lines
            .iter()
            .map(|line| serde_json::from_str(line).expect("JSON"));
        let own = parsed.filter(|line: &Value| line["trace_id"] == id);
        own.collect::<Vec<_>>()
    };
    let is_access = |line: &Value| line["target"] == "monitor_runtime::http";
    wait_for("the access line", || {
        of(&last).iter().any(is_access).then_some(())
    });
    of(&trace)
}

fn says(line: &Value) -> &str {
    line["fields"]["message"].as_str().expect("a message")
}

fn late(lines: &[Value]) -> Vec<&str> {
    let late = lines.iter().filter(|line| line["late"] == true);
    late.map(says).collect()
}

fn debug(lines: &[Value]) -> Vec<&str> {
    let debug = lines.iter().filter(|line| line["level"] == "DEBUG");
    debug.map(says).collect()
}

#[test]
fn a_request_that_went_well_writes_no_line_below_the_filter() {
    let service = service(&[("RUST_LOG", "held_back=info,monitor_runtime=info")]);
    for path in ["/ok/1", "/ok/2"] {
        let lines = lines(&service, path, &[]);
        assert_eq!(debug(&lines), [""; 0], "{lines:#?}");
        for shown in ["loads", "an old line that is shown"] {
            assert!(lines.iter().any(|line| says(line) == shown), "{shown}");
        }
    }
    let all = service.lines().concat();
    assert!(!all.contains("outside of all requests"));
    assert!(all.contains("a verbose future"), "{all}");
}

#[test]
fn a_request_that_failed_or_was_slow_writes_its_lines_late_and_in_order() {
    let service = service(&[]);
    let begin = [
        "routed to error",
        "inside a small one",
        "about to load",
        "an old line of 7",
    ];
    let lines = lines(&service, "/error/7", &[]);
    assert_eq!(
        late(&lines),
        [&begin[..], &["the disk said no"]].concat(),
        "{lines:#?}"
    );
    let is_late = |line: &&Value| line["late"] == true;
    let first = lines.iter().find(is_late).expect("one");
    // The span of a function below the filter is not in the log.
    assert_eq!(first["spans"][0]["name"], "GET /{ending}/{id}");
    let loading = lines
        .iter()
        .find(|line| says(line) == "about to load")
        .expect("it");
    assert_eq!(loading["target"], "held_back");
    assert_eq!(loading["fields"]["id"], 7);
    assert_eq!(loading["fields"]["password"], "[redacted]");
    let spans: Vec<_> = loading["spans"]
        .as_array()
        .unwrap()
        .iter()
        .map(|span| &span["name"])
        .collect();
    assert_eq!(spans, ["GET /{ending}/{id}", "load"]);
    assert_eq!(loading["spans"][1]["name_"], "error", "{loading}");
    let logged = lines.iter().find(|line| says(line) == "loads").expect("it");
    assert_eq!(logged["span_id"], loading["span_id"], "of the same call");
    let stamps: Vec<&str> = lines
        .iter()
        .filter(is_late)
        .map(|line| line["timestamp"].as_str().unwrap())
        .collect();
    assert!(stamps.is_sorted(), "{stamps:?}");
    assert!(stamps[2] <= logged["timestamp"].as_str().unwrap());

    for (path, count) in [("/slow/8", 4), ("/panic/9", 3), ("/task/10", 5)] {
        let lines = self::lines(&service, path, &[]);
        assert_eq!(late(&lines).len(), count, "{path}: {lines:#?}");
    }
    // The task fails when its request has long been answered.
    ask(service.addr, "GET", "/late_task/11", &[]);
    wait_for("the lines of the task", || {
        let lines = service.lines();
        let late = lines.iter().filter(|line| line.contains("the task begins"));
        (late.count() == 1).then_some(())
    });
}

#[test]
fn a_call_outside_of_requests_keeps_its_lines_back_too() {
    let service = service(&[]);
    let lines = service.lines();
    let parsed = lines
        .iter()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    let all: Vec<Value> = parsed.collect();
    let failed = all
        .iter()
        .find(|line| says(line) == "load failed")
        .expect("it failed");
    let trace = failed["trace_id"].as_str().expect("a trace");
    let own: Vec<Value> = all
        .iter()
        .filter(|line| line["trace_id"] == trace)
        .cloned()
        .collect();
    assert_eq!(
        late(&own),
        ["about to load", "an old line of 99", "the disk said no"]
    );
    let first = own.iter().find(|line| line["late"] == true).expect("one");
    assert_eq!(
        (&first["spans"][0]["name"], &first["spans"][0]["id"]),
        (&"load".into(), &99.into())
    );
    let (status, _) = get(service.management, &format!("/requests/{trace}"));
    assert_eq!(status, 200);
}

#[test]
fn a_record_keeps_its_last_hundred_lines() {
    let service = service(&[]);
    let lines = lines(&service, "/flood/1", &[]);
    let late = late(&lines);
    assert_eq!(late.len(), 101);
    assert_eq!(late[0], "152 earlier lines of this request were left out");
    let last = lines
        .iter()
        .rfind(|line| line["late"] == true)
        .expect("one");
    assert_eq!(last["fields"]["number"], 249);
}

/// Returns the value of `monitor_log_events_total` for `debug` after a request that writes 250 lines and fails,
/// and the number of lines that say how many others were left out.
fn debug_events(env: &[(&str, &str)]) -> (u64, usize) {
    let filter = [("RUST_LOG", "info,held_back=debug")];
    let service = service(&[&filter, env].concat());
    let lines = lines(&service, "/flood/1", &[]);
    let notes = late(&lines)
        .into_iter()
        .filter(|said| said.ends_with("were left out"));
    let (_, page) = get(service.management, "/metrics");
    let series = "monitor_log_events_total{level=\"debug\"} ";
    let count = page.lines().find_map(|line| line.strip_prefix(series));
    (count.expect("it").parse().expect("a count"), notes.count())
}

#[test]
fn a_line_that_a_limit_held_back_counts_once_though_it_is_written_late() {
    let (all, notes) = debug_events(&[]);
    assert!(all > 250 && notes == 0, "{all} {notes}");
    let limited = debug_events(&[("MONITOR_LOG_LIMIT", "5/1h")]);
    // The note is an event of its own.
    assert_eq!(limited, (all + 1, 1));
}

#[test]
fn a_request_that_asks_gets_its_lines_at_once() {
    let service = service(&[("MONITOR_LOOPBACK", "token")]);
    let with = format!("debug; token={TOKEN}");
    let bearer = format!("Bearer {TOKEN}");
    let granted: [&[(&str, &str)]; 2] = [
        &[("x-monitor-log", &with)],
        &[("x-monitor-log", "debug"), ("authorization", &bearer)],
    ];
    for headers in granted {
        let lines = lines(&service, "/ok/3", headers);
        assert_eq!(late(&lines), [""; 0], "{lines:#?}");
        let debug: BTreeSet<&str> = debug(&lines).into_iter().collect();
        for wanted in [
            "routed to ok",
            "about to load",
            "took a connection",
            "an old line of 3",
            "inside a small one",
            "small",
        ] {
            assert!(
                debug.iter().any(|said| said.contains(wanted)),
                "{wanted}: {debug:?}"
            );
        }
        assert!(!lines.iter().any(|line| line["level"] == "TRACE"));
        let asked = wait_for("the kept request", || {
            let (_, kept) = get_with_token(&service, "/requests");
            kept.contains("\"asked\"").then_some(kept)
        });
        assert!(!asked.contains("hunter2"));
    }
    let refused: [(&str, &str); 6] = [
        ("debug", "needs the token"),
        ("debug; token=a-token-of-another-kind", "needs the token"),
        ("debug; token=", "needs the token"),
        ("5", "not a level"),
        ("loud", "not a level"),
        ("", "not a level"),
    ];
    for (header, answer) in refused {
        let given = ask(service.addr, "GET", "/ok/4", &[("x-monitor-log", header)]);
        let says = given.header("x-monitor-log").expect("an answer");
        assert!(says.starts_with(answer), "{header}: {says}");
    }
    let all = service.lines();
    let four = all
        .iter()
        .filter(|line| line.contains("\"DEBUG\"") && line.contains("\"id\":4"));
    assert_eq!(four.count(), 0);
    assert!(!all.concat().contains("a-token-of-another-kind"));
}

fn get_with_token(service: &Service, path: &str) -> (u16, String) {
    let bearer = format!("Bearer {TOKEN}");
    let answer = ask(
        service.management,
        "GET",
        path,
        &[("authorization", &bearer)],
    );
    (answer.status, answer.body)
}

#[test]
fn a_request_of_this_machine_may_ask_without_a_token_unless_a_proxy_sent_it() {
    let service = service(&[]);
    let asked = lines(&service, "/ok/5", &[("x-monitor-log", "debug")]);
    assert!(debug(&asked).contains(&"about to load"), "{asked:#?}");
    let trace = lines(&service, "/ok/5", &[("x-monitor-log", "trace")]);
    assert!(
        trace.iter().any(|line| says(line) == "too fine"),
        "{trace:#?}"
    );
    for proxied in [("x-forwarded-for", "192.0.2.1"), ("host", "shop.example")] {
        let headers = [("x-monitor-log", "debug"), proxied];
        let asked = lines(&service, "/ok/6", &headers);
        assert_eq!(debug(&asked), [""; 0], "{proxied:?}");
    }
    // Later requests are quiet again.
    let quiet = lines(&service, "/ok/7", &[]);
    assert_eq!(debug(&quiet), [""; 0]);
}

#[test]
fn code_may_ask_for_the_lines_of_one_future() {
    let service = service(&[]);
    let lines = lines(&service, "/verbose/1", &[]);
    let debug = debug(&lines);
    assert!(debug.contains(&"took a connection"), "{lines:#?}");
    // The request is kept because it was asked for, and so are its other lines.
    assert_eq!(
        late(&lines),
        [
            "routed to verbose",
            "inside a small one",
            "after the verbose part"
        ]
    );
}

#[test]
fn the_record_shows_the_lines_to_its_readers() {
    let sentry = Sentry::start();
    let service = service(&[("SENTRY_DSN", &sentry.dsn())]);
    let lines = lines(&service, "/error/12", &[]);
    let trace = lines[0]["trace_id"].as_str().unwrap();
    let (status, body) = get(service.management, &format!("/requests/{trace}"));
    assert_eq!(status, 200);
    let story: Value = serde_json::from_str(&body).expect("JSON");
    let told = story["requests"][0]["lines"].as_array().expect("lines");
    let told: Vec<(&str, bool)> = told
        .iter()
        .map(|line| (line["message"].as_str().unwrap(), line["logged"] == true))
        .collect();
    let wanted = [
        "routed to error",
        "inside a small one",
        "about to load",
        "an old line of 12",
        "an old line that is shown",
        "loads",
        "the disk said no",
    ];
    assert_eq!(
        told,
        wanted.map(|message| (message, true)),
        "all are written by now"
    );
    let (_, text) = get(
        service.management,
        &format!("/requests/{trace}?format=text"),
    );
    assert!(
        text.contains("held_back: about to load id=12 password=\"[redacted]\""),
        "{text}"
    );

    let of_trace = |event: &Value| event["tags"]["trace_id"] == trace;
    let event = wait_for("the event", || sentry.events().into_iter().find(of_trace));
    let crumbs = event["breadcrumbs"]["values"]
        .as_array()
        .expect("breadcrumbs");
    let crumbs: Vec<&str> = crumbs
        .iter()
        .filter_map(|crumb| crumb["message"].as_str())
        .collect();
    for wanted in ["about to load", "an old line of 12", "the disk said no"] {
        assert_eq!(
            crumbs.iter().filter(|said| **said == wanted).count(),
            1,
            "{crumbs:?}"
        );
    }
    assert!(!event.to_string().contains("hunter2"));
}

#[test]
fn a_record_level_that_cannot_be_used_is_an_error_of_the_start() {
    let refused = [
        ("debug", "`my_crate=debug`"),
        ("held_back=loud", "is not a level"),
        ("held_back", "needs one"),
        ("held_back=debug,trace", "`my_crate=trace`"),
        ("held_back[x]=debug", "directives on spans"),
    ];
    for (value, problem) in refused {
        let ended = command(Path::new(PROGRAM), &[("MONITOR_RECORD_LEVEL", value)]).output();
        let ended = ended.expect("it runs");
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(!ended.status.success());
        let names = said.contains("MONITOR_RECORD_LEVEL") && said.contains(value);
        assert!(names && said.contains(problem), "{value}: {said}");
    }
    let service = service(&[("MONITOR_RECORD_LEVEL", "held_bak=debug")]);
    wait_for("the warning", || {
        let warned =
            |line: &String| line.contains("MONITOR_RECORD_LEVEL") && line.contains("`held_back`");
        service.lines().iter().any(warned).then_some(())
    });
}

/// The line is of use with the request that held the thread.
#[test]
fn the_line_about_a_slow_poll_has_the_trace_of_its_request() {
    let service = service(&[]);
    let lines = lines(&service, "/blocks/1", &[]);
    let told: Vec<&Value> = lines
        .iter()
        .filter(|line| line["target"] == "monitor_runtime::polls")
        .collect();
    let [line] = told[..] else {
        panic!("one line: {lines:#?}");
    };
    assert!(says(line).starts_with("load slow poll: "), "{line}");
    assert_eq!(line["level"], "WARN");
}
