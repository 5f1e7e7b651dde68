//! A real collector: it takes the three signals, and passes them on.

use std::fs::File;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use monitor_tests::process::{Service, get, wait_for};
use monitor_tests::target;

use super::signals::{is_as_shown, kept, spans_of};
use super::{receiver, settings, text};

/// Rotel, which passes on what it takes to the receiver, and writes it to a file.
struct Rotel {
    child: Child,
    endpoint: String,
    log: PathBuf,
}

fn free_port() -> u16 {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a free port");
    socket.local_addr().expect("bound").port()
}

/// Returns the program, which is in a package of Python.
fn program() -> PathBuf {
    let folders = target().join("python/lib").read_dir().expect("python");
    let mut programs = folders.map(|folder| {
        let packages = folder.expect("a folder").path().join("site-packages");
        packages.join("rotel/rotel-agent")
    });
    programs
        .find(|path| path.exists())
        .expect("rotel, which tests/run installs")
}

impl Rotel {
    fn start(key: &str) -> Self {
        let (http, grpc) = (free_port(), free_port());
        let log = std::env::temp_dir().join(format!("monitor-rotel-{http}.log"));
        let out = File::create(&log).expect("a file");
        let debug = ["traces", "metrics", "logs"].map(|signal| ["--debug-log", signal]);
        let child = Command::new(program())
            .arg("start")
            .args(["--otlp-http-endpoint", &format!("127.0.0.1:{http}")])
            .args(["--otlp-grpc-endpoint", &format!("127.0.0.1:{grpc}")])
            .args(["--exporter", "otlp", "--otlp-exporter-protocol", "http"])
            .args([
                "--otlp-exporter-endpoint",
                &receiver().endpoint(key, "take"),
            ])
            .args([
                "--batch-timeout",
                "100ms",
                "--debug-log-verbosity",
                "detailed",
            ])
            .args(debug.into_iter().flatten())
            .stdout(out.try_clone().expect("a file"))
            .stderr(out)
            .stdin(Stdio::null())
            .spawn()
            .expect("rotel, which tests/run installs");
        let this = Self {
            child,
            endpoint: format!("http://127.0.0.1:{http}"),
            log,
        };
        wait_for("rotel", || {
            std::net::TcpStream::connect(("127.0.0.1", http)).ok()
        });
        this
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("its log")
    }
}

impl Drop for Rotel {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_file(&self.log);
    }
}

#[test]
fn a_collector_passes_on_what_it_takes() {
    let key = "collector";
    let rotel = Rotel::start(key);
    let gzip = [("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")];
    let mut service = Service::quickstart(&settings(&rotel.endpoint, &gzip));
    for (path, status) in [
        ("/hello/you", 200),
        ("/orders/7", 200),
        ("/orders/999", 500),
        ("/panic", 500),
    ] {
        assert_eq!(get(service.addr, path).0, status);
    }
    let kept = kept(&service, 4);
    service.signal("TERM");
    assert!(service.wait().success());

    let shown: usize = kept.iter().map(|trace| spans_of(trace).len()).sum();
    let spans = receiver().spans(key, shown);
    for trace in &kept {
        for shown in spans_of(trace) {
            let of = |span: &&serde_json::Value| span["span_id"] == shown["span_id"];
            let span = spans.iter().find(of).unwrap_or_else(|| panic!("{shown:#}"));
            is_as_shown(span, shown, trace);
        }
    }
    let lines = service.lines();
    wait_for("a record of each line", || {
        (receiver().taken(key, "logs").len() == lines.len()).then_some(())
    });
    let is_point = |point: &serde_json::Value| {
        point["name"] == "function.calls.duration" && point["attributes"]["function"] == "hello"
    };
    wait_for("the last points", || {
        receiver()
            .taken(key, "metrics")
            .iter()
            .any(is_point)
            .then_some(())
    });
    let log = rotel.log();
    for shown in [
        "GET /orders/{id}",
        "function.calls.duration",
        "shutdown is done",
    ] {
        assert!(log.contains(shown), "{shown}: {log}");
    }
    let resources = &receiver().requests(key, "traces")[0]["resources"][0];
    assert_eq!(text(resources, "service.name"), "quickstart");
}
