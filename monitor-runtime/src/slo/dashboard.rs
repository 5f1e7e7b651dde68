//! A dashboard for Grafana.

use serde_json::{Value, json};

use super::promise::promises;
use crate::inventory::Inventory;
use crate::metrics::{self, BUILD_INFO, CALLS, CONCURRENT, DURATION, slo};

/// A dashboard of this service: its objectives, its functions and its instances; what
/// `GET /grafana.json` answers, to be imported as it is.
///
/// It asks which Prometheus it is for, and shows budgets from what [`rules`](super::rules) record.
/// Without objectives it has no row for them. The same functions give the same text.
///
/// ```
/// let inventory = monitor_runtime::inventory().service("shop", "1.2.0");
/// let dashboard = monitor_runtime::slo::dashboard(&inventory);
/// assert!(dashboard.contains("\"title\": \"shop\""));
/// // std::fs::write("shop.grafana.json", dashboard)
/// ```
pub fn dashboard(inventory: &Inventory) -> String {
    let service = &inventory.service_name;
    let own = format!("service_name=\"{}\"", metrics::escape(service));
    let rows = if promises(inventory).is_empty() {
        vec![functions(&own), process(&own)]
    } else {
        vec![objectives(&own), functions(&own), process(&own)]
    };
    let dashboard = json!({
        "uid": uid(service),
        "title": service,
        "tags": ["monitor"],
        "schemaVersion": 41,
        "editable": true,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": { "from": "now-6h", "to": "now" },
        "templating": { "list": variables(&own) },
        "panels": placed(rows),
    });
    // Its `Display` is JSON, and `#` makes it a readable one.
    format!("{dashboard:#}\n")
}

/// The dashboard's id, of at most 40 characters out of letters, digits, `-` and `_`.
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
    // FNV-1a: the same in every build.
    let hash = service
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
    format!("monitor-{kept}-{hash:016x}")
}

/// Which Prometheus, and which functions.
fn variables(own: &str) -> Value {
    let query = format!("label_values({}{{{own}}}, function)", CALLS.name);
    json!([
        { "name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus" },
        {
            "name": "function",
            "label": "Function",
            "type": "query",
            "datasource": source(),
            "query": { "query": query, "refId": "function" },
            "refresh": 2,
            "sort": 1,
            "multi": true,
            "includeAll": true,
            "allValue": ".*",
            "current": { "text": "All", "value": "$__all" },
        },
    ])
}

fn source() -> Value {
    json!({ "type": "prometheus", "uid": "${datasource}" })
}

/// A title and its panels.
struct Row {
    title: &'static str,
    panels: Vec<Panel>,
}

/// What is shown, before it has a place.
struct Panel {
    kind: &'static str,
    title: &'static str,
    description: &'static str,
    unit: &'static str,
    query: String,
    /// How each of its series is called.
    legend: &'static str,
    /// From which value on it is red.
    red: Option<f64>,
}

fn panel(title: &'static str, unit: &'static str, query: String, legend: &'static str) -> Panel {
    Panel {
        kind: "timeseries",
        title,
        description: "",
        unit,
        query,
        legend,
        red: None,
    }
}

fn objectives(own: &str) -> Row {
    const WHICH: &str = "{{objective_name}} {{slo}}";
    let (budget, left) = (slo::BUDGET, slo::BUDGET_LEFT);
    let burn = |window| format!("{}{{{own}}} / {budget}{{{own}}}", slo::ratio(window));
    Row {
        title: "Objectives",
        panels: vec![
            Panel {
                kind: "stat",
                description: "Share of the error budget of 30 days that is left.",
                ..panel(
                    "Budget left",
                    "percentunit",
                    format!("{left}{{{own}}}"),
                    WHICH,
                )
            },
            Panel {
                description: "1 spends the budget in just 30 days; 14.4 for an hour is a page.",
                red: Some(14.4),
                ..panel("Burn rate, 1 h", "none", burn("1h"), WHICH)
            },
            Panel {
                description: "1 spends the budget in just 30 days; above it for 3 days is a ticket.",
                red: Some(1.0),
                ..panel("Burn rate, 3 d", "none", burn("3d"), WHICH)
            },
        ],
    }
}

fn functions(own: &str) -> Row {
    const EACH: &str = "{{function}}";
    let own = format!("{own},function=~\"$function\"");
    let (calls, duration, concurrent) = (CALLS.name, DURATION.name, CONCURRENT.name);
    let rate = |name: &str, more: &str| format!("rate({name}{{{own}{more}}}[$__rate_interval])");
    let by = |label: &str, what: String| format!("sum by ({label}) ({what})");
    let quantile = |quantile: &str| {
        let buckets = by("function, le", rate(&format!("{duration}_bucket"), ""));
        format!("histogram_quantile({quantile}, {buckets})")
    };
    let all = by("function", rate(calls, ""));
    let failed = by("function", rate(calls, ",result=\"error\""));
    let classes = by("function, error", rate(calls, ",error!=\"\""));
    Row {
        title: "Functions",
        panels: vec![
            panel("Calls", "reqps", all.clone(), EACH),
            Panel {
                description: "Share of calls that ended with an error or a panic.",
                ..panel("Errors", "percentunit", format!("{failed} / {all}"), EACH)
            },
            panel("Latency, median", "s", quantile("0.5"), EACH),
            panel("Latency, 99 %", "s", quantile("0.99"), EACH),
            panel(
                "In flight",
                "none",
                by("function", format!("{concurrent}{{{own}}}")),
                EACH,
            ),
            panel(
                "Errors by class",
                "reqps",
                classes,
                "{{function}} {{error}}",
            ),
        ],
    }
}

fn process(own: &str) -> Row {
    let build = BUILD_INFO.name;
    Row {
        title: "Service",
        panels: vec![
            panel(
                "Instances by version",
                "none",
                format!("count by (version) ({build}{{{own}}})"),
                "{{version}}",
            ),
            Panel {
                description: "1 where an instance can be scraped.",
                ..panel(
                    "Up",
                    "none",
                    format!("up and on (job, instance) last_over_time({build}{{{own}}}[1h])"),
                    "{{instance}}",
                )
            },
        ],
    }
}

/// Rows from top to bottom, with three panels beside each other.
fn placed(rows: Vec<Row>) -> Vec<Value> {
    const WIDTH: usize = 8;
    const HEIGHT: usize = 8;
    let (mut panels, mut y) = (Vec::new(), 0);
    for Row {
        title,
        panels: inside,
    } in rows
    {
        let id = panels.len() + 1;
        let place = json!({ "h": 1, "w": 3 * WIDTH, "x": 0, "y": y });
        panels.push(json!({
            "id": id, "type": "row", "title": title, "collapsed": false, "gridPos": place, "panels": [],
        }));
        y += 1;
        let lines = inside.len().div_ceil(3);
        for (index, panel) in inside.into_iter().enumerate() {
            let (x, line) = (index % 3 * WIDTH, index / 3 * HEIGHT);
            let place = json!({ "h": HEIGHT, "w": WIDTH, "x": x, "y": y + line });
            panels.push(panel.json(panels.len() + 1, &place));
        }
        y += lines * HEIGHT;
    }
    panels
}

impl Panel {
    fn json(self, id: usize, place: &Value) -> Value {
        let target = json!({
            "refId": "A",
            "datasource": source(),
            "expr": self.query,
            "legendFormat": self.legend,
        });
        let mut steps = vec![json!({ "color": "green", "value": null })];
        steps.extend(
            self.red
                .map(|from| json!({ "color": "red", "value": from })),
        );
        json!({
            "id": id,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "datasource": source(),
            "gridPos": place,
            "targets": [target],
            "fieldConfig": {
                "defaults": {
                    "unit": self.unit,
                    "thresholds": { "mode": "absolute", "steps": steps },
                },
                "overrides": [],
            },
        })
    }
}
