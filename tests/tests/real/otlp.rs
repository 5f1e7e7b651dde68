//! Telemetry that a process exports, read by a receiver that is made of the published messages.

mod collector;
mod example;
mod faults;
mod lifecycle;
mod messages;
mod metrics;
mod share;
mod signals;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

use monitor_tests::process::{Service, get, wait_for};
use monitor_tests::target;
use serde_json::Value;

/// The service of these tests.
const EXPORTING: &str = env!("CARGO_BIN_EXE_exporting");

/// Returns a file of this folder.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/real/otlp")
        .join(name)
}

/// Returns the Python that `tests/run` installs.
fn python() -> Command {
    Command::new(target().join("python/bin/python"))
}

/// `receiver.py`, which says how it can be told to behave.
struct Receiver {
    http: u64,
    https: u64,
    requests: Arc<Mutex<Vec<Value>>>,
    /// The number of the last question that it has printed.
    seen: Arc<AtomicU64>,
    questions: AtomicU64,
    /// Its standard input ends with this process, and it with that.
    _child: Child,
}

/// Returns the receiver, started on first use. Senders are told apart by their keys.
fn receiver() -> &'static Receiver {
    static RECEIVER: OnceLock<Receiver> = OnceLock::new();
    RECEIVER.get_or_init(Receiver::start)
}

impl Receiver {
    fn start() -> Self {
        let tls = Path::new(env!("CARGO_MANIFEST_DIR")).join("tls");
        let mut child = python()
            .arg(file("receiver.py"))
            .args([tls.join("server.pem"), tls.join("server.key")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python, which tests/run installs");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let ports = lines.next().and_then(Result::ok).expect("its ports");
        let ports: Value = serde_json::from_str(&ports).expect("JSON");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::new(AtomicU64::new(0));
        let (sink, last) = (Arc::clone(&requests), Arc::clone(&seen));
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let line: Value = serde_json::from_str(&line).expect("JSON");
                if let Some(number) = line["seen"].as_u64() {
                    last.fetch_max(number, Ordering::AcqRel);
                } else {
                    sink.lock().unwrap().push(line);
                }
            }
        });
        Self {
            http: ports["http"].as_u64().expect("a port"),
            https: ports["https"].as_u64().expect("a port"),
            requests,
            seen,
            questions: AtomicU64::new(0),
            _child: child,
        }
    }

    /// Returns the endpoint of a sender.
    fn endpoint(&self, key: &str, behaviour: &str) -> String {
        format!("http://127.0.0.1:{}/{key}/{behaviour}", self.http)
    }

    /// Returns the requests of a sender for a signal so far.
    fn requests(&self, key: &str, signal: &str) -> Vec<Value> {
        let number = self.questions.fetch_add(1, Ordering::AcqRel) + 1;
        let port = u16::try_from(self.http).expect("a port");
        get(([127, 0, 0, 1], port).into(), &format!("/seen/{number}"));
        wait_for("the receiver", || {
            (self.seen.load(Ordering::Acquire) >= number).then_some(())
        });
        let requests = self.requests.lock().unwrap();
        let fault = requests.iter().find(|line| line.get("fault").is_some());
        assert!(fault.is_none(), "a request cannot be read: {fault:?}");
        let of = |line: &&Value| line["key"] == key && line["signal"] == signal;
        requests.iter().filter(of).cloned().collect()
    }

    /// Returns the items of a sender that were taken so far, in the order in which they came.
    fn taken(&self, key: &str, signal: &str) -> Vec<Value> {
        let requests = self.requests(key, signal);
        let taken = requests
            .iter()
            .filter(|line| line["answer"] == "take" || line["answer"] == "close");
        let items = taken.flat_map(|line| line["items"].as_array().expect("items").clone());
        items.collect()
    }

    /// Returns the taken spans of a sender once there are so many, and asserts that each came once.
    fn spans(&self, key: &str, count: usize) -> Vec<Value> {
        wait_for(&format!("{count} spans of {key}"), || {
            (self.taken(key, "traces").len() >= count).then_some(())
        });
        let spans = self.taken(key, "traces");
        let mut ids: Vec<&str> = spans.iter().map(|span| text(span, "span_id")).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), spans.len(), "{key}: a span came twice");
        assert_eq!(spans.len(), count, "{key}: {spans:#?}");
        spans
    }
}

/// Starts a program that exports to the receiver, soon, and with further settings.
fn start(program: impl AsRef<Path>, key: &str, behaviour: &str, more: &[(&str, &str)]) -> Service {
    let endpoint = receiver().endpoint(key, behaviour);
    Service::serving(program.as_ref(), &settings(&endpoint, more))
}

/// Returns the settings of a service that exports soon; later ones win.
fn settings<'t>(endpoint: &'t str, more: &[(&'t str, &'t str)]) -> Vec<(&'t str, &'t str)> {
    let own = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint),
        ("OTEL_BSP_SCHEDULE_DELAY", "50"),
        ("OTEL_BLRP_SCHEDULE_DELAY", "50"),
        ("MONITOR_DRAIN", "1ms"),
    ];
    own.into_iter().chain(more.iter().copied()).collect()
}

/// Returns a text of an object.
fn text<'v>(of: &'v Value, key: &str) -> &'v str {
    of[key]
        .as_str()
        .unwrap_or_else(|| panic!("{key} is text: {of:#}"))
}
