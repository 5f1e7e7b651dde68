//! A gRPC service of tonic under load whose calls end in every way there is: each is counted once, with the
//! reason for which it was cancelled, and nothing of it stays.

use std::collections::{BTreeMap, HashSet};
use std::convert::Infallible;
use std::fs;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{LazyLock, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt};
use http::uri::PathAndQuery;
use http::{Request, Response};
use monitor_runtime::http::layer;
use monitor_runtime::{Monitor, monitored, task};
use monitor_tests::process::get;
use monitor_tests::{Page, alone};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tonic::body::Body;
use tonic::client::Grpc;
use tonic::server::{NamedService, ServerStreamingService, UnaryService};
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest as Message;

const ROUTE: &str = "/load.Load/{method}";
/// Rounds, connections, and calls of each kind that each connection makes at once.
const ROUNDS: u64 = 6;
const CHANNELS: u64 = 4;
const CALLS: u64 = 6;
/// The growth that is allowed after the second round: nothing grows with calls.
const GROWTH: u64 = 8 << 20;

/// A kind of call, and the way in which it ends.
const UNARY: [&str; 5] = ["ok", "error", "late", "dropped", "aborted"];
const STREAMS: [&str; 3] = ["ends", "breaks", "left"];

/// Calls as the service saw them begin.
#[derive(Default)]
struct Begun {
    by_kind: BTreeMap<String, u64>,
    /// The clients' numbers of them.
    numbers: HashSet<String>,
}

static BEGUN: LazyLock<Mutex<Begun>> = LazyLock::new(Mutex::default);

/// Notes that the call of a message runs, and returns its kind.
fn begun(message: Message) -> String {
    let (kind, _) = message
        .service
        .split_once(' ')
        .expect("a kind and a number");
    let kind = kind.to_owned();
    let mut begun = BEGUN.lock().expect("not poisoned");
    *begun.by_kind.entry(kind.clone()).or_default() += 1;
    begun.numbers.insert(message.service);
    kind
}

#[monitored(labels(kind = bounded(&kind, max = 20)))]
async fn unary(kind: String) -> Result<tonic::Response<Message>, Status> {
    match kind.as_str() {
        "ok" => tokio::time::sleep(Duration::from_millis(1)).await,
        "error" => return Err(Status::internal("as planned")),
        "aborted" => {
            let (begins, begun) = oneshot::channel();
            let task = task::spawn(async {
                let _ = begins.send(());
                stuck(kind).await;
            });
            begun.await.expect("it runs");
            task.abort();
            task.await.expect_err("aborted");
            return Err(Status::aborted("as planned"));
        }
        _ => stuck(kind).await,
    }
    Ok(tonic::Response::new(Message::default()))
}

#[monitored(labels(kind = bounded(&kind, max = 20)))]
async fn stuck(kind: String) {
    std::future::pending::<()>().await;
    drop(kind);
}

/// One message of a stream.
#[monitored(labels(kind = bounded(&kind, max = 20)))]
async fn item(kind: String) -> Result<Message, Status> {
    tokio::task::yield_now().await;
    Ok(Message::default())
}

#[monitored(labels(kind = bounded(&kind, max = 20)))]
async fn streaming(
    kind: String,
) -> Result<tonic::Response<BoxStream<'static, Result<Message, Status>>>, Status> {
    let items = kind.clone();
    let begin = stream::iter(0..3).then(move |_| item(items.clone()));
    let end = stream::once(async move {
        match kind.as_str() {
            "ends" => None,
            "breaks" => Some(Err(Status::data_loss("as planned"))),
            _ => {
                stuck(kind).await;
                None
            }
        }
    });
    Ok(tonic::Response::new(
        begin.chain(end.filter_map(async |end| end)).boxed(),
    ))
}

type Answer<T> = Pin<Box<dyn Future<Output = Result<tonic::Response<T>, Status>> + Send>>;

#[derive(Clone)]
struct Load;

impl NamedService for Load {
    const NAME: &'static str = "load.Load";
}

impl UnaryService<Message> for Load {
    type Response = Message;
    type Future = Answer<Message>;

    fn call(&mut self, request: tonic::Request<Message>) -> Self::Future {
        Box::pin(async { unary(begun(request.into_inner())).await })
    }
}

impl ServerStreamingService<Message> for Load {
    type Response = Message;
    type ResponseStream = BoxStream<'static, Result<Message, Status>>;
    type Future = Answer<Self::ResponseStream>;

    fn call(&mut self, request: tonic::Request<Message>) -> Self::Future {
        Box::pin(async { streaming(begun(request.into_inner())).await })
    }
}

type Codec = tonic_prost::ProstCodec<Message, Message>;

impl tower::Service<Request<Body>> for Load {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        Box::pin(async {
            let mut grpc = tonic::server::Grpc::new(Codec::default());
            Ok(match request.uri().path() {
                "/load.Load/Unary" => grpc.unary(Load, request).await,
                _ => grpc.server_streaming(Load, request).await,
            })
        })
    }
}

/// Makes one call of a kind and ends it as the kind says.
async fn call(channel: Channel, kind: &'static str, number: u64) {
    let service = format!("{kind} {number}");
    let mut request = tonic::Request::new(Message {
        service: service.clone(),
    });
    if kind == "late" {
        request.set_timeout(Duration::from_secs(1));
    }
    let mut grpc = Grpc::new(channel);
    grpc.ready().await.expect("connected");
    if STREAMS.contains(&kind) {
        let path = PathAndQuery::from_static("/load.Load/Stream");
        let answer = grpc.server_streaming(request, path, Codec::default()).await;
        let mut messages = answer.expect("a stream").into_inner();
        for _ in 0..3 {
            messages
                .message()
                .await
                .expect("no error yet")
                .expect("a message");
        }
        match kind {
            "ends" => assert!(messages.message().await.expect("no error").is_none()),
            "breaks" => assert_eq!(
                messages.message().await.expect_err("it breaks").code(),
                Code::DataLoss
            ),
            // Dropped here, which resets the stream.
            _ => {}
        }
        return;
    }
    let path = PathAndQuery::from_static("/load.Load/Unary");
    let mut answer = Box::pin(grpc.unary(request, path, Codec::default()));
    let code = tokio::select! {
        answer = &mut answer => answer.map_or_else(|status| status.code(), |_| Code::Ok),
        () = runs(&service), if kind == "dropped" => return,
    };
    let expected: &[Code] = match kind {
        "ok" => &[Code::Ok],
        "error" => &[Code::Internal],
        "aborted" => &[Code::Aborted],
        "late" => &[Code::Cancelled, Code::DeadlineExceeded],
        _ => panic!("{kind}: {code}"),
    };
    assert!(expected.contains(&code), "{kind}: {code}");
}

/// Waits until the service works on the call of a message.
async fn runs(service: &str) {
    while !BEGUN
        .lock()
        .expect("not poisoned")
        .numbers
        .contains(service)
    {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn connect(addr: SocketAddr) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{addr}")).expect("a URL");
    endpoint.connect().await.expect("it listens")
}

/// Makes a round of calls of every kind, all at once.
async fn round(addr: SocketAddr, round: u64) {
    let mut calls = tokio::task::JoinSet::new();
    for connection in 0..CHANNELS {
        let channel = connect(addr).await;
        for kind in UNARY.into_iter().chain(STREAMS) {
            for call in 0..CALLS {
                let number = (round * CHANNELS + connection) * CALLS + call;
                calls.spawn(self::call(channel.clone(), kind, number));
            }
        }
    }
    while let Some(ended) = calls.join_next().await {
        ended.expect("as planned");
    }
}

fn page(monitor: &Monitor) -> Page {
    Page::parse(&monitor.render_metrics())
}

fn sum(page: &Page, name: &str, labels: &[(&str, &str)]) -> u64 {
    page.find(name, labels)
        .map(monitor_tests::Sample::count)
        .sum()
}

/// Waits until no request is in flight, by the gauge and by the list, beyond so many.
async fn settled(monitor: &Monitor, left: u64) {
    let management = monitor.addr().expect("the management server is on");
    for _ in 0..2_000 {
        let (_, calls) = get(management, "/calls");
        let calls: serde_json::Value = serde_json::from_str(&calls).expect("JSON");
        let active = sum(&page(monitor), "http_server_active_requests", &[]);
        if active == left && calls["in_flight"] == left {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{}", get(management, "/calls?format=text").1);
}

fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes: u64 = line
        .and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok())
        .expect("a size");
    kibibytes << 10
}

/// Asserts that each call which began is counted once, in the way its kind ends.
fn assert_counted(page: &Page, in_flight: &[(&str, u64)]) {
    let begun = BEGUN.lock().expect("not poisoned").by_kind.clone();
    let expected = |kind: &str| match kind {
        "error" => ("unary", "error", "INTERNAL"),
        // The client is told; to the service it is no failure.
        "ok" | "aborted" => ("unary", "ok", ""),
        "late" => ("unary", "cancelled", ""),
        "dropped" => ("unary", "cancelled", "client"),
        "hangs" => ("unary", "cancelled", "shutdown"),
        _ => ("streaming", "ok", ""),
    };
    for (kind, calls) in &begun {
        let (function, result, class) = expected(kind);
        let of = [("function", function), ("kind", kind.as_str())];
        let all = sum(page, "function_calls_total", &of);
        let left = in_flight
            .iter()
            .find(|(one, _)| one == kind)
            .map_or(0, |(_, calls)| *calls);
        assert_eq!(all, calls - left, "{kind}: each once");
        let of = [&of[..], &[("result", result), ("error", class)]].concat();
        let of: Vec<_> = of
            .into_iter()
            .filter(|(_, value)| !value.is_empty())
            .collect();
        assert_eq!(
            sum(page, "function_calls_total", &of),
            all,
            "{kind}: {result} {class}"
        );
    }
    for (kind, reason) in [
        ("dropped", "client"),
        ("left", "client"),
        ("aborted", "aborted"),
        ("hangs", "shutdown"),
        ("flows", "shutdown"),
    ] {
        let Some(calls) = begun.get(kind) else {
            continue;
        };
        let left = in_flight.iter().any(|(one, _)| *one == kind);
        let wanted = if left {
            vec![]
        } else {
            vec![(reason.to_owned(), *calls)]
        };
        assert_eq!(
            page.cancelled(&[("function", "stuck"), ("kind", kind)]),
            wanted,
            "{kind}"
        );
    }
    // A client's time begins when it sends. Where more than a tenth of it passes before the service has the
    // request, the service knows no deadline that has passed, and the client has left.
    for function in ["unary", "stuck"] {
        let late = page.cancelled(&[("function", function), ("kind", "late")]);
        assert!(
            late.iter()
                .all(|(reason, _)| reason == "caller" || reason == "client"),
            "{late:?}"
        );
        assert!(
            late.iter().any(|(reason, _)| reason == "caller"),
            "{late:?}"
        );
        assert_eq!(
            late.iter().map(|(_, calls)| calls).sum::<u64>(),
            begun["late"]
        );
    }
    for kind in ["ends", "breaks", "left"] {
        let of = [("function", "item"), ("kind", kind), ("result", "ok")];
        assert_eq!(
            sum(page, "function_calls_total", &of),
            3 * begun[kind],
            "{kind}"
        );
    }
    let requests: u64 = begun.values().sum();
    let left: u64 = in_flight.iter().map(|(_, calls)| calls).sum();
    assert_eq!(
        sum(page, "http_requests_total", &[("route", ROUTE)]),
        requests - left
    );
    assert_eq!(
        sum(
            page,
            "http_server_request_duration_seconds_count",
            &[("http_route", ROUTE)]
        ),
        requests - left
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_call_of_a_busy_service_is_counted_once_and_leaves_nothing() {
    alone!();
    let builder = monitor_runtime::builder!()
        .addr("127.0.0.1:0")
        .log_filter("off");
    let limit = Duration::from_millis(300);
    let builder = builder.drain(Duration::from_millis(50)).drain_limit(limit);
    let monitor = builder.start().await.expect("it starts");
    // The service has a runtime of its own, which ends as that of its `main` does.
    let service = Runtime::new().expect("a runtime");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a socket");
    let addr = listener.local_addr().expect("bound");
    let (drained, cut_off) = (monitor.drained(), monitor.cut_off());
    let server = service.spawn(async move {
        let incoming = TcpIncoming::from(TcpListener::from_std(listener).expect("a socket"));
        let mut server = Server::builder().layer(layer().routes([ROUTE]));
        let server = server.add_service(Load);
        tokio::select! {
            ended = server.serve_with_incoming_shutdown(incoming, drained) => panic!("it did not wait: {ended:?}"),
            () = cut_off => {}
        }
    });

    let mut held = 0;
    for number in 0..ROUNDS {
        round(addr, number).await;
        settled(&monitor, 0).await;
        assert_counted(&page(&monitor), &[]);
        if number == 1 {
            held = resident();
        }
    }
    let grown = resident().saturating_sub(held);
    assert!(grown < GROWTH, "{grown} bytes");

    // Calls that the shutdown cuts off.
    let channel = connect(addr).await;
    let mut clients = tokio::task::JoinSet::new();
    for number in 0..CALLS {
        let mut grpc = Grpc::new(channel.clone());
        clients.spawn(async move {
            grpc.ready().await.expect("connected");
            let message = Message {
                service: format!("hangs {number}"),
            };
            let path = PathAndQuery::from_static("/load.Load/Unary");
            let answer = grpc
                .unary(tonic::Request::new(message), path, Codec::default())
                .await;
            answer.expect_err("it is cut off");
        });
        let mut grpc = Grpc::new(channel.clone());
        clients.spawn(async move {
            grpc.ready().await.expect("connected");
            let message = Message {
                service: format!("flows {number}"),
            };
            let path = PathAndQuery::from_static("/load.Load/Stream");
            let answer = grpc
                .server_streaming(tonic::Request::new(message), path, Codec::default())
                .await;
            let mut messages = answer.expect("a stream").into_inner();
            while let Ok(Some(_)) = messages.message().await {}
        });
    }
    for number in 0..CALLS {
        runs(&format!("hangs {number}")).await;
        runs(&format!("flows {number}")).await;
    }
    settled(&monitor, 2 * CALLS).await;
    let term = std::process::Command::new("kill")
        .args(["-TERM", &std::process::id().to_string()])
        .status();
    assert!(term.expect("a command of every system").success());
    server.await.expect("it is cut off");
    tokio::task::block_in_place(|| service.shutdown_timeout(Duration::from_millis(500)));
    settled(&monitor, 0).await;
    assert_counted(&page(&monitor), &[]);
    while let Some(ended) = clients.join_next().await {
        ended.expect("as planned");
    }
    let management = monitor.addr().expect("the management server is on");
    monitor.shutdown().await;
    assert!(
        monitor_tests::process::try_get(management, "/livez").is_none(),
        "it has ended"
    );
}
