//! A panel as data, and the JSON that Grafana reads.

use serde_json::{Value, json};

/// A title and its panels.
pub(super) struct Row {
    pub(super) title: &'static str,
    pub(super) panels: Vec<Panel>,
}

/// A way to draw series.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Lines,
    /// The latest value, large and in the colour of its threshold.
    Latest,
    /// A bar over time, in the colour of its value.
    States,
    Heatmap,
}

/// A panel, before it has a position.
pub(super) struct Panel {
    kind: Kind,
    title: &'static str,
    description: &'static str,
    unit: &'static str,
    targets: Vec<Target>,
    /// The smallest value of each colour, ascending; `None` for the first.
    steps: Vec<(&'static str, Option<f64>)>,
    /// `true` if lines are stacked.
    stacked: bool,
    /// The smallest value of the axis; `None` to allow values below 0.
    min: Option<f64>,
    max: Option<f64>,
    /// The title and URL of a link on each series.
    link: Option<(&'static str, &'static str)>,
}

struct Target {
    query: String,
    /// The template of each series' name.
    legend: String,
    /// `true` for a threshold of an objective, drawn as a dashed red line.
    is_threshold: bool,
}

fn panel(kind: Kind, title: &'static str, unit: &'static str, description: &'static str) -> Panel {
    Panel {
        kind,
        title,
        description,
        unit,
        targets: Vec::new(),
        steps: Vec::new(),
        stacked: false,
        min: Some(0.0),
        max: None,
        link: None,
    }
}

/// Draws lines over time.
pub(super) fn lines(title: &'static str, unit: &'static str, description: &'static str) -> Panel {
    panel(Kind::Lines, title, unit, description)
}

/// Shows latest values, in colours.
pub(super) fn latest(title: &'static str, unit: &'static str, description: &'static str) -> Panel {
    panel(Kind::Latest, title, unit, description)
}

/// Draws bars over time: green while 1, red while 0.
pub(super) fn states(title: &'static str, description: &'static str) -> Panel {
    panel(Kind::States, title, "none", description).steps(&[("red", None), ("green", Some(1.0))])
}

/// Draws the distribution of values over time.
pub(super) fn heatmap(title: &'static str, description: &'static str) -> Panel {
    panel(Kind::Heatmap, title, "s", description)
}

impl Panel {
    /// Adds a query, and the name of its series.
    pub(super) fn query(mut self, query: String, legend: impl Into<String>) -> Self {
        self.targets.push(Target {
            query,
            legend: legend.into(),
            is_threshold: false,
        });
        self
    }

    /// Adds thresholds of objectives.
    pub(super) fn thresholds(mut self, query: String, legend: impl Into<String>) -> Self {
        self = self.query(query, legend);
        self.targets
            .iter_mut()
            .rev()
            .take(1)
            .for_each(|target| target.is_threshold = true);
        self
    }

    pub(super) fn steps(mut self, steps: &[(&'static str, Option<f64>)]) -> Self {
        self.steps = steps.to_vec();
        self
    }

    /// Draws a red line at this value.
    pub(super) fn red_from(self, value: f64) -> Self {
        self.steps(&[("transparent", None), ("red", Some(value))])
    }

    pub(super) fn stacked(mut self) -> Self {
        self.stacked = true;
        self
    }

    /// Allows values below 0.
    pub(super) fn signed(mut self) -> Self {
        self.min = None;
        self
    }

    pub(super) fn max(mut self, max: f64) -> Self {
        self.max = Some(max);
        self
    }

    pub(super) fn link(mut self, title: &'static str, url: &'static str) -> Self {
        self.link = Some((title, url));
        self
    }

    pub(super) fn json(self, id: usize, place: &Value) -> Value {
        let kind = match self.kind {
            Kind::Lines => "timeseries",
            Kind::Latest => "stat",
            Kind::States => "state-timeline",
            Kind::Heatmap => "heatmap",
        };
        let targets = self.targets.iter().enumerate();
        let targets: Vec<Value> = targets
            .map(|(index, target)| self.target(index, target))
            .collect();
        json!({
            "id": id,
            "type": kind,
            "title": self.title,
            "description": self.description,
            "datasource": source(),
            "gridPos": place,
            "targets": targets,
            "options": self.options(),
            "fieldConfig": { "defaults": self.defaults(), "overrides": self.overrides() },
        })
    }

    fn target(&self, index: usize, target: &Target) -> Value {
        let format = if self.kind == Kind::Heatmap {
            "heatmap"
        } else {
            "time_series"
        };
        json!({
            "refId": ref_id(index),
            "datasource": source(),
            "expr": target.query,
            "legendFormat": target.legend,
            "format": format,
            "range": true,
            "instant": false,
            "exemplar": !target.is_threshold && self.shows_exemplars(),
        })
    }

    /// Returns `true` for lines from a histogram of seconds, which has exemplars.
    fn shows_exemplars(&self) -> bool {
        self.kind == Kind::Lines
            && self.unit == "s"
            && self.targets.iter().any(|one| one.query.contains("_bucket"))
    }

    fn options(&self) -> Value {
        match self.kind {
            Kind::Lines => json!({
                "legend": {
                    "displayMode": "table", "placement": "bottom", "showLegend": true,
                    "calcs": ["lastNotNull", "max"], "sortBy": "Last *", "sortDesc": true,
                },
                "tooltip": { "mode": "multi", "sort": "desc" },
            }),
            Kind::Latest => json!({
                "colorMode": "background", "graphMode": "area", "justifyMode": "auto",
                "orientation": "auto", "textMode": "value_and_name",
                "reduceOptions": { "calcs": ["lastNotNull"], "fields": "", "values": false },
            }),
            Kind::States => json!({
                "legend": { "displayMode": "list", "placement": "bottom", "showLegend": true },
                "mergeValues": true, "rowHeight": 0.8, "showValue": "never",
                "tooltip": { "mode": "single", "sort": "none" },
            }),
            Kind::Heatmap => json!({
                "calculate": false, "cellGap": 1,
                "color": { "mode": "scheme", "scheme": "Oranges", "exponent": 0.5, "steps": 64, "reverse": false },
                "exemplars": { "color": "rgba(255,0,255,0.7)" },
                "filterValues": { "le": 1e-9 },
                "legend": { "show": true },
                "tooltip": { "mode": "single", "yHistogram": true },
                "yAxis": { "axisPlacement": "left", "unit": self.unit },
            }),
        }
    }

    fn defaults(&self) -> Value {
        let steps: Vec<Value> = if self.steps.is_empty() {
            vec![json!({ "color": "green", "value": null })]
        } else {
            let steps = self.steps.iter();
            steps
                .map(|(color, value)| json!({ "color": color, "value": value }))
                .collect()
        };
        let by_threshold = matches!(self.kind, Kind::Latest | Kind::States);
        let mut defaults = json!({
            "unit": self.unit,
            "color": { "mode": if by_threshold { "thresholds" } else { "palette-classic" } },
            "thresholds": { "mode": "absolute", "steps": steps },
        });
        for (key, value) in [("min", self.min), ("max", self.max)] {
            if let Some(value) = value {
                defaults[key] = json!(value);
            }
        }
        if let Some((title, url)) = self.link {
            defaults["links"] = json!([{ "title": title, "url": url, "targetBlank": true }]);
        }
        if self.kind == Kind::Lines {
            defaults["custom"] = json!({
                "drawStyle": "line", "lineWidth": 1, "fillOpacity": if self.stacked { 30 } else { 5 },
                "showPoints": "auto", "spanNulls": false,
                "stacking": { "mode": if self.stacked { "normal" } else { "none" }, "group": "A" },
                "thresholdsStyle": { "mode": if self.steps.is_empty() { "off" } else { "dashed" } },
            });
        }
        defaults
    }

    /// Draws thresholds of objectives as red, dashed lines.
    fn overrides(&self) -> Vec<Value> {
        let targets = self.targets.iter().enumerate();
        let thresholds = targets.filter(|(_, target)| target.is_threshold);
        let overrides = thresholds.map(|(index, _)| {
            json!({
                "matcher": { "id": "byFrameRefID", "options": ref_id(index) },
                "properties": [
                    { "id": "color", "value": { "mode": "fixed", "fixedColor": "red" } },
                    { "id": "custom.lineStyle", "value": { "fill": "dash", "dash": [10, 10] } },
                    { "id": "custom.fillOpacity", "value": 0 },
                ],
            })
        });
        overrides.collect()
    }
}

fn ref_id(index: usize) -> String {
    let letter = u8::try_from(index).map_or(b'Z', |index| b'A'.saturating_add(index).min(b'Z'));
    char::from(letter).to_string()
}

/// Returns the selected Prometheus.
pub(super) fn source() -> Value {
    json!({ "type": "prometheus", "uid": "${datasource}" })
}
