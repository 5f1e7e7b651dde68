//! Reads events back from a real server that speaks Sentry's protocol, through its API, and checks
//! them with the normaliser of Sentry's own Relay.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use monitor_runtime::{Classify, monitored};
use monitor_tests::process::{PATIENCE, Service, get, try_get, wait_for};
use monitor_tests::{pause, run};
use sentry::Breadcrumb;
use serde_json::{Value, json};

#[test]
fn a_real_server_shows_what_we_send_and_relay_has_nothing_against_it() {
    let bugsink = Bugsink::start();
    a_service_in_production(&bugsink);
    every_kind_of_event(&bugsink);
    bugsink.relay_accepts_all();
}

/// The quickstart fails 15 times in one way and panics once.
fn a_service_in_production(bugsink: &Bugsink) {
    let env = [
        ("SENTRY_DSN", bugsink.dsn.as_str()),
        ("SENTRY_ENVIRONMENT", "production"),
        ("SENTRY_RELEASE", "shop@9.9.9"),
        ("MONITOR_DRAIN", "1ms"),
    ];
    let mut service = Service::quickstart(&env);
    for id in 500..515 {
        assert_eq!(get(service.addr, &format!("/orders/{id}")).0, 500);
    }
    assert_eq!(get(service.addr, "/panic").0, 500);
    // A shutdown that has to hurry sends what is left without the names of frames.
    wait_for("ten errors and the panic to be sent", || {
        let (_, page) = get(service.management, "/metrics");
        page.contains("monitor_captures_total{result=\"sent\"} 11\n")
            .then_some(())
    });
    service.signal("TERM");
    assert!(service.wait().success());

    let (_, errors) = bugsink.issue("StoreError", 10);
    for event in &errors {
        assert_eq!(event["transaction"], "Orders::find");
        assert_eq!(event["culprit"], "<Memory as Store>::load");
        assert_eq!(event["release"], "shop@9.9.9");
        assert_eq!(event["environment"], "production");
        assert_eq!(event["tags"]["service"], "quickstart");
        assert_eq!(event["tags"]["module"], "quickstart");
        let path = &event["contexts"]["path"]["functions"];
        assert_eq!(*path, json!(["Orders::find", "<Memory as Store>::load"]));
        assert_frames(event, "examples/quickstart.rs");
    }
    let mut traces: Vec<_> = errors
        .iter()
        .map(|event| event["tags"]["trace_id"].to_string())
        .collect();
    traces.sort();
    traces.dedup();
    assert_eq!(traces.len(), 10, "every request is a trace of its own");

    let (issue, panics) = bugsink.issue("panic", 1);
    assert_eq!(issue["calculated_value"], "this is what a bug looks like");
    assert_eq!(panics[0]["level"], "fatal");
    assert_frames(&panics[0], "examples/quickstart.rs");

    let summaries = bugsink.events_with("suppressed");
    assert_eq!(summaries.len(), 1, "{summaries:#?}");
    assert_eq!(summaries[0]["contexts"]["throttle"]["suppressed"], 5);
}

/// Asserts that a frame is in-app exactly if it has this source, and that no frame of the runtime
/// is.
fn assert_frames(event: &Value, source: &str) {
    let exceptions = event["exception"]["values"].as_array().expect("exceptions");
    let frames = exceptions.last().expect("an exception")["stacktrace"]["frames"].as_array();
    let (mut theirs, mut ours) = (0, 0);
    for frame in frames.expect("a stack trace") {
        let path = frame["abs_path"].as_str().unwrap_or_default();
        let in_app = frame["in_app"] == true;
        assert_eq!(in_app, path.ends_with(source), "{frame:#}");
        theirs += u32::from(in_app);
        ours += u32::from(path.contains("monitor-runtime/src/"));
    }
    assert!(theirs > 0 && ours > 0, "{event:#}");
}

#[derive(Debug, thiserror::Error, Classify)]
enum Payment {
    #[error("the bank does not answer")]
    BankDown(#[source] std::io::Error),
}

#[monitored(args(order), sentry(level = "warning", tags(plan = "gold")))]
async fn pay(order: u64) -> Result<(), Payment> {
    sentry::add_breadcrumb(Breadcrumb {
        message: Some("asks the bank".into()),
        category: Some("bank".into()),
        ..Breadcrumb::default()
    });
    pause().await;
    tracing::warn!(order, "the bank takes its time");
    Err(Payment::BankDown(std::io::Error::other("connection reset")))
}

#[monitored]
fn logs_an_error() {
    tracing::error!(disk = "sda", "the disk is slow");
}

fn every_kind_of_event(bugsink: &Bugsink) {
    let monitor = monitor_runtime::builder!()
        .addr("off")
        .service_name("payments")
        .sentry_dsn(bugsink.dsn.clone())
        .start_blocking()
        .expect("the runtime starts");
    run(pay(7)).expect_err("the bank is down");
    logs_an_error();
    monitor.shutdown_blocking();

    let (_, events) = bugsink.issue("Payment", 1);
    let event = &events[0];
    let chain = event["exception"]["values"].as_array().expect("a chain");
    let texts: Vec<_> = chain.iter().map(|link| &link["value"]).collect();
    assert_eq!(texts, ["connection reset", "the bank does not answer"]);
    assert_eq!(event["level"], "warning");
    assert_eq!(event["tags"]["plan"], "gold");
    assert_eq!(event["tags"]["error_class"], "BankDown");
    assert_eq!(event["contexts"]["fields"]["order"], 7);
    let breadcrumbs = event["breadcrumbs"]["values"].as_array();
    let breadcrumbs = breadcrumbs.expect("breadcrumbs").iter();
    let breadcrumbs: Vec<_> = breadcrumbs
        .map(|crumb| (&crumb["category"], &crumb["message"]))
        .map(|(category, message)| json!([category, message]))
        .collect();
    assert_eq!(
        breadcrumbs,
        [
            json!(["bank", "asks the bank"]),
            json!(["real::bugsink", "the bank takes its time"])
        ]
    );
    let logged = bugsink.all();
    let logged = logged
        .iter()
        .find(|event| event["logger"] == "real::bugsink");
    let logged = logged.expect("the line of the log");
    assert_eq!(logged["message"], "the disk is slow");
}

/// A Bugsink on a free port, in a folder of its own.
struct Bugsink {
    child: Child,
    addr: SocketAddr,
    folder: PathBuf,
    dsn: String,
    token: String,
}

/// Returns the virtual environment that `tests/run` made for Python programs.
fn virtual_environment() -> PathBuf {
    let here = std::env::current_exe().expect("a test has a path");
    let target = here.ancestors().nth(3).expect("target/<profile>/deps");
    target.join("python")
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/real")
        .join(name)
}

impl Bugsink {
    fn start() -> Self {
        let addr = TcpListener::bind("127.0.0.1:0")
            .and_then(|socket| socket.local_addr())
            .expect("a free port");
        let folder = std::env::temp_dir().join(format!("monitor-bugsink-{}", addr.port()));
        let mut child = Command::new("bash")
            .arg(script("bugsink.sh"))
            .arg(virtual_environment())
            .arg(&folder)
            .arg(addr.port().to_string())
            .stdout(Stdio::piped())
            .spawn()
            .expect("bash");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut value = |name: &str| {
            let found = lines
                .by_ref()
                .map_while(Result::ok)
                .find_map(|line| line.strip_prefix(name).map(str::to_owned));
            found
                .unwrap_or_else(|| panic!("bugsink.sh says no {name}: see what tests/run installs"))
        };
        let (dsn, token) = (value("DSN="), value("TOKEN="));
        let this = Self {
            child,
            addr,
            folder,
            dsn,
            token,
        };
        wait_for("Bugsink", || {
            try_get(addr, "/health/ready").filter(|(status, _)| *status == 200)
        });
        this
    }

    fn ask(&self, path: &str) -> Value {
        let mut stream = TcpStream::connect(self.addr).expect("Bugsink listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        let token = &self.token;
        write!(
            stream,
            "GET /api/canonical/0/{path} HTTP/1.0\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n"
        )
        .expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        assert!(head.contains(" 200 "), "{path}: {answer}");
        serde_json::from_str(body).expect("JSON")
    }

    fn list(&self, path: &str) -> Vec<Value> {
        let mut page = self.ask(path);
        assert!(page["next"].is_null(), "more than one page of {path}");
        page["results"]
            .as_array_mut()
            .map(std::mem::take)
            .expect("a list")
    }

    /// The events of an issue, in full.
    fn events(&self, issue: &Value) -> Vec<Value> {
        let id = issue["id"].as_str().expect("an id");
        let events = self.list(&format!("events/?issue={id}")).into_iter();
        let in_full = |event: Value| {
            let id = event["id"].as_str().expect("an id");
            self.ask(&format!("events/{id}/"))["data"].take()
        };
        events.map(in_full).collect()
    }

    /// The one issue of a type, and its events.
    fn issue(&self, kind: &str, count: usize) -> (Value, Vec<Value>) {
        let issues = self.list("issues/?project=1").into_iter();
        let mut issues: Vec<Value> = issues
            .filter(|issue| issue["calculated_type"] == kind)
            .collect();
        assert_eq!(issues.len(), 1, "{kind}: {issues:#?}");
        let issue = issues.remove(0);
        let events = self.events(&issue);
        assert_eq!(events.len(), count, "{issue:#}");
        (issue, events)
    }

    fn all(&self) -> Vec<Value> {
        let issues = self.list("issues/?project=1");
        issues.iter().flat_map(|issue| self.events(issue)).collect()
    }

    fn events_with(&self, tag: &str) -> Vec<Value> {
        let mut all = self.all();
        all.retain(|event| event["tags"].get(tag).is_some());
        all
    }

    /// Hands every event to the normaliser.
    fn relay_accepts_all(&self) {
        let all = self.all();
        assert!(all.len() > 13, "{} events", all.len());
        let mut python = Command::new(virtual_environment().join("bin/python"))
            .arg(script("relay.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the Python that tests/run installs");
        let events = serde_json::to_vec(&all).expect("JSON");
        let mut stdin = python.stdin.take().expect("piped");
        stdin.write_all(&events).expect("it reads");
        drop(stdin);
        let output = python.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{}: {said}", output.status);
        assert_eq!(said.trim(), "", "Relay objects");
    }
}

impl Drop for Bugsink {
    fn drop(&mut self) {
        // A kill would leave its workers behind.
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").arg(pid).status();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
