//! SIGTERM and SIGINT while requests run: who is in charge, what is finished and what is cut off.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::time::{Duration, Instant};

use monitor_tests::process::{Service, get, try_get, wait_for};

fn service(mode: &str, env: &[(&str, &str)]) -> Service {
    let program = Path::new(env!("CARGO_BIN_EXE_serving"));
    Service::serving_as(program, mode, env)
}

fn says(service: &Service, text: &str) -> bool {
    service.lines().iter().any(|line| line.contains(text))
}

/// The line of a WARN that has this message, once it is there.
fn warning(service: &Service, message: &str) -> serde_json::Value {
    wait_for(message, || {
        let lines = service.lines();
        let line = lines.iter().find(|line| line.contains(message))?;
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        assert_eq!(line["level"], "WARN", "{line}");
        Some(line)
    })
}

/// Sends bytes, and waits until they have arrived.
fn send(service: &Service, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(service.addr).expect("it listens");
    stream.write_all(bytes).expect("they can be sent");
    std::thread::sleep(Duration::from_millis(300));
    stream
}

fn request(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").into_bytes()
}

/// Asks for something slow, and returns once the request runs.
fn slow(service: &Service, milliseconds: u64) -> std::thread::JoinHandle<u16> {
    let addr = service.addr;
    let asked = std::thread::spawn(move || {
        try_get(addr, &format!("/slow/{milliseconds}")).map_or(0, |(status, _)| status)
    });
    wait_for("the request to run", || {
        let (_, page) = get(service.management, "/metrics");
        let mut gauge = page
            .lines()
            .filter(|line| line.starts_with("http_server_active_requests{"));
        gauge.any(|line| line.ends_with(" 1")).then_some(())
    });
    asked
}

#[test]
fn a_service_that_handles_signals_itself_ends_as_it_does_without_the_runtime() {
    for (mode, name, drain) in [
        ("own", "INT", "5s"),
        ("own", "TERM", "100ms"),
        ("signals_off", "INT", "5s"),
        ("signals_off", "TERM", "100ms"),
    ] {
        let mut service = service(mode, &[("MONITOR_DRAIN", drain)]);
        let asked = slow(&service, 3000);
        service.signal(name);
        assert_eq!(asked.join().unwrap(), 200, "{mode}, {name}");
        let answered = Instant::now();
        assert!(service.wait().success(), "{mode}, {name}");
        let took = answered.elapsed();
        assert!(
            took < Duration::from_secs(4),
            "no delay is waited for: {took:?}"
        );
        assert!(
            says(&service, "SERVED") && says(&service, "DONE"),
            "{mode}, {name}"
        );
        assert!(!says(&service, "ending the process"), "{mode}, {name}");
    }
}

#[test]
fn a_service_that_handles_signals_itself_is_bound_by_a_limit_that_is_set() {
    let env = [("MONITOR_DRAIN", "100ms"), ("MONITOR_DRAIN_LIMIT", "500ms")];
    let mut service = service("own", &env);
    let _stream = send(&service, &request("/endless"));
    service.signal("TERM");
    assert!(service.wait().success());
    assert_eq!(
        warning(&service, "requests are cut off")["fields"]["requests"],
        1
    );
    warning(&service, "ending the process");
}

#[test]
fn the_process_ends_within_drain_and_limit_whatever_clients_do() {
    let clients: &[(&str, &[u8], u64)] = &[
        (
            "a stream that never ends",
            b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n",
            1,
        ),
        (
            "a request of an hour",
            b"GET /slow/3600000 HTTP/1.1\r\nHost: x\r\n\r\n",
            1,
        ),
        (
            "half an upload",
            b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc",
            1,
        ),
        ("half a head", b"GET /slow/1 HT", 0),
        // Its preface and a SETTINGS frame, with a window of 0 for each stream.
        (
            "an HTTP/2 client with a closed window that answers nothing",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\
              \x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00\x00\
              \x00\x00\x0f\x01\x05\x00\x00\x00\x01\x82\x87\x04\x08/endless\x41\x01x",
            1,
        ),
        (
            "an HTTP/2 client that asks for nothing and answers no PING",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
            0,
        ),
    ];
    for mode in ["warp", "drained", "cut_off"] {
        for (client, bytes, cut) in clients {
            let env = [("MONITOR_DRAIN", "100ms"), ("MONITOR_DRAIN_LIMIT", "700ms")];
            let mut service = service(mode, &env);
            let stream = send(&service, bytes);
            service.signal("TERM");
            let began = Instant::now();
            assert!(service.wait().success(), "{mode}, {client}");
            let took = began.elapsed();
            assert!(took < Duration::from_secs(8), "{mode}, {client}: {took:?}");
            if *cut > 0 {
                let limit = Duration::from_millis(700);
                assert!(took > limit, "{mode}, {client}: {took:?}");
                let line = warning(&service, "requests are cut off");
                assert_eq!(line["fields"]["requests"], *cut, "{mode}, {client}");
            }
            assert!(says(&service, "shutdown is done"), "{mode}, {client}");
            if mode != "drained" {
                assert!(says(&service, "SERVED"), "{mode}, {client}");
            }
            drop(stream);
        }
    }
}

/// Returns the reasons of the cancelled calls of a function, sorted, once there are so many.
fn reasons(service: &Service, function: &str, count: usize) -> Vec<String> {
    let message = format!("{function} cancelled");
    let mut reasons = wait_for("lines of cancelled calls", || {
        let lines = service.lines();
        let lines = lines.iter().filter(|line| line.contains(&message));
        let lines: Vec<serde_json::Value> = lines
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        (lines.len() >= count).then_some(lines)
    });
    reasons.sort_by_key(ToString::to_string);
    let reason = |line: &serde_json::Value| line["fields"]["cancel_reason"].to_string();
    reasons.iter().map(reason).collect()
}

#[test]
fn a_call_that_is_cut_off_says_so_and_one_that_is_given_up_before_does_not() {
    // Its preface, a SETTINGS frame, and the head of `GET /slow/3600000`.
    let http2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\
          \x00\x00\x00\x04\x00\x00\x00\x00\x00\
          \x00\x00\x14\x01\x05\x00\x00\x00\x01\x82\x87\x04\x0d/slow/3600000\x41\x01x";
    for mode in ["warp", "cut_off"] {
        let env = [
            ("MONITOR_DRAIN", "100ms"),
            ("MONITOR_DRAIN_LIMIT", "1500ms"),
        ];
        let mut service = service(mode, &env);
        let given_up = send(&service, &request("/slow/3600000"));
        let cut = [
            send(&service, &request("/slow/3600000")),
            send(&service, http2),
        ];
        service.signal("TERM");
        std::thread::sleep(Duration::from_millis(300));
        drop(given_up);
        assert_eq!(
            reasons(&service, "slow", 1),
            ["\"client\""],
            "{mode}: it still drains"
        );
        assert!(service.wait().success(), "{mode}");
        let all = ["\"client\"", "\"shutdown\"", "\"shutdown\""];
        assert_eq!(reasons(&service, "slow", 3), all, "{mode}");
        // The runtime is dropped after the shutdown.
        let all = ["\"shutdown\"", "\"shutdown\""];
        assert_eq!(reasons(&service, "background", 2), all, "{mode}");
        drop(cut);
    }
}

#[test]
fn another_sigterm_changes_nothing_and_sigint_twice_means_now() {
    let env = [("MONITOR_DRAIN", "2s")];
    let mut twice = service("drained", &env);
    let asked = slow(&twice, 1000);
    twice.signal("TERM");
    twice.signal("TERM");
    std::thread::sleep(Duration::from_millis(200));
    twice.signal("TERM");
    assert_eq!(asked.join().unwrap(), 200);
    assert!(twice.wait().success());

    let mut interrupted = service("drained", &env);
    let asked = slow(&interrupted, 20_000);
    interrupted.signal("TERM");
    interrupted.signal("INT");
    std::thread::sleep(Duration::from_millis(200));
    assert!(
        interrupted.ended().is_none(),
        "the first one only skips the delay"
    );
    interrupted.signal("INT");
    assert_eq!(interrupted.wait().signal(), Some(2));
    assert_eq!(asked.join().unwrap(), 0, "it was cut off");
}

#[test]
fn a_service_that_waits_for_nothing_is_ended_and_the_log_says_why() {
    for (name, number) in [("TERM", 15), ("INT", 2)] {
        let mut service = service("nothing", &[("MONITOR_DRAIN", "100ms")]);
        let asked = slow(&service, 20_000);
        service.signal(name);
        assert_eq!(service.wait().signal(), Some(number));
        let line = warning(&service, "ending the process: nothing waits for");
        assert_eq!(line["fields"]["requests"], 1);
        assert_eq!(asked.join().unwrap(), 0);
    }
}

#[test]
fn a_head_that_does_not_come_is_not_waited_for() {
    let service = service("warp", &[]);
    let kinds: [&[u8]; 3] = [b"GET /slow/1 HTTP/1.1\r\nHost: x\r\n", b"PRI * HT", b""];
    let began = Instant::now();
    let streams: Vec<TcpStream> = (0..60)
        .map(|at| {
            let mut stream = TcpStream::connect(service.addr).expect("it listens");
            stream
                .write_all(kinds[at % kinds.len()])
                .expect("they can be sent");
            stream
        })
        .collect();
    for mut stream in streams {
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .expect("a time");
        let mut answer = Vec::new();
        let closed = stream.read_to_end(&mut answer);
        assert!(closed.is_ok(), "{closed:?} after {:?}", began.elapsed());
    }
    let took = began.elapsed();
    assert!(
        took > Duration::from_secs(25),
        "a slow client has time: {took:?}"
    );
}
