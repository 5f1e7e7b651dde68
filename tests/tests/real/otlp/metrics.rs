//! Metrics of a process in a store that takes OTLP, beside the page of the same process.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use monitor_tests::process::{Service, get, try_get, wait_for};
use monitor_tests::{Labels, Page, target};
use serde_json::Value;

use super::{EXPORTING, settings};

/// A store with Prometheus' names for what it is sent.
struct Store {
    child: Child,
    addr: SocketAddr,
    folder: PathBuf,
}

impl Store {
    fn start() -> Self {
        let addr = TcpListener::bind("127.0.0.1:0")
            .and_then(|socket| socket.local_addr())
            .expect("a free port");
        let folder = std::env::temp_dir().join(format!("monitor-victoria-{}", addr.port()));
        let child = Command::new(target().join("victoria-metrics/usr/bin/victoria-metrics"))
            .arg(format!("-httpListenAddr={addr}"))
            .arg(format!("-storageDataPath={}", folder.display()))
            .arg("-opentelemetry.usePrometheusNaming")
            // The labels of the page, and no others.
            .arg("-opentelemetry.promoteAllResourceAttributes=false")
            .arg("-opentelemetry.promoteScopeMetadata=false")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("VictoriaMetrics, which tests/run installs");
        let this = Self {
            child,
            addr,
            folder,
        };
        wait_for("VictoriaMetrics", || {
            try_get(addr, "/health").filter(|(status, _)| *status == 200)
        });
        this
    }

    /// Returns the last value of each series.
    fn series(&self) -> Series {
        assert_eq!(get(self.addr, "/internal/force_flush").0, 200);
        let path = "/api/v1/export?match[]=%7B__name__!=%22%22%7D";
        let (status, lines) = get(self.addr, path);
        assert_eq!(status, 200, "{lines}");
        let mut found = Series::new();
        for line in lines.lines().filter(|line| line.starts_with('{')) {
            let line: Value = serde_json::from_str(line).expect("JSON");
            let labels = line["metric"].as_object().expect("labels");
            let labels = labels.iter().map(|(name, value)| {
                let value = value.as_str().expect("a text").to_owned();
                (name.clone(), value)
            });
            let values = line["values"].as_array().expect("values");
            let value = values.last().and_then(Value::as_f64).expect("a number");
            found.insert(spelled(labels.collect()), value);
        }
        found
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Values by labels, of which `__name__` is one.
type Series = BTreeMap<Labels, f64>;

/// Returns labels as both sides spell them: a label without a value is none, and bounds are numbers.
fn spelled(labels: Labels) -> Labels {
    let spell = |(name, value): (String, String)| match (name.as_str(), value.parse::<f64>()) {
        ("le" | "quantile", Ok(number)) => (name, number.to_string()),
        _ => (name, value),
    };
    let labels = labels.into_iter().filter(|(_, value)| !value.is_empty());
    labels.map(spell).collect()
}

fn scraped(service: &Service) -> Series {
    let page = Page::parse(&get(service.management, "/metrics").1);
    let series = page.samples.into_iter().map(|sample| {
        let mut labels = sample.labels;
        labels.insert("__name__".to_owned(), sample.name);
        (spelled(labels), sample.value)
    });
    series.collect()
}

/// Families that move while nothing happens: time, and what the exporter and the scrape do themselves.
const MOVING: [&str; 6] = [
    "monitor_otlp_items_total",
    "process_cpu_seconds_total",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_virtual_memory_bytes",
    "tokio_",
];

fn is_moving(labels: &Labels) -> bool {
    let name = &labels["__name__"];
    MOVING.iter().any(|moving| name.starts_with(moving))
}

#[test]
fn a_store_has_the_series_of_the_page() {
    let store = Store::start();
    let endpoint = format!("http://{}/opentelemetry", store.addr);
    let own = [
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "200"),
    ];
    let service = Service::serving(EXPORTING.as_ref(), &settings(&endpoint, &own));
    for (path, status) in [
        ("/orders/7", 200),
        ("/orders/700", 500),
        ("/panic", 500),
        ("/measured", 200),
    ] {
        assert_eq!(get(service.addr, path).0, status);
    }
    // Once the last export was made in the same quiet as the scrape, they are equal.
    let start = Instant::now();
    let (compared, different) = loop {
        let (page, stored) = (scraped(&service), store.series());
        let different = differences(&page, &stored);
        if different.is_empty() || start.elapsed() > Duration::from_secs(10) {
            break (page.len(), different);
        }
        thread::sleep(Duration::from_millis(100));
    };
    assert!(different.is_empty(), "of {compared}: {different:#?}");
    assert!(compared > 2800, "{compared} series");
}

/// Returns the series that one side alone has, and those whose values are different.
fn differences(page: &Series, stored: &Series) -> Vec<String> {
    let names = page.keys().chain(stored.keys()).collect::<BTreeSet<_>>();
    let different = names.into_iter().filter_map(|labels| {
        let (here, there) = (page.get(labels), stored.get(labels));
        let is_same = match (here, there) {
            (Some(here), Some(there)) => {
                is_moving(labels) || (here - there).abs() <= here.abs() * 1e-12
            }
            _ => false,
        };
        (!is_same).then(|| format!("{labels:?}: {here:?} on the page, {there:?} in the store"))
    });
    different.collect()
}
