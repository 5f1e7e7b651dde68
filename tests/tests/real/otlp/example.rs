//! The example, which needs no collector: it receives what it sends.

use monitor_tests::process::{Service, get, wait_for};

#[test]
fn the_example_prints_what_arrives() {
    let mut service = Service::example("otlp_service", &[]);
    assert_eq!(get(service.addr, "/items/7").0, 200);
    assert_eq!(get(service.addr, "/items/700").0, 500);
    service.signal("INT");
    assert!(service.wait().success());
    let received = |signal: &str| {
        let begin = format!("received {signal}: ");
        wait_for(&begin, || {
            let lines = service.lines();
            let all: String = lines
                .iter()
                .filter_map(|line| line.strip_prefix(&begin))
                .collect();
            (!all.is_empty()).then_some(all)
        })
    };
    let spans = received("traces");
    for name in ["GET /items/{id}", "show", "load"] {
        assert!(spans.contains(name), "{spans}");
    }
    assert!(received("metrics").contains("function.calls.duration"));
    let levels = received("logs");
    assert!(
        levels.contains("INFO") && levels.contains("ERROR"),
        "{levels}"
    );
}
