//! Series of the HTTP edge in an exporter that forgets what rests.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, Response};
use metrics_exporter_prometheus::PrometheusBuilder;
use metrics_util::MetricKindMask;
use monitor_runtime::http;
use monitor_tests::Page;
use monitor_tests::alone;
use monitor_tests::process::get;
use tower::{ServiceExt, service_fn};

/// The time after which the exporter forgets a series.
const IDLE: Duration = Duration::from_millis(200);

#[tokio::test(flavor = "multi_thread")]
async fn a_series_that_rested_comes_back() {
    alone!();
    let exporter = PrometheusBuilder::new().idle_timeout(MetricKindMask::ALL, Some(IDLE));
    let monitor = monitor_runtime::builder!()
        .addr("127.0.0.1:0")
        .log_filter("off")
        .exporter(exporter);
    let monitor = monitor.start().await.expect("a service");
    let addr = monitor.addr().expect("the management server is on");
    let series = |name: &str, label: (&str, &str)| {
        let page = Page::parse(&get(addr, "/metrics").1);
        let found: Vec<u64> = page
            .find(name, &[label])
            .map(monitor_tests::Sample::count)
            .collect();
        found
    };
    let requests = || series("http_requests_total", ("method", "GET"));
    let timed = || {
        series(
            "http_server_request_duration_seconds_count",
            ("http_request_method", "GET"),
        )
    };
    let active = || {
        series(
            "http_server_active_requests",
            ("http_request_method", "GET"),
        )
    };
    let (open, opened) = tokio::sync::watch::channel(true);
    let service = http::layer().wrap(service_fn(move |_: Request<()>| {
        let mut opened = opened.clone();
        async move {
            opened.wait_for(|open| *open).await.expect("a sender");
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::new())))
        }
    }));
    let ask = || service.clone().oneshot(Request::new(()));

    for round in 0..3 {
        drop(ask().await.expect("never fails"));
        assert_eq!(
            (requests(), timed(), active()),
            (vec![1], vec![1], vec![0]),
            "round {round}"
        );
        tokio::time::sleep(IDLE * 2).await;
        requests();
        assert_eq!(
            (requests(), timed()),
            (vec![], vec![]),
            "the exporter forgets it"
        );
    }

    // A request that takes longer than that stays on the page while it runs, and the gauge never
    // becomes -1.
    open.send_replace(false);
    let running = tokio::spawn(ask());
    for _ in 0..4 {
        tokio::time::sleep(IDLE).await;
        assert_eq!(active(), [1]);
    }
    open.send_replace(true);
    drop(running.await.expect("no panic").expect("never fails"));
    assert_eq!((requests(), active()), (vec![1], vec![0]));
    monitor.shutdown().await;
}
