//! Follows an error in one of two instances to a pager, through a real Prometheus and a real
//! Alertmanager.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use monitor_runtime::{Objective, monitored, slo};
use monitor_tests::process::{Service, get, try_get, wait_for};
use monitor_tests::prometheus::{Prometheus, config};
use serde_json::Value;

use super::inventory_of;

/// An hour becomes 36 s, and 5 minutes become 3 s.
const FASTER: u32 = 100;

/// The quickstart's objective, for rules of our own making that are the same.
const ORDERS: Objective = Objective::new("orders")
    .success_rate(99.5)
    .latency(Duration::from_millis(250), 99.0);

#[monitored(name = "Orders::find", objective = ORDERS)]
fn find() {}

/// The alerts that Alertmanager has sent to its webhook, each with the receiver's path.
#[derive(Clone, Default)]
struct Pager(Arc<Mutex<Vec<(String, Value)>>>);

impl Pager {
    /// Listens on a free port.
    fn listen(&self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = listener.local_addr().expect("bound");
        let alerts = Arc::clone(&self.0);
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let mut reader = BufReader::new(stream.try_clone().expect("a socket"));
                let (mut line, mut length) = (String::new(), 0);
                let _ = reader.read_line(&mut line);
                let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
                line.clear();
                while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                    let lower = line.to_ascii_lowercase();
                    if let Some(value) = lower.strip_prefix("content-length:") {
                        length = value.trim().parse().expect("a length");
                    }
                    line.clear();
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).expect("a whole body");
                let _ = stream.write_all(
                    b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
                );
                let message: Value = serde_json::from_slice(&body).expect("JSON");
                let new = message["alerts"].as_array().cloned().unwrap_or_default();
                let new = new.into_iter().map(|alert| (path.clone(), alert));
                alerts.lock().unwrap().extend(new);
            }
        });
        addr
    }

    /// Returns an alert of this name, severity and status, from the `from`th that came.
    fn told(&self, from: usize, name: &str, severity: &str, status: &str) -> Option<Value> {
        let alerts = self.0.lock().unwrap();
        let mut found = alerts.iter().skip(from).filter(|(path, alert)| {
            let labels = &alert["labels"];
            let receiver = if severity == "page" {
                "/pager"
            } else {
                "/tickets"
            };
            labels["alertname"] == name
                && labels["severity"] == severity
                && alert["status"] == status
                && path == receiver
        });
        found.next().map(|(_, alert)| alert.clone())
    }

    fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }
}

/// The configuration that a service starts from.
const CONFIGURATION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/alertmanager.yml");

/// An Alertmanager with the configuration of `deploy/`, whose waits are shorter.
struct Alertmanager {
    child: Child,
    addr: SocketAddr,
    folder: std::path::PathBuf,
}

impl Alertmanager {
    fn telling(pager: SocketAddr) -> Self {
        let addr = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let addr = addr.expect("a free port");
        let folder = std::env::temp_dir().join(format!("monitor-alertmanager-{}", addr.port()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let mut config = std::fs::read_to_string(CONFIGURATION).expect("a configuration");
        for (slow, quick) in [
            ("http://127.0.0.1:9099", &*format!("http://{pager}")),
            ("group_wait: 30s", "group_wait: 0s"),
            ("group_interval: 5m", "group_interval: 1s"),
        ] {
            assert!(config.contains(slow), "{slow}");
            config = config.replace(slow, quick);
        }
        let file = folder.join("alertmanager.yml");
        std::fs::write(&file, config).expect("a configuration");
        let child = Command::new("prometheus-alertmanager")
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address={addr}"))
            .arg("--cluster.listen-address=")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("prometheus-alertmanager, which tests/run installs");
        let this = Self {
            child,
            addr,
            folder,
        };
        wait_for("Alertmanager", || {
            try_get(addr, "/-/ready").filter(|(status, _)| *status == 200)
        });
        this
    }

    /// Returns an alert that fires and is inhibited by another.
    fn inhibited(&self, name: &str, severity: &str) -> Option<Value> {
        let (_, body) = get(self.addr, "/api/v2/alerts?active=false&silenced=false");
        let alerts: Value = serde_json::from_str(&body).expect("JSON");
        let mut alerts = alerts.as_array().expect("a list").iter();
        let found = alerts.find(|alert| {
            let by = alert["status"]["inhibitedBy"].as_array();
            alert["labels"]["alertname"] == name
                && alert["labels"]["severity"] == severity
                && by.is_some_and(|by| !by.is_empty())
        });
        found.cloned()
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Customers: twenty requests a second to each instance that answers, until dropped.
struct Traffic {
    stop: Arc<AtomicBool>,
    /// The number of ten requests that ask for a missing order.
    missing: Arc<AtomicU32>,
}

impl Traffic {
    fn to(instances: &[SocketAddr]) -> Self {
        let this = Self {
            stop: Arc::default(),
            missing: Arc::default(),
        };
        for addr in instances.iter().copied() {
            let (stop, missing) = (Arc::clone(&this.stop), Arc::clone(&this.missing));
            thread::spawn(move || {
                let mut request = 0;
                while !stop.load(Ordering::Relaxed) {
                    request += 1;
                    let missing = request % 10 < missing.load(Ordering::Relaxed);
                    // The service may have ended.
                    let _ = try_get(addr, if missing { "/orders/999" } else { "/orders/7" });
                    thread::sleep(Duration::from_millis(50));
                }
            });
        }
        this
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Waits for an alert, longer than for other things: windows have to fill, and to empty.
fn wait_for_alert(what: &str, ask: impl Fn() -> Option<Value>) -> Value {
    let start = Instant::now();
    loop {
        if let Some(alert) = ask() {
            return alert;
        }
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "waited a minute for {what}"
        );
        thread::sleep(Duration::from_millis(100));
    }
}

/// Asserts that the alert leads to its runbook, and to the incidents of one of the processes, each of
/// which has one.
fn leads_further(annotations: &Value, prometheus: &Prometheus, targets: &[SocketAddr]) {
    assert_eq!(
        annotations["runbook_url"],
        "https://runbooks.example.com/ErrorBudgetBurn"
    );
    let link = wait_for("the link to the incidents", || {
        let alerts = prometheus.ask("/api/v1/alerts");
        let alerts = alerts["alerts"].as_array().expect("a list");
        let mut links = alerts.iter().filter_map(|alert| {
            let is_burning = alert["labels"]["alertname"] == "ErrorBudgetBurn";
            let link = alert["annotations"]["incidents_url"].as_str()?;
            (is_burning && !link.is_empty()).then(|| link.to_owned())
        });
        links.next()
    });
    let of = |target: &&SocketAddr| format!("http://{target}/incidents") == link;
    let (_, listed) = get(*targets.iter().find(of).expect(&link), "/incidents");
    assert!(
        listed.contains("objective `orders` (success rate) burns "),
        "{listed}"
    );
}

#[test]
fn an_error_pages_and_resolves_and_an_instance_that_dies_is_missed() {
    find();
    let first = Service::quickstart(&[]);
    let second = Service::quickstart(&[]);
    let rules =
        slo::rules(&inventory_of(module_path!()).service("quickstart", env!("CARGO_PKG_VERSION")));
    let served = get(first.management, "/rules.yaml").1;
    assert_eq!(served, rules.to_string(), "ours are the quickstart's");

    let pager = Pager::default();
    let alertmanager = Alertmanager::telling(pager.listen());
    let alerting = format!(
        "rule_files: [rules.yaml]\n\
         alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{}']}}]}}]}}\n",
        alertmanager.addr
    );
    let targets = [first.management, second.management];
    let rules = rules
        .runbooks("https://runbooks.example.com")
        .server("http://{instance}")
        .faster(FASTER);
    let files = [("rules.yaml", &*rules.to_string())];
    let prometheus = Prometheus::start("prometheus", &config(&targets, &alerting), &files);
    let traffic = Traffic::to(&[first.addr, second.addr]);
    // Over what takes 5 minutes otherwise: 3 seconds.
    let calls = "monitor_slo:calls:increase5m{slo=\"success_rate\"}";
    wait_for("calls of both", || {
        prometheus.query(calls).filter(|calls| *calls > 60.0)
    });
    // Prometheus scrapes nothing in its first seconds, which are minutes at this pace.
    let absent = |from, status| pager.told(from, "MonitorServiceAbsent", "page", status);
    if absent(0, "firing").is_some() {
        wait_for_alert("the service to be there", || absent(0, "resolved"));
    }
    let calm = pager.count();
    assert!(calm == 0 || calm == 2, "{:?}", pager.0);

    // Half of all calls fail.
    traffic.missing.store(5, Ordering::Relaxed);
    let page = |from, status| pager.told(from, "ErrorBudgetBurn", "page", status);
    let fired = wait_for_alert("the page", || page(calm, "firing"));
    let labels = &fired["labels"];
    assert_eq!(labels["service_name"], "quickstart", "{fired}");
    assert_eq!(
        (&labels["objective_name"], &labels["slo"]),
        (&"orders".into(), &"success_rate".into())
    );
    let annotations = &fired["annotations"];
    let said = annotations["description"].as_str().expect("a description");
    assert!(
        said.contains("% of calls failed in the last 1h") && said.contains("Orders::find"),
        "{said}"
    );
    // The instances that the alert looked up when it fired.
    let instances = targets.map(|target| target.to_string());
    assert!(
        instances.iter().any(|instance| said.contains(instance)),
        "{said}"
    );
    assert!(
        said.contains(concat!("version: ", env!("CARGO_PKG_VERSION"))),
        "{said}"
    );
    assert!(!said.contains("error expanding"), "{said}");
    let summary = annotations["summary"].as_str().expect("a summary");
    assert!(
        summary.starts_with("(page) orders (success rate) of quickstart: error budget burning at "),
        "{summary}"
    );
    leads_further(annotations, &prometheus, &targets);
    // The ticket of the same objective fires as well, and says nothing new.
    let ticket = |status| pager.told(calm, "ErrorBudgetBurn", "ticket", status);
    let silent = wait_for_alert("the page to silence the ticket", || {
        alertmanager.inhibited("ErrorBudgetBurn", "ticket")
    });
    for label in ["service_name", "objective_name", "slo"] {
        assert_eq!(silent["labels"][label], labels[label], "{silent}");
    }
    assert!(ticket("firing").is_none(), "{:?}", pager.0);
    // The process knows it too, of its own calls, and its health says so.
    wait_for("the process to know", || {
        let status = get(first.management, "/objectives").1;
        status.contains("\"alert\":\"page\"").then_some(())
    });
    wait_for("a health check that warns", || {
        let health = get(first.management, "/health").1;
        health.contains("error budget burning").then_some(())
    });
    assert_eq!(get(first.management, "/readyz").0, 200, "it is still ready");

    traffic.missing.store(0, Ordering::Relaxed);
    let resolved = wait_for_alert("the page to resolve", || page(calm, "resolved"));
    assert_eq!(resolved["labels"], fired["labels"]);
    wait_for_alert("the ticket to outlast the page", || ticket("firing"));

    // One instance dies: that is a ticket, and the other carries on.
    let before = pager.count();
    second.signal("KILL");
    let down = || pager.told(before, "MonitorInstanceDown", "ticket", "firing");
    let down = wait_for_alert("the instance to be missed", down);
    assert_eq!(down["labels"]["instance"], second.management.to_string());
    let calls = wait_for("calls of one", || {
        prometheus.query(calls).filter(|calls| *calls < 63.0)
    });
    assert!(calls > 15.0, "{calls}");
    assert!(page(before, "firing").is_none());
    assert!(absent(calm, "firing").is_none());
    traffic.missing.store(5, Ordering::Relaxed);
    wait_for_alert("the page of the other", || page(before, "firing"));
}

#[test]
fn the_configuration_to_start_from_is_one_to_alertmanager() {
    let file = CONFIGURATION;
    let output = Command::new("amtool").args(["check-config", file]).output();
    let output = output.expect("amtool, which tests/run installs with Alertmanager");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let routes = |labels: &[&str]| {
        let command = ["config", "routes", "test", "--config.file", file];
        let output = Command::new("amtool").args(command).args(labels).output();
        let output = output.expect("amtool");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    assert_eq!(routes(&["severity=page"]), "pager");
    assert_eq!(routes(&["severity=page", "env=prod"]), "pager");
    assert_eq!(routes(&["severity=page", "env=staging"]), "tickets");
    assert_eq!(
        routes(&["severity=ticket", "env=prod", "team=payments"]),
        "payments"
    );
}
