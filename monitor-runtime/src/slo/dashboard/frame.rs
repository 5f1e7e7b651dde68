//! The dashboard's variables, annotations and links.

use serde_json::{Value, json};

use super::asks::Asks;
use super::panel::source;
use crate::metrics::{BUILD_INFO, CALLS};

/// Returns variables for the Prometheus, the service, and its groups, versions, instances and functions.
pub(super) fn variables(asks: &Asks<'_>) -> Vec<Value> {
    let build = BUILD_INFO.name;
    let service = &asks.scope.service;
    let mut variables = vec![
        json!({ "name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus" }),
        json!({
            "name": "service", "label": "Service", "type": "query", "datasource": source(),
            "query": { "query": format!("label_values({build}, service_name)"), "refId": "service" },
            "refresh": 2, "sort": 1, "multi": false, "includeAll": false,
            "current": { "text": service, "value": service },
        }),
    ];
    // Each variable narrows those behind it: in every query the instances of a version stand for
    // the version.
    let mut own = "service_name=\"$service\"".to_owned();
    for matcher in &asks.scope.matchers {
        own = format!("{own},{matcher}");
    }
    for label in &asks.scope.by {
        variables.push(variable(
            label,
            label,
            &format!("{build}{{{own}}}"),
            label,
            Some(".*"),
        ));
        own = format!("{own},{label}=~\"${label}\"");
    }
    variables.push(variable(
        "version",
        "Version",
        &format!("{build}{{{own}}}"),
        "version",
        None,
    ));
    own.push_str(",version=~\"$version\"");
    variables.push(variable(
        "instance",
        "Instance",
        &format!("{build}{{{own}}}"),
        "instance",
        None,
    ));
    let calls = format!("{}{{{}}}", CALLS.name, asks.instances());
    variables.push(variable(
        "function",
        "Function",
        &calls,
        "function",
        Some(".*"),
    ));
    let tops = ["5", "10", "20", "50"];
    let options = tops.map(|top| json!({ "text": top, "value": top, "selected": top == "10" }));
    variables.push(json!({
        "name": "top", "label": "Lines at most", "type": "custom", "query": tops.join(","),
        "options": options, "current": { "text": "10", "value": "10" },
    }));
    variables.push(json!({
        "name": "filters", "label": "Filters", "type": "adhoc", "datasource": source(),
    }));
    variables
}

/// Returns a variable of a label's values, with multiple choice. Without `all`, "All" stands for
/// each value, so that it follows the variables before it.
fn variable(name: &str, label: &str, series: &str, values_of: &str, all: Option<&str>) -> Value {
    let mut variable = json!({
        "name": name, "label": label, "type": "query", "datasource": source(),
        "query": { "query": format!("label_values({series}, {values_of})"), "refId": name },
        "refresh": 2, "sort": 1, "multi": true, "includeAll": true,
        "current": { "text": "All", "value": "$__all" },
    });
    if let Some(all) = all {
        variable["allValue"] = json!(all);
    }
    variable
}

/// Returns annotations for deploys and alerts, on every panel.
pub(super) fn annotations(asks: &Asks<'_>) -> Vec<Value> {
    let build = BUILD_INFO.name;
    let own = asks.service();
    // Commits count as well: a version may be built again.
    let builds = format!("count by (version, commit) ({build}{{{own}}}");
    let deploys = format!("{builds}) unless {builds} offset 2m)");
    let alerts = format!("ALERTS{{alertstate=\"firing\",{own}}}");
    vec![
        json!({
            "name": "Deploys", "enable": true, "iconColor": "blue", "datasource": source(),
            "expr": deploys, "step": "60s", "titleFormat": "Deploy of {{version}}", "textFormat": "{{commit}}",
        }),
        json!({
            "name": "Alerts", "enable": true, "iconColor": "red", "datasource": source(),
            "expr": alerts, "step": "60s",
            "titleFormat": "{{alertname}}: {{severity}}", "textFormat": "{{objective_name}} {{slo}} {{instance}}",
        }),
    ]
}

/// Returns a link to the runbooks of alerts.
pub(super) fn links(runbooks: Option<&str>) -> Vec<Value> {
    let runbooks = runbooks.map(|url| {
        json!({
            "type": "link", "title": "Runbooks", "url": url.trim_end_matches('#'), "icon": "doc",
            "tooltip": "What to do for each alert", "targetBlank": true, "asDropdown": false,
            "includeVars": false, "keepTime": false, "tags": [],
        })
    });
    runbooks.into_iter().collect()
}
