//! A Grafana dashboard as JSON.
//!
//! Panels are data: each file below has the panels of some rows. [`panel`] makes JSON of one,
//! [`asks`] has the selectors and queries that they share, [`frame`] the variables, annotations and
//! links around them.

mod asks;
mod edge;
mod frame;
mod functions;
mod objectives;
mod panel;
mod polls;
mod process;
mod service;

use std::fmt;

use serde_json::{Value, json};

use self::asks::Asks;
use self::panel::Row;
use super::links;
use super::promise::promises;
use super::scope::{ParameterError, Scope};
use crate::inventory::Inventory;

/// Returns a dashboard of this service, its objectives, functions and instances. `GET
/// /grafana.json` serves the same, ready to import.
///
/// On import Grafana asks for the Prometheus to use. Budgets come from the series that
/// [`rules`](super::rules) record. Latencies are read from classic histograms and from native ones,
/// as a Prometheus with `convert_classic_histograms_to_nhcb` has them. Without objectives it has no
/// row for them. The same functions give the same text.
///
/// ```
/// use monitor_runtime::{inventory, slo};
///
/// # fn main() -> Result<(), slo::ParameterError> {
/// let inventory = inventory::collect().service("shop", "1.2.0");
/// let dashboard = slo::dashboard(&inventory).by("env")?.to_string();
/// assert!(dashboard.contains("\"title\": \"shop\""));
/// // std::fs::write("shop.grafana.json", dashboard)
/// # Ok(())
/// # }
/// ```
pub fn dashboard(inventory: &Inventory) -> Dashboard {
    Dashboard {
        scope: Scope::new(&inventory.service_name),
        has_objectives: !promises(inventory).is_empty(),
        runbooks: links().runbooks,
    }
}

/// A Grafana dashboard, as JSON by its `Display`; see [`dashboard`].
#[derive(Clone, Debug)]
#[must_use = "the dashboard is its text"]
pub struct Dashboard {
    scope: Scope,
    has_objectives: bool,
    runbooks: Option<String>,
}

impl Dashboard {
    /// Adds a variable for each of these labels, such as `env`, to look at one group of instances
    /// at a time. Several labels have commas between them. Rules are to have the same ones:
    /// [`Rules::by`](super::Rules::by).
    ///
    /// # Errors
    ///
    /// For a text that is not a valid name of a label, and for a label that the runtime or the
    /// rules set.
    pub fn by(mut self, labels: &str) -> Result<Self, ParameterError> {
        self.scope.by(labels)?;
        Ok(self)
    }

    /// Narrows every query to series with these labels, in PromQL: `env="prod",region=~"eu-.*"`.
    /// Each label has a variable, as with [`by`](Self::by).
    ///
    /// # Errors
    ///
    /// For text that is not valid PromQL, and for a label that the runtime or the rules set.
    pub fn selector(mut self, matchers: &str) -> Result<Self, ParameterError> {
        self.scope.select(matchers)?;
        Ok(self)
    }
}

impl fmt::Display for Dashboard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let asks = Asks::new(&self.scope);
        let objectives = self.has_objectives.then(|| objectives::row(&asks));
        let others = [
            functions::row(&asks),
            functions::latency(&asks),
            polls::row(&asks),
            edge::row(&asks),
            service::row(&asks),
            process::row(&asks),
            process::runtime(&asks),
            service::checks(&asks),
            service::logs(&asks),
        ];
        let rows = objectives.into_iter().chain(others);
        let dashboard = json!({
            "uid": uid(&self.scope.service),
            "title": self.scope.service,
            "description": "Made by monitor from the functions and objectives of the service; /grafana.json has the current one.",
            "tags": ["monitor"],
            "schemaVersion": 41,
            "editable": true,
            "graphTooltip": 1,
            "refresh": "30s",
            "time": { "from": "now-6h", "to": "now" },
            "templating": { "list": frame::variables(&asks) },
            "annotations": { "list": frame::annotations(&asks) },
            "links": frame::links(self.runbooks.as_deref()),
            "panels": placed(rows),
        });
        // Its `Display` is JSON, which `#` makes readable.
        writeln!(f, "{dashboard:#}")
    }
}

/// Returns the dashboard's id: at most 40 letters, digits, `-` and `_`.
pub(super) fn uid(service: &str) -> String {
    let fits =
        |character: char| character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
    if service.len() <= 32 && service.chars().all(fits) {
        return format!("monitor-{service}");
    }
    let kept: String = service
        .chars()
        .filter(|character| fits(*character))
        .take(15)
        .collect();
    // FNV-1a, which is the same in every build.
    let hash = service
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("monitor-{kept}-{hash:016x}")
}

/// Places rows from top to bottom, with three panels beside each other.
fn placed(rows: impl Iterator<Item = Row>) -> Vec<Value> {
    const WIDTH: usize = 8;
    const HEIGHT: usize = 8;
    let (mut panels, mut y) = (Vec::new(), 0);
    for row in rows {
        let id = panels.len() + 1;
        let place = json!({ "h": 1, "w": 3 * WIDTH, "x": 0, "y": y });
        panels.push(json!({
            "id": id, "type": "row", "title": row.title, "collapsed": false, "gridPos": place, "panels": [],
        }));
        y += 1;
        let lines = row.panels.len().div_ceil(3);
        for (index, panel) in row.panels.into_iter().enumerate() {
            let (x, line) = (index % 3 * WIDTH, index / 3 * HEIGHT);
            let place = json!({ "h": HEIGHT, "w": WIDTH, "x": x, "y": y + line });
            panels.push(panel.json(panels.len() + 1, &place));
        }
        y += lines * HEIGHT;
    }
    panels
}
