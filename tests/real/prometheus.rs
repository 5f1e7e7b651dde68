//! What a real Prometheus makes of the real quickstart.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};

use monitor_tests::process::{Service, get, try_get, wait_for};
use serde_json::Value;

/// Requests sent to the quickstart, by what they must be counted as.
struct Load {
    hello: u64,
    found: u64,
    missing: u64,
    hung_up: usize,
    panics: u64,
}

const LOAD: Load = Load {
    hello: 40,
    found: 25,
    missing: 13,
    hung_up: 5,
    panics: 4,
};

/// Sends the load from several clients at once and waits until nothing is in flight.
fn drive(service: &Service, load: &Load) {
    let addr = service.addr;
    let send = |times: u64, first: u64, path: &str, status: u16| {
        for id in first..first + times {
            assert_eq!(
                get(addr, &path.replace("{id}", &id.to_string())).0,
                status,
                "{path}"
            );
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| send(load.hello, 0, "/hello/you", 200));
        scope.spawn(|| send(load.found, 1, "/orders/{id}", 200));
        scope.spawn(|| send(load.missing, 500, "/orders/{id}", 404));
        scope.spawn(|| send(load.panics, 0, "/panic", 500));
        service.hang_up_on_slow(load.hung_up);
    });
    let in_flight =
        |line: &str| line.starts_with("function_calls_concurrent{") && !line.ends_with(" 0");
    wait_for("nothing in flight", || {
        let (_, page) = get(service.management, "/metrics");
        (!page.lines().any(in_flight)).then_some(())
    });
}

/// The series that the load must show, as `(labels, value)` of `function_calls_total`.
fn expected(load: &Load) -> Vec<(&'static str, &'static str, &'static str, u64)> {
    let find = load.found;
    vec![
        ("hello", "ok", "", load.hello),
        ("hello", "error", "", 0),
        ("Orders::find", "ok", "", find),
        ("Orders::find", "error", "", load.missing),
        ("<Memory as Store>::load", "ok", "", find),
        ("<Memory as Store>::load", "error", "", load.missing),
        ("price", "ok", "", find),
        ("slow", "cancelled", "", load.hung_up as u64),
        ("slow", "ok", "", 0),
        ("explode", "error", "panic", load.panics),
        ("explode", "error", "", 0),
    ]
}

#[test]
fn promtool_finds_no_error_in_the_page() {
    let service = Service::quickstart(&[]);
    drive(&service, &LOAD);
    let (_, page) = get(service.management, "/metrics");
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool, which tests/run installs");
    promtool
        .stdin
        .take()
        .expect("piped")
        .write_all(page.as_bytes())
        .expect("it reads");
    let output = promtool.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr) + String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}: {said}\n{page}", output.status);
    assert_eq!(said.trim(), "", "not even a warning");
}

#[test]
fn a_scrape_gives_back_the_numbers_sent() {
    let service = Service::quickstart(&[]);
    drive(&service, &LOAD);
    let prometheus = Prometheus::scraping(service.management);
    for (function, result, error, calls) in expected(&LOAD) {
        let query = format!(
            r#"function_calls_total{{function="{function}",result="{result}",error="{error}"}}"#
        );
        let value = wait_for(&query, || prometheus.query(&query));
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let calls = calls as f64;
        assert!((value - calls).abs() < 0.1, "{query}: {value}, not {calls}");
    }
    let ratio = "sum(function_calls_duration_seconds_count) / sum(function_calls_total)";
    let value = wait_for(ratio, || prometheus.query(ratio));
    assert!(
        (value - 1.0).abs() < 1e-9,
        "every call has a duration: {value}"
    );
    let slow = r#"histogram_quantile(0.5, sum by (le) (function_calls_duration_seconds_bucket{function="slow"}))"#;
    let value = wait_for(slow, || prometheus.query(slow));
    assert!(
        (0.0..=5.0).contains(&value),
        "hung up before its five seconds: {value}"
    );
    let build = r#"build_info{service_name="quickstart"}"#;
    assert!(wait_for(build, || prometheus.query(build)) > 0.0);
}

/// A Prometheus of our own, on a free port, in a folder of its own.
struct Prometheus {
    child: Child,
    addr: SocketAddr,
    folder: std::path::PathBuf,
}

impl Prometheus {
    fn scraping(target: SocketAddr) -> Self {
        let addr = TcpListener::bind("127.0.0.1:0")
            .and_then(|socket| socket.local_addr())
            .unwrap();
        let folder = std::env::temp_dir().join(format!("monitor-prometheus-{}", addr.port()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let config = format!(
            "global: {{scrape_interval: 1s, scrape_timeout: 1s}}\n\
             scrape_configs: [{{job_name: quickstart, static_configs: [{{targets: ['{target}']}}]}}]\n"
        );
        let file = folder.join("prometheus.yml");
        std::fs::write(&file, config).expect("a configuration");
        let child = Command::new("prometheus")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.join("data").display()
            ))
            .arg(format!("--web.listen-address={addr}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("prometheus, which tests/run installs");
        let this = Self {
            child,
            addr,
            folder,
        };
        wait_for("Prometheus", || {
            try_get(addr, "/-/ready").filter(|(status, _)| *status == 200)
        });
        wait_for("a healthy target", || {
            this.query("up").filter(|up| *up > 0.5)
        });
        this
    }

    /// The value of a query with one result; `None` while there is no result.
    fn query(&self, query: &str) -> Option<f64> {
        let mut encoded = String::new();
        for byte in query.bytes() {
            let _ = write!(encoded, "%{byte:02X}");
        }
        let (status, body) = get(self.addr, &format!("/api/v1/query?query={encoded}"));
        assert_eq!(status, 200, "{query}: {body}");
        let answer: Value = serde_json::from_str(&body).expect("JSON");
        let results = answer["data"]["result"].as_array().expect("a vector");
        assert!(results.len() <= 1, "{query}: {body}");
        results.first()?["value"][1].as_str()?.parse().ok()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
