//! Responses of an axum service: nested layers, panics, streams, clients that leave, a WebSocket.

use super::*;

#[test]
fn a_nested_service_has_the_route_that_the_layer_is_told() {
    alone!();
    assert_eq!(
        ask(service(), "GET", "/assets/css/site.css", &[]).status,
        200
    );
    wait_for("the request", || {
        (requests("GET", "/assets/{*rest}", "200") == 1).then_some(())
    });
}

#[test]
fn a_layer_within_a_layer_counts_once() {
    alone!();
    let addr = service();
    assert_eq!(ask(addr, "GET", "/nested/a/item/7", &[]).status, 200);
    line("/nested/{tenant}/item/{id}");
    assert_eq!(requests("GET", "/nested/{tenant}/item/{id}", "200"), 1);
}

#[test]
fn a_panic_is_a_500_and_the_service_lives_on() {
    alone!();
    let addr = service();
    for _ in 0..3 {
        let answer = ask(addr, "GET", "/panic", &[]);
        assert_eq!((answer.status, answer.body.as_str()), (500, ""));
        assert!(answer.header("x-request-id").is_some());
    }
    for line in lines("/panic", 3) {
        assert_eq!(line.text("outcome"), "panic");
        assert_eq!(line.fields["status"], 500);
    }
    assert_eq!(requests("GET", "/panic", "500"), 3);
    assert_eq!(
        timed(&[("http_route", "/panic"), ("error_type", "panic")]),
        3
    );
    assert_eq!(scrape().errors("panic_async", "panic"), 3);
    assert_eq!(
        log().told_by(&["panic_async"]).len(),
        3,
        "one ERROR line each"
    );
}

#[test]
fn an_error_of_the_server_is_its_code() {
    alone!();
    let addr = service();
    assert_eq!(ask(addr, "GET", "/fails", &[]).status, 502);
    assert_eq!(line("/fails").text("outcome"), "error");
    assert_eq!(timed(&[("http_route", "/fails"), ("error_type", "502")]), 1);
}

#[test]
fn calls_nest_in_the_request() {
    alone!();
    let addr = service();
    ask(addr, "GET", "/calls", &[]);
    line("/calls");
    assert_eq!(
        log().completion("inner_call").spans,
        ["inner_call", "outer_call", "http_request"]
    );
    assert_eq!(
        log().spans("outer_call")[0].parent.as_deref(),
        Some("http_request")
    );
}

#[test]
fn responses_without_a_body_are_complete() {
    alone!();
    let addr = service();
    let head = ask(addr, "HEAD", "/head", &[]);
    assert_eq!(
        (head.header("content-length"), head.body.as_str()),
        (Some("12"), "")
    );
    assert_eq!(ask(addr, "GET", "/empty", &[]).status, 204);
    assert_eq!(ask(addr, "GET", "/unchanged", &[]).status, 304);
    for route in ["/head", "/empty", "/unchanged"] {
        let line = line(route);
        assert_eq!(line.text("outcome"), "ok", "{route}");
        assert_eq!(line.fields["bytes"], 0, "{route}");
    }
}

#[test]
fn a_length_that_is_known_stays_known() {
    alone!();
    let addr = service();
    let answer = ask(addr, "GET", "/big", &[]);
    assert_eq!(answer.header("content-length"), Some("3000000"));
    assert_eq!(answer.body.len(), 3_000_000);
    assert_eq!(line("/big").fields["bytes"], 3_000_000);
}

#[test]
fn a_stream_is_in_flight_to_its_end_and_comes_piece_by_piece() {
    alone!();
    let addr = service();
    let mut stream = begin(addr, "GET", "/stream", &[]);
    let first = read_until(&mut stream, "one");
    assert!(!first.contains("three"), "it is not collected: {first}");
    read_until(&mut stream, "three");
    let line = line("/stream");
    assert_eq!(line.text("outcome"), "ok");
    assert_eq!(line.fields["bytes"], 11);
    assert!(
        line.fields["duration_ms"].as_f64() >= Some(60.0),
        "{line:?}"
    );
}

#[test]
fn a_client_that_leaves_during_the_response_is_told_apart() {
    alone!();
    let addr = service();
    let mut stream = begin(addr, "GET", "/endless", &[]);
    read_until(&mut stream, "tick\n\n");
    assert!(active("GET") >= 1, "it is in flight");
    drop(stream);
    let line = line("/endless");
    assert_eq!(line.text("outcome"), "aborted");
    assert_eq!(line.fields["status"], 200, "what was sent");
    assert_eq!(requests("GET", "/endless", "200"), 1);
    assert_eq!(
        timed(&[("http_route", "/endless"), ("error_type", "cancelled")]),
        1
    );
}

#[test]
fn a_client_that_leaves_before_the_response_is_a_499() {
    alone!();
    let addr = service();
    // No other test uses the method: the gauge is all its own.
    let waiting: Vec<_> = (0..5)
        .map(|_| begin(addr, "PATCH", "/never", &[]))
        .collect();
    wait_for("five in flight", || (active("PATCH") == 5).then_some(()));
    drop(waiting);
    for line in lines("/never", 5) {
        assert_eq!(line.text("outcome"), "cancelled");
        assert_eq!(line.fields["status"], 499);
    }
    assert_eq!(active("PATCH"), 0);
    assert_eq!(requests("PATCH", "/never", "499"), 5);
    let timed_out = [("http_route", "/never"), ("error_type", "cancelled")];
    assert_eq!(timed(&timed_out), 5);
    let page = scrape();
    let mut samples = page.find("http_server_request_duration_seconds_count", &timed_out);
    assert!(samples.all(|sample| !sample.labels.contains_key("http_response_status_code")));
}

#[test]
fn a_web_socket_works() {
    alone!();
    let addr = service();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(addr)
            .await
            .expect("it listens");
        let url = format!("ws://{addr}/socket");
        let (mut socket, answer) = tokio_tungstenite::client_async(url, stream)
            .await
            .expect("an upgrade");
        assert!(answer.headers().contains_key("x-request-id"));
        for text in ["one", "two"] {
            socket
                .send(Message::text(text))
                .await
                .expect("it takes a message");
            let echo = socket.next().await.expect("an echo").expect("a message");
            assert_eq!(echo, Message::text(text));
        }
        socket.close(None).await.expect("it closes");
    });
    let line = line("/socket");
    assert_eq!(line.fields["status"], 101);
    assert_eq!(line.text("outcome"), "ok");
}

#[test]
fn ids_of_the_caller_are_kept_where_they_are_sound() {
    alone!();
    let addr = service();
    let id = |given: &str| {
        let answer = ask(addr, "GET", "/hello2", &[("x-request-id", given)]);
        answer.header("x-request-id").expect("an id").to_owned()
    };
    for sound in ["7", "a-b_c.d:e=f+g/h", &"x".repeat(128)] {
        assert_eq!(id(sound), sound);
    }
    for unsound in ["", "a b", "a\"b", "a{b}", "\u{e9}", &"x".repeat(129)] {
        let id = id(unsound);
        assert!(
            id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{id}"
        );
    }
    let twice = [("x-request-id", "a"), ("x-request-id", "b")];
    let answer = ask(addr, "GET", "/hello2", &twice);
    assert_eq!(answer.header("x-request-id").map(str::len), Some(32));
    let answer = ask(addr, "GET", "/mine", &[("x-request-id", "theirs")]);
    assert_eq!(
        answer.header("x-request-id"),
        Some("mine"),
        "the handler's own"
    );
}
