//! A secret in any form, put wherever a text can leave the process, is seen nowhere outside of it.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::Stdio;

use monitor_runtime::testkit;
use monitor_tests::leaks::{self, LEAK};
use monitor_tests::process::{Sentry, command, get, wait_for};
use serde_json::Value;

/// Texts that have left the process, by the way they took.
type Ways = Vec<(String, String)>;

/// Runs the program, and collects what it shows.
fn ways_out_of(format: &str) -> Ways {
    let sentry = Sentry::start();
    let env = [
        ("MONITOR_LOG_FORMAT", format),
        ("MONITOR_RECORD_LEVEL", "monitor_tests=debug"),
        ("SENTRY_DSN", &sentry.dsn()),
    ];
    let mut command = command(Path::new(env!("CARGO_BIN_EXE_leaky")), &env);
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().expect("it starts");
    let mut stdout = child.stdout.take().expect("piped");
    let log = std::thread::spawn(move || {
        let mut log = String::new();
        stdout.read_to_string(&mut log).expect("UTF-8");
        log
    });
    let mut stderr = BufReader::new(child.stderr.take().expect("piped"));
    let mut addresses = String::new();
    stderr.read_line(&mut addresses).expect("a line");
    let (management, service) = addresses.trim().split_once(' ').expect("two addresses");
    let management = management.parse().expect("an address");
    let service = service.parse().expect("an address");

    for number in 0..leaks::forms().len() {
        assert_eq!(get(service, &format!("/tell/{number}")).1, "told");
    }
    let pages = [
        "/",
        "/metrics",
        "/health?verbose",
        "/readyz?verbose",
        "/livez?verbose",
        "/startupz?verbose",
        "/page/data",
        "/inventory",
        "/objectives",
        "/rules.yaml",
        "/grafana.json",
        "/log-level",
        "/requests",
        "/calls",
        "/incidents",
        "/incidents?format=text",
    ];
    let page = |path: &&str| ((*path).to_owned(), get(management, path).1);
    let mut ways: Ways = pages.iter().map(page).collect();
    let detail = |number: u32| {
        let path = format!("/page/data?function={number}");
        let (status, detail) = get(management, &path);
        (status == 200).then_some((path, detail))
    };
    ways.extend((0..).map_while(detail));
    let kept: Value = serde_json::from_str(&get(management, "/requests").1).expect("JSON");
    let kept = kept["requests"].as_array().expect("a list").iter();
    let kept = kept.filter_map(|request| request["trace_id"].as_str());
    ways.extend(kept.flat_map(|trace| {
        let forms = ["json", "text"].into_iter();
        forms.map(move |form| {
            let path = format!("/requests/{trace}?format={form}");
            let (_, story) = get(management, &path);
            (path, story)
        })
    }));
    // Critical checks fail from the start; the upkeep comes by after five seconds.
    let incident = wait_for("an incident", || {
        let list: Value = serde_json::from_str(&get(management, "/incidents").1).ok()?;
        Some(list["incidents"][0]["id"].as_str()?.to_owned())
    });
    ways.extend(["json", "text"].map(|form| {
        let path = format!("/incidents/{incident}?format={form}");
        let (status, shown) = get(management, &path);
        assert_eq!(status, 200, "{shown}");
        (format!("/incidents/ {form}"), shown)
    }));
    ways.push(("/incidents".to_owned(), get(management, "/incidents").1));
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(b"\n").expect("it reads");
    assert!(child.wait().expect("it ends").success());
    let log = log.join().expect("it reads");
    let late = log
        .lines()
        .filter(|line| line.contains("late\":true") || line.contains("late=true"));
    let late: Vec<&str> = late.collect();
    ways.push((format!("{format} late"), late.join("\n")));
    ways.push((format!("{format} log"), log));
    for kind in ["event", "transaction"] {
        let sent: Vec<String> = sentry.items(kind).iter().map(Value::to_string).collect();
        ways.push((kind.to_owned(), sent.join("\n")));
    }
    ways
}

/// The marks of the texts that have come this way.
fn marks(text: &str) -> BTreeSet<usize> {
    let parts = text.split("MARK").skip(1);
    parts
        .filter_map(|part| part.split('.').next()?.parse().ok())
        .collect()
}

/// The piece of a text that is around a secret.
fn around(text: &str) -> Option<String> {
    let at = text.find(LEAK)?;
    let before: Vec<char> = text[..at].chars().rev().take(200).collect();
    let before: String = before.into_iter().rev().collect();
    Some(before + &text[at..].chars().take(50).collect::<String>())
}

/// Asserts that no text has a secret, and that texts have come all of these ways.
fn assert_safe(ways: &Ways, taken: &[&str]) {
    for (way, text) in ways {
        assert_eq!(around(text), None, "{way}");
    }
    for taken in taken {
        let texts = ways.iter().filter(|(way, _)| way.starts_with(taken));
        let seen: BTreeSet<usize> = texts.flat_map(|(_, text)| marks(text)).collect();
        assert!(!seen.is_empty(), "{taken}: nothing came this way");
    }
}

const PAGES: [&str; 8] = [
    "/health",
    "/readyz",
    "/page/data",
    "/page/data?function=",
    "/requests/",
    "/incidents",
    "/incidents/ json",
    "/incidents/ text",
];

#[test]
fn nothing_that_a_service_shows_has_a_secret_in_json() {
    let ways = ways_out_of("json");
    assert_safe(&ways, &PAGES);
    assert_safe(&ways, &["json log", "json late", "event", "transaction"]);
    // Each form has been in the log, and readable but for the secret.
    let (_, log) = ways
        .iter()
        .find(|(way, _)| way == "json log")
        .expect("a log");
    assert_eq!(marks(log), (0..leaks::forms().len()).collect());
    assert!(
        log.contains("cannot reach postgres://[redacted]@db:5432/orders now"),
        "{log}"
    );
    // Strangers read labels.
    let (_, page) = ways
        .iter()
        .find(|(way, _)| way == "/metrics")
        .expect("a page");
    assert!(page.contains("region=\"other\""), "{page}");
}

#[test]
fn nothing_that_a_service_shows_has_a_secret_in_pretty_lines() {
    let ways = ways_out_of("pretty");
    assert_safe(&ways, &["pretty log", "pretty late"]);
    let (_, log) = ways
        .iter()
        .find(|(way, _)| way == "pretty log")
        .expect("a log");
    assert_eq!(marks(log), (0..leaks::forms().len()).collect());
}

#[test]
fn a_capture_of_the_test_kit_has_no_secret() {
    for number in 0..leaks::forms().len() {
        let ((), seen) = testkit::capture(|| leaks::tell(&leaks::text(number)));
        let seen = format!("{seen:?}");
        assert_eq!(around(&seen), None);
        assert_eq!(marks(&seen), BTreeSet::from([number]));
    }
}
