//! The HTTP edge around a real gRPC service: tonic's health service, asked by its own client.

use monitor_runtime::http::layer;
use monitor_tests::alone;
use monitor_tests::http::{lines, requests, timed};
use monitor_tests::{log, scrape};
use tonic::transport::{Endpoint, Server};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

const CHECK: &str = "/grpc.health.v1.Health/Check";
const WATCH: &str = "/grpc.health.v1.Health/Watch";
const NOWHERE: &str = "/shop.Orders/Find";

fn ask(service: &str) -> HealthCheckRequest {
    HealthCheckRequest {
        service: service.into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_and_streams_of_grpc_are_what_they_were() {
    alone!();
    log();
    let (reporter, health) = tonic_health::server::health_reporter();
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = socket.local_addr().expect("bound");
    drop(socket);
    let server = Server::builder()
        .layer(layer().routes([CHECK, WATCH, NOWHERE]))
        .add_service(health);
    tokio::spawn(server.serve(addr));
    let channel = loop {
        match Endpoint::from_shared(format!("http://{addr}"))
            .expect("a URL")
            .connect()
            .await
        {
            Ok(channel) => break channel,
            Err(_) => tokio::task::yield_now().await,
        }
    };
    let mut client = HealthClient::new(channel.clone());

    let answer = client.check(ask("")).await.expect("a status");
    assert!(answer.metadata().contains_key("x-request-id"));
    assert_eq!(answer.into_inner().status, ServingStatus::Serving as i32);
    // An error of gRPC is a 200 of HTTP, with the error in its trailers.
    let unknown = client
        .check(ask("unknown"))
        .await
        .expect_err("no method of that name");
    assert_eq!(unknown.code(), tonic::Code::NotFound);
    // No such service, no such method: a failure of the service, in headers and without a body.
    let mut grpc = tonic::client::Grpc::new(channel.clone());
    grpc.ready().await.expect("connected");
    let path = http::uri::PathAndQuery::from_static(NOWHERE);
    let codec = tonic_prost::ProstCodec::<HealthCheckRequest, HealthCheckRequest>::default();
    let lost = grpc.unary(tonic::Request::new(ask("")), path, codec).await;
    assert_eq!(
        lost.expect_err("no service of that name").code(),
        tonic::Code::Unimplemented
    );

    for (line, grpc) in lines(CHECK, 2).iter().zip(["OK", "NOT_FOUND"]) {
        assert_eq!(
            (
                line.text("outcome"),
                &line.fields["status"],
                line.text("grpc_status")
            ),
            ("ok", &200.into(), grpc)
        );
        assert_eq!(
            timed(&[("http_route", CHECK), ("rpc_response_status_code", grpc)]),
            1
        );
    }
    assert_eq!(requests("POST", CHECK, "200"), 2);
    // Failures that a method is known for are at 0 before they happen.
    let page = scrape();
    for code in ["INTERNAL", "UNAVAILABLE"] {
        let of = [
            ("http_route", CHECK),
            ("rpc_response_status_code", code),
            ("error_type", code),
        ];
        let found = page.find("http_server_request_duration_seconds_count", &of);
        let counts: Vec<u64> = found.map(monitor_tests::Sample::count).collect();
        assert_eq!(counts, [0], "{code}");
    }
    let line = &lines(NOWHERE, 1)[0];
    assert_eq!(
        (line.text("outcome"), line.text("grpc_status")),
        ("error", "UNIMPLEMENTED")
    );
    let error = [
        ("http_route", NOWHERE),
        ("error_type", "UNIMPLEMENTED"),
        ("rpc_response_status_code", "UNIMPLEMENTED"),
    ];
    assert_eq!(timed(&error), 1);
    assert_eq!(requests("POST", NOWHERE, "200"), 1);

    reporter
        .set_service_status("db", ServingStatus::NotServing)
        .await;
    let mut watch = client
        .watch(ask("db"))
        .await
        .expect("a stream")
        .into_inner();
    let mut next = async || {
        watch
            .message()
            .await
            .expect("no error")
            .expect("a message")
            .status
    };
    assert_eq!(next().await, ServingStatus::NotServing as i32);
    reporter
        .set_service_status("db", ServingStatus::Serving)
        .await;
    assert_eq!(next().await, ServingStatus::Serving as i32, "it streams");
    drop(watch);
    assert_eq!(lines(WATCH, 1)[0].text("outcome"), "aborted");
}
