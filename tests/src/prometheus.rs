//! A real Prometheus.

use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::process::{get, try_get, wait_for};
use crate::target;

/// Scrapes these each second, as the job `quickstart`; `more` is put behind it.
pub fn config(targets: &[SocketAddr], more: &str) -> String {
    let targets: Vec<String> = targets.iter().map(|target| format!("'{target}'")).collect();
    let targets = targets.join(", ");
    format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\n\
         scrape_configs: [{{job_name: quickstart, static_configs: [{{targets: [{targets}]}}]}}]\n{more}"
    )
}

/// Returns the installed Prometheus, and the newest one.
pub fn programs() -> [PathBuf; 2] {
    let newest = target().join("prometheus-newest/usr/bin/prometheus");
    ["prometheus".into(), newest]
}

/// A Prometheus of our own, on a free port, in a folder of its own.
pub struct Prometheus {
    child: Child,
    addr: SocketAddr,
    folder: PathBuf,
}

impl Prometheus {
    /// Starts one that scrapes this address each second, as the job `quickstart`.
    pub fn scraping(target: SocketAddr, program: &Path) -> Self {
        Self::scraping_with(target, program, "exemplar-storage", "")
    }

    /// Starts one that does so with these features, separated by commas, and these settings of the
    /// job.
    pub fn scraping_with(target: SocketAddr, program: &Path, features: &str, job: &str) -> Self {
        let job = format!("job_name: quickstart, {job}");
        let config = config(&[target], "").replace("job_name: quickstart, ", &job);
        let this = Self::with_features(program, &config, &[], features);
        wait_for("a healthy target", || {
            this.query("up").filter(|up| *up > 0.5)
        });
        this
    }

    /// Starts one with this configuration, in a folder with these files.
    pub fn start(program: impl AsRef<Path>, config: &str, files: &[(&str, &str)]) -> Self {
        Self::with_features(program, config, files, "exemplar-storage")
    }

    /// Starts one with these features, separated by commas.
    pub fn with_features(
        program: impl AsRef<Path>,
        config: &str,
        files: &[(&str, &str)],
        features: &str,
    ) -> Self {
        let addr = TcpListener::bind("127.0.0.1:0")
            .and_then(|socket| socket.local_addr())
            .unwrap();
        let folder = std::env::temp_dir().join(format!("monitor-prometheus-{}", addr.port()));
        std::fs::create_dir_all(&folder).expect("a folder");
        for (name, text) in files {
            std::fs::write(folder.join(name), text).expect("a file");
        }
        let file = folder.join("prometheus.yml");
        std::fs::write(&file, config).expect("a configuration");
        let child = Command::new(program.as_ref())
            .arg(format!("--config.file={}", file.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.join("data").display()
            ))
            .arg(format!("--web.listen-address={addr}"))
            .arg(format!("--enable-feature={features}"))
            .arg("--rules.alert.resend-delay=1s")
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
        this
    }

    /// Returns the value of a query with one result; `None` without a result.
    pub fn query(&self, query: &str) -> Option<f64> {
        let results = self.results(query);
        assert!(results.len() <= 1, "{query}: {results:?}");
        results.first()?["value"][1].as_str()?.parse().ok()
    }

    /// Returns all results of a query, as its API prints them.
    pub fn results(&self, query: &str) -> Vec<Value> {
        let mut encoded = String::new();
        for byte in query.bytes() {
            let _ = write!(encoded, "%{byte:02X}");
        }
        let answer = self.ask(&format!("/api/v1/query?query={encoded}"));
        answer["result"].as_array().expect("a vector").clone()
    }

    /// Returns the data of its API at a path.
    pub fn ask(&self, path: &str) -> Value {
        let (status, body) = get(self.addr, path);
        assert_eq!(status, 200, "{path}: {body}");
        let mut answer: Value = serde_json::from_str(&body).expect("JSON");
        answer["data"].take()
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
