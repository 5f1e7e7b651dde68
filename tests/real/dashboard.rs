//! What Grafana, and the Prometheus it asks, make of the dashboard; and the JSON that has a schema.

use std::process::Command;

use monitor_runtime::{INVENTORY_SCHEMA, inventory, slo};
use monitor_tests::process::{Service, get, try_get, wait_for};
use monitor_tests::prometheus::{Prometheus, config, programs};
use monitor_tests::target;
use serde_json::Value;

/// Whether a document is what a schema says, and what is said of it.
fn check(schema: &str, document: &str) -> (bool, String) {
    static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let folder =
        std::env::temp_dir().join(format!("monitor-schema-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let (schema_file, file) = (folder.join("schema.json"), folder.join("document.json"));
    std::fs::write(&schema_file, schema).expect("a schema");
    std::fs::write(&file, document).expect("a document");
    let output = Command::new(target().join("python/bin/check-jsonschema"))
        .arg("--schemafile")
        .args([&schema_file, &file])
        .output()
        .expect("check-jsonschema, which tests/run installs");
    let _ = std::fs::remove_dir_all(&folder);
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.success(), said.into_owned())
}

fn grafana() -> String {
    let schema = target().join("grafana/dashboard.schema.json");
    std::fs::read_to_string(schema).expect("what tests/run makes from @grafana/schema")
}

#[test]
fn the_dashboard_is_one_to_grafana() {
    let service = Service::quickstart(&[]);
    let (_, served) = get(service.management, "/grafana.json");
    let odd = inventory().service("a \"b\" ${c} \\ ü\n", "1");
    for dashboard in [served, slo::dashboard(&odd)] {
        let (passes, said) = check(&grafana(), &dashboard);
        assert!(passes, "{said}\n{dashboard}");
        let wrong = dashboard.replacen("\"gridPos\": {", "\"gridPos\": { \"z\": 1,", 1);
        assert!(!check(&grafana(), &wrong).0, "the schema is strict");
    }
}

#[test]
fn the_inventory_is_what_its_schema_says() {
    let service = Service::quickstart(&[]);
    let (_, served) = get(service.management, "/inventory");
    for document in [&served, &inventory().to_json()] {
        let (passes, said) = check(INVENTORY_SCHEMA, document);
        assert!(passes, "{said}\n{document}");
    }
    let wrong = served.replacen("\"level\":\"info\"", "\"level\":\"loud\"", 1);
    assert!(!check(INVENTORY_SCHEMA, &wrong).0, "the schema is strict");
}

/// Every query of the dashboard, with Grafana's variables as Grafana would fill them in.
fn queries(dashboard: &Value) -> Vec<String> {
    let panels = dashboard["panels"].as_array().expect("panels");
    let targets = panels
        .iter()
        .filter_map(|panel| panel["targets"].as_array());
    let queries = targets
        .flatten()
        .map(|target| target["expr"].as_str().expect("a query"));
    let fill = |query: &str| {
        query
            .replace("$function", ".*")
            .replace("$__rate_interval", "5s")
    };
    queries.map(fill).collect()
}

#[test]
fn every_query_of_the_dashboard_has_data() {
    let service = Service::quickstart(&[]);
    let rules = get(service.management, "/rules.yaml").1;
    let (_, dashboard) = get(service.management, "/grafana.json");
    let dashboard: Value = serde_json::from_str(&dashboard).expect("JSON");
    let queries = queries(&dashboard);
    assert!(queries.len() >= 10, "{queries:?}");
    for program in programs() {
        let config = config(&[service.management], "rule_files: [rules.yaml]\n");
        let prometheus = Prometheus::start(program, &config, &[("rules.yaml", &rules)]);
        for query in &queries {
            wait_for(query, || {
                for path in ["/orders/7", "/orders/999", "/panic", "/hello/you"] {
                    try_get(service.addr, path)?;
                }
                let results = prometheus.results(query);
                let real = |result: &Value| result["value"][1] != "NaN";
                results.iter().any(real).then_some(())
            });
        }
        let variable = &dashboard["templating"]["list"][1]["query"]["query"];
        let variable = variable.as_str().expect("a query");
        let series = variable
            .trim_start_matches("label_values(")
            .trim_end_matches(", function)");
        assert!(!prometheus.results(series).is_empty(), "{variable}");
    }
}
