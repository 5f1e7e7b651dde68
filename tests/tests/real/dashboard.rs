//! Checks the dashboard with a real Grafana and the Prometheus behind it, and JSON documents
//! against their schemas.

use std::process::Command;

use monitor_runtime::{inventory, slo};
use monitor_tests::process::{Service, get, try_get, wait_for};
use monitor_tests::prometheus::{Prometheus, config, programs};
use monitor_tests::target;
use serde_json::Value;

/// Validates a document against a schema. Returns the verdict and the validator's output.
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

/// The schema of a dashboard. Of an annotation's query it has only what every data source shares, so what the
/// one for Prometheus adds comes on top.
fn grafana() -> String {
    let schema = target().join("grafana/dashboard.schema.json");
    let schema =
        std::fs::read_to_string(schema).expect("what tests/run makes from @grafana/schema");
    let mut schema: Value = serde_json::from_str(&schema).expect("JSON");
    for field in ["expr", "step", "titleFormat", "textFormat"] {
        schema["definitions"]["AnnotationQuery"]["properties"][field] =
            serde_json::json!({ "type": "string" });
    }
    schema.to_string()
}

#[test]
fn the_dashboard_is_one_to_grafana() {
    let service = Service::quickstart(&[]);
    let (_, served) = get(service.management, "/grafana.json");
    let odd = inventory::collect().service("a \"b\" ${c} \\ ü\n", "1");
    let apart = slo::dashboard(&odd)
        .by("env,region")
        .and_then(|dashboard| dashboard.selector("zone=~\"a|b\""));
    for dashboard in [
        served,
        slo::dashboard(&odd).to_string(),
        apart.expect("labels").to_string(),
    ] {
        let (passes, said) = check(&grafana(), &dashboard);
        assert!(passes, "{said}\n{dashboard}");
        let wrong = dashboard.replacen("\"gridPos\": {", "\"gridPos\": { \"z\": 1,", 1);
        assert!(!check(&grafana(), &wrong).0, "the schema is strict");
    }
}

#[test]
fn requests_are_what_their_schema_says() {
    let service = Service::quickstart(&[]);
    let look = |path: &str| {
        let (status, body) = get(service.management, path);
        assert_eq!(status, 200, "{path}: {body}");
        body
    };
    service.hang_up_on_slow(1);
    for path in ["/orders/7", "/orders/999", "/panic", "/hello/you"] {
        get(service.addr, path);
    }
    // One that is in flight while the lists are read.
    let slow = service.addr;
    let slow = std::thread::spawn(move || get(slow, "/slow"));
    let calls = wait_for("a request in flight", || {
        Some(look("/calls")).filter(|calls| calls.contains("GET /slow"))
    });
    let kept = look("/requests");
    let mut documents = vec![calls, kept.clone()];
    let kept: Value = serde_json::from_str(&kept).expect("JSON");
    let kept = kept["requests"].as_array().expect("a list");
    for request in kept {
        let trace = request["trace_id"].as_str().expect("an id");
        documents.push(look(&format!("/requests/{trace}")));
    }
    assert!(kept.len() >= 5, "{kept:#?}");
    let schema = look("/requests/schema.json");
    for document in documents {
        let (passes, said) = check(&schema, &document);
        assert!(passes, "{said}\n{document}");
        let wrong = document.replacen("{\"trace_id\"", "{\"more\":1,\"trace_id\"", 1);
        assert!(!check(&schema, &wrong).0, "the schema is strict");
    }
    slow.join().expect("it ends");
}

#[test]
fn incidents_are_what_their_schema_says() {
    let service = Service::quickstart(&[]);
    let look = |path: &str| {
        let (status, body) = get(service.management, path);
        assert_eq!(status, 200, "{path}: {body}");
        body
    };
    let mut documents = vec![look("/incidents")];
    let slow = service.addr;
    let slow = std::thread::spawn(move || get(slow, "/slow"));
    for _ in 0..20 {
        get(service.addr, "/orders/999");
    }
    get(service.addr, "/panic");
    let id = wait_for("an incident", || {
        let list: Value = serde_json::from_str(&look("/incidents")).expect("JSON");
        Some(list["incidents"][0]["id"].as_str()?.to_owned())
    });
    documents.push(look("/incidents"));
    let incident = look(&format!("/incidents/{id}"));
    let read: Value = serde_json::from_str(&incident).expect("JSON");
    for list in ["requests", "failures", "checks", "changed"] {
        assert!(
            read[list].as_array().is_some_and(|list| !list.is_empty()),
            "{list}: {read:#}"
        );
    }
    documents.push(incident);
    let schema = look("/incidents/schema.json");
    for document in documents {
        let (passes, said) = check(&schema, &document);
        assert!(passes, "{said}\n{document}");
        for (part, wrong) in [
            ("{\"id\"", "{\"more\":1,\"id\""),
            ("{\"span_id\"", "{\"more\":1,\"span_id\""),
            ("{\"function\"", "{\"more\":1,\"function\""),
        ] {
            if document.contains(part) {
                let wrong = document.replacen(part, wrong, 1);
                assert!(!check(&schema, &wrong).0, "the schema is strict: {part}");
            }
        }
    }
    slow.join().expect("it ends");
}

#[test]
fn every_panel_can_be_read_without_its_query() {
    let service = Service::quickstart(&[]);
    let (_, dashboard) = get(service.management, "/grafana.json?by=env");
    let dashboard: Value = serde_json::from_str(&dashboard).expect("JSON");
    let panels = dashboard["panels"].as_array().expect("panels").iter();
    let (rows, panels): (Vec<_>, Vec<_>) = panels.partition(|panel| panel["type"] == "row");
    let titles: Vec<_> = rows
        .iter()
        .filter_map(|row| row["title"].as_str())
        .collect();
    for row in [
        "Objectives",
        "Functions",
        "HTTP",
        "Process",
        "Tokio runtime",
        "Health checks",
        "Logs and events",
    ] {
        assert!(titles.contains(&row), "{titles:?}");
    }
    let named = |title: &str| {
        let mut panels = panels.iter().filter(|panel| panel["title"] == title);
        *panels.next().expect(title)
    };
    for panel in &panels {
        let defaults = &panel["fieldConfig"]["defaults"];
        for said in [&panel["title"], &panel["description"], &defaults["unit"]] {
            assert!(
                said.as_str().is_some_and(|said| !said.is_empty()),
                "{panel}"
            );
        }
        for target in panel["targets"].as_array().expect("targets") {
            assert!(
                target["legendFormat"]
                    .as_str()
                    .is_some_and(|legend| !legend.is_empty()),
                "{panel}"
            );
        }
        let lines = panel["type"] == "timeseries";
        let drawn = defaults["thresholds"]["steps"]
            .as_array()
            .is_some_and(|steps| steps.len() > 1);
        assert!(
            !lines || !drawn || defaults["custom"]["thresholdsStyle"]["mode"] == "dashed",
            "{panel}"
        );
    }
    let budget = &named("Budget left")["fieldConfig"]["defaults"]["thresholds"]["steps"];
    assert_eq!(budget[0]["color"], "red", "{budget}");
    for title in ["Latency p50", "Latency p95", "Latency p99"] {
        assert_eq!(named(title)["targets"][0]["exemplar"], true, "{title}");
        assert_eq!(
            named(title)["fieldConfig"]["overrides"][0]["matcher"]["options"],
            "B",
            "{title}"
        );
    }
    let variables = dashboard["templating"]["list"]
        .as_array()
        .expect("variables")
        .iter();
    let variables: Vec<_> = variables
        .filter_map(|variable| variable["name"].as_str())
        .collect();
    assert_eq!(
        variables,
        [
            "datasource",
            "service",
            "env",
            "version",
            "instance",
            "function",
            "top",
            "filters"
        ]
    );
}

#[test]
fn the_inventory_is_what_its_schema_says() {
    let service = Service::quickstart(&[]);
    let (_, served) = get(service.management, "/inventory");
    for document in [&served, &inventory::collect().to_json()] {
        let (passes, said) = check(inventory::SCHEMA, document);
        assert!(passes, "{said}\n{document}");
    }
    let wrong = served.replacen("\"level\":\"info\"", "\"level\":\"loud\"", 1);
    assert!(!check(inventory::SCHEMA, &wrong).0, "the schema is strict");
}

/// Fills in Grafana's variables as Grafana would. Comparisons with 0 include 0 here, because the
/// values do not matter.
fn fill(query: &str) -> String {
    let values = [
        ("$service", "quickstart"),
        ("$env", "prod"),
        ("$version", ".*"),
        ("$instance", ".*"),
        ("$function", ".*"),
        ("$top", "10"),
        ("$__rate_interval", "5s"),
        (" > 0", " >= 0"),
    ];
    let fill = |query: String, (name, value): (&str, &str)| query.replace(name, value);
    values.into_iter().fold(query.to_owned(), fill)
}

/// Every query of the dashboard: of panels, of annotations, and of the values of variables.
fn queries(dashboard: &Value) -> Vec<String> {
    let all = |value: &Value| value.as_array().cloned().expect("a list");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let panels = all(&dashboard["panels"]).into_iter();
    let panels = panels.filter(|panel| panel["type"] != "row");
    let targets = panels.flat_map(|panel| all(&panel["targets"]));
    let annotations = all(&dashboard["annotations"]["list"]).into_iter();
    let shown = targets
        .chain(annotations)
        .map(|asks| text(&asks["expr"]).expect("a query"));
    let variables = all(&dashboard["templating"]["list"]).into_iter();
    let values = variables.filter_map(|variable| text(&variable["query"]["query"]));
    let values = values.map(|query| {
        let inside = query
            .trim_start_matches("label_values(")
            .trim_end_matches(')');
        let (series, _) = inside.rsplit_once(", ").expect("series and a label");
        series.to_owned()
    });
    shown.chain(values).map(|query| fill(&query)).collect()
}

/// Ways to keep a histogram: as it comes, converted to a native one, and as both.
const KEPT: [&str; 3] = [
    "",
    "convert_classic_histograms_to_nhcb: true, always_scrape_classic_histograms: false, ",
    "convert_classic_histograms_to_nhcb: true, always_scrape_classic_histograms: true, ",
];

#[test]
fn every_query_of_the_dashboard_has_data_however_histograms_are_kept() {
    let dsn = ("SENTRY_DSN", "http://key@127.0.0.1:9/1");
    let service = Service::quickstart(&[dsn]);
    let native = Service::quickstart(&[dsn, ("MONITOR_NATIVE_HISTOGRAMS", "only")]);
    for service in [&service, &native] {
        service.hang_up_on_slow(1);
    }
    let rules = get(service.management, "/rules.yaml?by=env").1;
    let (_, dashboard) = get(service.management, "/grafana.json?by=env");
    let dashboard: Value = serde_json::from_str(&dashboard).expect("JSON");
    let queries = queries(&dashboard);
    assert!(queries.len() >= 50, "{queries:?}");
    let [installed, newest] = programs();
    let kept = KEPT.iter().map(|kept| (&service, &newest, *kept));
    let servers: Vec<_> = [(&service, &installed, "")]
        .into_iter()
        .chain(kept)
        .chain([(&native, &newest, "")])
        .map(|(service, program, kept)| {
            let config = config(&[service.management], "rule_files: [rules.yaml]\n")
                .replace(
                    "job_name: quickstart,",
                    &format!("job_name: quickstart, {kept}"),
                )
                .replace(
                    "static_configs: [{",
                    "static_configs: [{labels: {env: prod}, ",
                );
            let files = [("rules.yaml", &*rules)];
            let features = "exemplar-storage,native-histograms";
            (
                service,
                kept,
                Prometheus::with_features(program, &config, &files, features),
            )
        })
        .collect();
    for query in &queries {
        for (service, kept, prometheus) in &servers {
            wait_for(&format!("{query} ({kept})"), || {
                for path in ["/orders/7", "/orders/999", "/panic", "/hello/you"] {
                    try_get(service.addr, path)?;
                }
                let results = prometheus.results(query);
                let real = |result: &Value| result["value"][1] != "NaN";
                results.iter().any(real).then_some(())
            });
        }
    }
    // Converted and native histograms have no buckets, and objectives are still measured.
    let bucket = "count(function_calls_duration_seconds_bucket)";
    let ratio = "monitor_slo:failures:ratio_rate5m{slo=\"latency\"}";
    for (service, kept, prometheus) in &servers {
        let is_native = service.management == native.management;
        assert_eq!(
            prometheus.query(bucket).is_some(),
            *kept != KEPT[1] && !is_native,
            "{kept}"
        );
        assert!(prometheus.query(ratio).is_some(), "{kept}");
    }
}
