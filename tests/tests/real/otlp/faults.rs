//! A collector that fails in each way: what comes of the spans, what the log says, and what the service notices.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use monitor_tests::Page;
use monitor_tests::process::{Service, get, wait_for};
use serde_json::Value;

use super::{EXPORTING, receiver, settings, text};

/// Spans of one request of these tests.
const SPANS: u64 = 4;

/// A way of the collector to answer.
struct Case {
    key: &'static str,
    /// As `receiver.py` understands it, or the beginning of a URL.
    behaviour: String,
    env: Vec<(&'static str, String)>,
    /// Spans that were sent, refused and dropped once the fate of one request is known, and then that of another.
    fates: [[u64; 3]; 2],
    /// Requests to the collector in all.
    requests: usize,
    /// Lines of WARN and of INFO.
    lines: [usize; 2],
}

const SENT: [[u64; 3]; 2] = [[SPANS, 0, 0], [2 * SPANS, 0, 0]];
const REFUSED: [[u64; 3]; 2] = [[0, SPANS, 0], [0, 2 * SPANS, 0]];

/// A case whose spans all have a fate.
fn case(key: &'static str, fates: [[u64; 3]; 2], requests: usize, lines: [usize; 2]) -> Case {
    Case {
        key,
        behaviour: key.to_owned(),
        env: Vec::new(),
        fates,
        requests,
        lines,
    }
}

impl Case {
    fn with(mut self, variable: &'static str, value: impl Into<String>) -> Self {
        self.env.push((variable, value.into()));
        self
    }

    fn at(mut self, behaviour: impl Into<String>) -> Self {
        self.behaviour = behaviour.into();
        self
    }

    /// Returns the endpoint of the traces.
    fn endpoint(&self) -> String {
        let base = if self.behaviour.contains("://") {
            self.behaviour.clone()
        } else {
            receiver().endpoint(self.key, &self.behaviour)
        };
        base + "/v1/traces"
    }

    /// Starts a service whose traces go to this collector; its other signals are taken.
    fn start(&self) -> Service {
        let (traces, others) = (self.endpoint(), receiver().endpoint(self.key, "take"));
        let mut env = vec![("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", traces.as_str())];
        env.extend(self.env.iter().map(|(name, value)| (*name, value.as_str())));
        Service::serving(EXPORTING.as_ref(), &settings(&others, &env))
    }

    fn holds(&self) {
        let mut service = self.start();
        for fates in &self.fates {
            let began = Instant::now();
            assert_eq!(get(service.addr, "/orders/7").0, 200);
            let took = began.elapsed();
            assert!(took < Duration::from_secs(2), "{}: {took:?}", self.key);
            let what = format!("{}: sent, refused and dropped: {fates:?}", self.key);
            wait_for(&what, || {
                let fate = fate(&service, "traces");
                assert!(
                    fate.iter().sum::<u64>() <= fates.iter().sum(),
                    "{what}, not {fate:?}"
                );
                (fate == *fates).then_some(())
            });
        }
        service.signal("TERM");
        assert!(service.wait().success(), "{}", self.key);
        let lines = told(&service, "traces");
        let of = |level: &str| lines.iter().filter(|line| line["level"] == level).count();
        assert_eq!(
            [of("WARN"), of("INFO")],
            self.lines,
            "{}: {lines:#?}",
            self.key
        );
        let requests = receiver().requests(self.key, "traces");
        assert_eq!(requests.len(), self.requests, "{}: {requests:#?}", self.key);
        let sent = self.fates[1][0];
        let whole = if self.key == "partial" { 0 } else { sent };
        receiver().spans(self.key, usize::try_from(whole).expect("few"));
    }
}

/// Returns how many items of a signal were sent, refused and dropped.
fn fate(service: &Service, signal: &str) -> [u64; 3] {
    let page = Page::parse(&get(service.management, "/metrics").1);
    ["sent", "refused", "dropped"].map(|result| {
        let labels = [("signal", signal), ("result", result)];
        let mut found = page.find("monitor_otlp_items_total", &labels);
        found.next().expect("it is there from the start").count()
    })
}

/// Returns the lines of the log about a signal's collector.
fn told(service: &Service, signal: &str) -> Vec<Value> {
    let lines = service.lines();
    let lines = lines
        .iter()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    let of = |line: &Value| {
        line["target"] == "monitor_runtime::otlp::collector" && line["fields"]["signal"] == signal
    };
    lines.filter(of).collect()
}

/// The URL of a port where nothing listens. A free one might be given to another test meanwhile.
const NOWHERE: &str = "http://127.0.0.1:1";

#[test]
fn every_span_has_a_fate_and_every_problem_one_line() {
    let authority = Path::new(env!("CARGO_MANIFEST_DIR")).join("tls/ca.pem");
    let https = |key| format!("https://localhost:{}/{key}/take", receiver().https);
    let dropped = [[0, 0, SPANS], [0, 0, 2 * SPANS]];
    let soon = ("OTEL_EXPORTER_OTLP_TIMEOUT", "700");
    let cases = [
        case("take", SENT, 2, [0, 0]),
        case("close", SENT, 2, [0, 0]),
        case("gzip", SENT, 2, [0, 0])
            .at("take")
            .with("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip"),
        case("cut,1", SENT, 3, [1, 1]),
        case("429,1,2", SENT, 3, [1, 1]),
        case("502,1", SENT, 3, [1, 1]),
        case("503,2", SENT, 4, [1, 1]),
        case("504,1", SENT, 3, [1, 1]),
        case("silent,1", SENT, 3, [1, 1]).with(soon.0, soon.1),
        case("drip,1", SENT, 3, [1, 1]).with(soon.0, soon.1),
        case("400,1", [[0, SPANS, 0], [SPANS, SPANS, 0]], 2, [1, 1]),
        case("401", REFUSED, 2, [1, 0]),
        case("413", REFUSED, 2, [1, 0]),
        case("500", REFUSED, 2, [1, 0]),
        case("reasons", REFUSED, 2, [1, 0]),
        case(
            "partial",
            [[SPANS - 1, 1, 0], [2 * SPANS - 2, 2, 0]],
            2,
            [1, 0],
        ),
        case("redirect", REFUSED, 2, [1, 0])
            .with("OTEL_EXPORTER_OTLP_HEADERS", "api-key=s3cret%201"),
        case("nowhere", dropped, 0, [1, 0]).at(NOWHERE),
        case("stranger", dropped, 0, [1, 0]).at(https("stranger")),
        case("trusted", SENT, 2, [0, 0]).at(https("trusted")).with(
            "OTEL_EXPORTER_OTLP_CERTIFICATE",
            authority.to_string_lossy(),
        ),
    ];
    thread::scope(|scope| {
        for case in &cases {
            scope.spawn(move || case.holds());
        }
    });

    for request in receiver().requests("gzip", "traces") {
        assert_eq!(request["headers"]["content-encoding"], "gzip");
        let sizes = [0, 1].map(|at| request["sizes"][at].as_u64().expect("a size"));
        assert!(sizes[0] < sizes[1], "{sizes:?}");
    }
    for request in receiver().requests("redirect", "traces") {
        assert_eq!(request["headers"]["api-key"], "s3cret 1");
    }
    let followed = receiver().requests("redirect-redirected", "traces");
    assert_eq!(followed, [] as [Value; 0]);
    let times: Vec<f64> = receiver()
        .requests("429,1,2", "traces")
        .iter()
        .map(|request| request["at"].as_f64().expect("a time"))
        .collect();
    assert!(times[1] - times[0] >= 2.0, "{times:?}");
}

#[test]
fn a_service_answers_and_ends_in_time_whatever_its_collector_does() {
    let holds = |key: &'static str, endpoint: String| {
        let mut service = Service::serving(EXPORTING.as_ref(), &settings(&endpoint, &[]));
        let mut times: Vec<Duration> = (0..30)
            .map(|_| {
                let began = Instant::now();
                assert_eq!(get(service.addr, "/orders/7").0, 200);
                began.elapsed()
            })
            .collect();
        times.sort_unstable();
        assert!(times[15] < Duration::from_millis(300), "{key}: {times:?}");
        assert!(times[29] < Duration::from_secs(2), "{key}: {times:?}");
        // All three are at work on it.
        wait_for("the first problems", || {
            (!told(&service, "traces").is_empty()
                || receiver().requests(key, "traces").len()
                    + receiver().requests(key, "logs").len()
                    > 1)
            .then_some(())
        });
        let began = Instant::now();
        service.signal("TERM");
        assert!(service.wait().success(), "{key}");
        let took = began.elapsed();
        assert!(took < Duration::from_secs(5), "{key}: {took:?}");
        let lines = service.lines();
        let is_last = |line: &String| line.contains("shutdown is done");
        assert!(lines.iter().any(is_last), "{key}: {lines:#?}");
    };
    thread::scope(|scope| {
        for (key, behaviour) in [
            ("end-silent", "silent"),
            ("end-drip", "drip"),
            ("end-503", "503"),
            ("end-429", "429,0,60"),
        ] {
            scope.spawn(move || holds(key, receiver().endpoint(key, behaviour)));
        }
        scope.spawn(move || holds("end-nowhere", NOWHERE.to_owned()));
    });
}

#[test]
fn the_end_sends_what_waits_for_another_attempt() {
    let key = "last-attempt";
    let case = case(key, SENT, 2, [1, 1]).at("429,1,60");
    let mut service = case.start();
    assert_eq!(get(service.addr, "/orders/7").0, 200);
    wait_for("the first attempt", || {
        (!told(&service, "traces").is_empty()).then_some(())
    });
    service.signal("TERM");
    assert!(service.wait().success());
    receiver().spans(key, 4);
    assert_eq!(receiver().requests(key, "traces").len(), 2);
}

#[test]
fn a_silent_collector_of_traces_delays_no_other_signal() {
    let key = "one-silent";
    let case = case(key, SENT, 0, [0, 0])
        .at("silent")
        // The end sends the lines.
        .with("OTEL_BLRP_SCHEDULE_DELAY", "600000");
    let mut service = case.start();
    assert_eq!(get(service.addr, "/orders/7").0, 200);
    wait_for("the first attempt", || {
        (!receiver().requests(key, "traces").is_empty()).then_some(())
    });
    service.signal("TERM");
    assert!(service.wait().success());
    let records = receiver().taken(key, "logs");
    let bodies: Vec<&str> = records.iter().map(|record| text(record, "body")).collect();
    assert!(bodies.contains(&"shutdown is done"), "{bodies:#?}");
    let points = receiver().taken(key, "metrics");
    assert!(points.iter().any(|point| point["name"] == "function.calls"));
}

#[test]
fn lines_that_are_refused_cause_no_others() {
    let key = "no-echo";
    let endpoint = receiver().endpoint(key, "reasons");
    let own = [
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_METRIC_EXPORT_INTERVAL", "300"),
    ];
    let service = Service::serving(EXPORTING.as_ref(), &settings(&endpoint, &own));
    let refused = |signal| {
        wait_for("refused items", || {
            let [sent, refused, dropped] = fate(&service, signal);
            assert_eq!((sent, dropped), (0, 0), "{signal}");
            (refused > 0).then_some(())
        });
    };
    refused("logs");
    refused("metrics");
    let requests = || receiver().requests(key, "logs").len();
    let mut before = requests();
    wait_for("the end of the lines", || {
        thread::sleep(Duration::from_millis(500));
        let now = requests();
        assert!(now < 10, "{now} requests of a service that does nothing");
        (std::mem::replace(&mut before, now) == now).then_some(())
    });
    let lines = told(&service, "logs");
    assert_eq!(lines.len(), 1, "{lines:#?}");
}

#[test]
fn lines_that_find_no_room_are_counted_and_all_others_arrive() {
    let key = "overflow";
    let logs = receiver().endpoint(key, "silent,1") + "/v1/logs";
    let own = [
        ("OTEL_TRACES_EXPORTER", "none"),
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "15000"),
    ];
    let endpoint = [("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", logs.as_str())];
    let env = [&own[..], &endpoint[..]].concat();
    let mut service = Service::serving(EXPORTING.as_ref(), &settings("http://localhost:9", &env));
    wait_for("the first attempt", || {
        (!receiver().requests(key, "logs").is_empty()).then_some(())
    });
    wait_for("a full queue", || {
        for _ in 0..100 {
            assert_eq!(get(service.addr, "/orders/7").0, 200);
        }
        (fate(&service, "logs")[2] > 0).then_some(())
    });
    // Lines of the exporter about lines are not exported.
    let exported = || {
        let lines = service.lines().len() - told(&service, "logs").len();
        u64::try_from(lines).expect("a count")
    };
    wait_for("the end of the silence", || {
        (fate(&service, "logs").iter().sum::<u64>() == exported()).then_some(())
    });
    let [sent, refused, dropped] = fate(&service, "logs");
    assert_eq!((refused, dropped > 0), (0, true));
    let records = receiver().taken(key, "logs").len();
    assert_eq!(u64::try_from(records).expect("a count"), sent);
    assert_eq!(told(&service, "logs").len(), 2, "a WARN and an INFO");
    service.signal("TERM");
    assert!(service.wait().success());
}
