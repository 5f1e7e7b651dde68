//! The guides in `docs/` are true: their code is that of the examples, and what their tables say of a
//! request is what the running service does.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use monitor_tests::process::{PATIENCE, Sentry, Service, count_of, get, wait_for};
use serde_json::Value;

#[expect(
    clippy::pedantic,
    unreachable_pub,
    reason = "generated from `orders.proto`"
)]
#[path = "../../../examples/proto/orders.rs"]
mod orders;
mod table;

use orders::FindRequest;
use orders::orders_client::OrdersClient;
use table::Row;

const AXUM: &str = include_str!("../../../docs/axum.md");
const ACTIX: &str = include_str!("../../../docs/actix-web.md");
const TONIC: &str = include_str!("../../../docs/tonic.md");

/// A store that answers until it is stopped.
struct Store {
    addr: SocketAddr,
    listener: Arc<Mutex<Option<TcpListener>>>,
}

impl Store {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = listener.local_addr().expect("bound");
        Self {
            addr,
            listener: Arc::new(Mutex::new(Some(listener))),
        }
    }

    /// Refuses connections from now on.
    fn stop(&self) {
        *self.listener.lock().unwrap() = None;
    }
}

/// A guide's service, with its store and a Sentry.
struct Guide {
    service: Service,
    store: Store,
    sentry: Sentry,
}

impl Guide {
    fn start(example: &str) -> Self {
        let (store, sentry) = (Store::start(), Sentry::start());
        let env = [
            ("ORDERS_STORE", store.addr.to_string()),
            ("SENTRY_DSN", sentry.dsn()),
            ("MONITOR_DRAIN", "1s".to_owned()),
        ];
        let env: Vec<_> = env
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let service = Service::example(example, &env);
        Self {
            service,
            store,
            sentry,
        }
    }

    /// Does what a row says and compares each of its cells.
    fn try_row(&self, row: &Row) {
        let lines_before = self.service.lines().len();
        let events_before = self.sentry.events().len();
        let page_before = self.page();
        assert_eq!(self.ask(row), row.answer, "{row:?}");
        // A table names the result of one function, whose call is over when its counter has moved.
        let (function, result) = row.counted();
        wait_for(&format!("{function} {result}, of {row:?}"), || {
            let moved =
                counted(&self.page(), function, result) > counted(&page_before, function, result);
            moved.then_some(())
        });
        let loud = || -> Vec<String> {
            let lines = self.service.lines();
            lines[lines_before..]
                .iter()
                .filter_map(|line| loud(line))
                .filter(|line| !is_of_a_check(line))
                .collect()
        };
        let events = || -> Vec<String> {
            let events = self.sentry.events();
            let titles = events[events_before..].iter().map(title);
            titles.filter(|title| !is_of_a_check(title)).collect()
        };
        wait_for(
            &format!(
                "lines and events of {row:?}, not {:?} and {:?}",
                loud(),
                events()
            ),
            || {
                (loud().len() >= row.lines.len() && events().len() >= row.events.len())
                    .then_some(())
            },
        );
        // None too many, either.
        thread::sleep(Duration::from_millis(300));
        assert_eq!(
            (loud(), events()),
            (row.lines.clone(), row.events.clone()),
            "{row:?}"
        );
    }

    fn page(&self) -> String {
        get(self.service.management, "/metrics").1
    }

    /// The status of the answer; `–` for a client that hangs up before.
    fn ask(&self, row: &Row) -> String {
        if let Some(id) = row.request.strip_prefix("Find ") {
            return find(self.service.addr, id.parse().expect("an id"));
        }
        let addr = self.service.addr;
        let mut stream = TcpStream::connect(addr).expect("the service accepts");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time-out");
        let (request, body) = (&row.request, &row.body);
        let length = body.len();
        write!(
            stream,
            "{request} HTTP/1.1\r\nHost: {addr}\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .expect("the request is taken");
        if row.hangs_up {
            thread::sleep(Duration::from_millis(500));
            stream.shutdown(Shutdown::Both).expect("open");
            return "–".to_owned();
        }
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer.split(' ').nth(1).expect("a status").to_owned()
    }
}

/// The calls of a function with this result, or the requests of a route with this status.
fn counted(page: &str, function: &str, result: &str) -> u64 {
    match function.strip_prefix("route ") {
        Some(route) => {
            let series = format!("route=\"{route}\",status=\"{result}\"}} ");
            let samples = page.lines().filter_map(|line| line.split_once(&series));
            samples
                .filter_map(|(_, value)| value.parse::<u64>().ok())
                .sum()
        }
        None => count_of(page, function, result),
    }
}

/// The code that a call of gRPC ends with.
fn find(addr: SocketAddr, id: u64) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let code = runtime.expect("a runtime").block_on(async {
        let endpoint = tonic::transport::Endpoint::from_shared(format!("http://{addr}"));
        let channel = endpoint
            .expect("a URL")
            .connect()
            .await
            .expect("the service accepts");
        let answer = OrdersClient::new(channel).find(FindRequest { id }).await;
        answer.map_or_else(|status| status.code(), |_| tonic::Code::Ok)
    });
    format!("{code:?}")
}

/// Level and message of a line from `WARN` on.
fn loud(line: &str) -> Option<String> {
    let line: Value = serde_json::from_str(line).ok()?;
    let level = line["level"].as_str()?;
    let message = line["fields"]["message"].as_str()?;
    ["WARN", "ERROR"]
        .contains(&level)
        .then(|| format!("{level} {message}"))
}

/// Returns the title of an event in Sentry: its outermost error, or its message.
fn title(event: &Value) -> String {
    let exception = event["exception"]["values"]
        .as_array()
        .and_then(|values| values.last());
    match exception {
        Some(exception) => exception["type"].as_str().unwrap_or_default().to_owned(),
        None => event["message"].as_str().unwrap_or_default().to_owned(),
    }
}

fn tables_hold(page: &str, example: &str) {
    let guide = Guide::start(example);
    let rows = table::rows(page);
    assert!(rows.len() >= 3, "{rows:?}");
    for row in &rows {
        if row.stopped {
            guide.store.stop();
        }
        guide.try_row(row);
    }
}

#[test]
fn the_axum_guide_says_what_happens() {
    tables_hold(AXUM, "orders_axum");
}

#[test]
fn the_actix_guide_says_what_happens() {
    tables_hold(ACTIX, "orders_actix");
}

#[test]
fn the_tonic_guide_says_what_happens() {
    tables_hold(TONIC, "orders_tonic");
}

#[test]
fn the_code_of_the_guides_is_that_of_the_examples() {
    let guides = [
        (AXUM, include_str!("../../../examples/orders_axum.rs")),
        (ACTIX, include_str!("../../../examples/orders_actix.rs")),
        (TONIC, include_str!("../../../examples/orders_tonic.rs")),
    ];
    for (page, program) in guides {
        let blocks = table::code(page);
        assert!(blocks.len() >= 4);
        for block in blocks {
            assert!(program.contains(&block), "not in the example:\n{block}");
        }
    }
}

/// The end that the axum guide describes: its own signal handler decides, requests in flight are answered.
#[test]
fn the_services_end_in_order() {
    for (example, signal) in [
        ("orders_axum", "TERM"),
        ("orders_axum", "INT"),
        ("orders_actix", "TERM"),
    ] {
        let mut guide = Guide::start(example);
        let addr = guide.service.addr;
        let slow = thread::spawn(move || get(addr, "/report").0);
        thread::sleep(Duration::from_millis(500));
        guide.service.signal(signal);
        assert_eq!(slow.join().expect("answered"), 200, "{example} {signal}");
        assert!(guide.service.wait().success(), "{example} {signal}");
    }
}

/// Readiness follows the store, which each guide declares critical.
#[test]
fn the_services_are_not_ready_without_their_store() {
    for example in ["orders_axum", "orders_actix", "orders_tonic"] {
        let guide = Guide::start(example);
        let ready = |code| {
            wait_for(&format!("{example}: /readyz {code}"), || {
                (get(guide.service.management, "/readyz").0 == code).then_some(())
            });
        };
        ready(200);
        guide.store.stop();
        ready(503);
    }
}

#[test]
fn each_worker_of_actix_web_is_watched() {
    let guide = Guide::start("orders_actix");
    for name in ["main", "http-0", "http-1"] {
        let line = format!("[+]runtime:{name} ok\n");
        wait_for(&line, || {
            let (_, answer) = get(guide.service.management, "/livez?verbose");
            answer.contains(&line).then_some(())
        });
    }
}

/// Returns `true` for the line or event of a health check: while a row stops the store, its check
/// fails as well, sooner or later.
fn is_of_a_check(text: &str) -> bool {
    text.contains("health check ")
}
