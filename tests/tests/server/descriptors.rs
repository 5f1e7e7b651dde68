//! The management port of a process that has few file descriptors, or has used them up.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use monitor_tests::process::{Service, get, wait_for};
use serde_json::Value;

use crate::port::{FRAGILE, PROBE, ask, connect_from, flood, probe_from};

/// A program that may have so many file descriptors.
fn limited(descriptors: u32) -> std::path::PathBuf {
    let name = format!("monitor-limited-{descriptors}-{}", std::process::id());
    let script = std::env::temp_dir().join(name);
    let text = format!("#!/bin/sh\nulimit -n {descriptors}\nexec {FRAGILE}\n");
    fs::write(&script, text).expect("a script");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o700)).expect("its mode");
    script
}

#[test]
fn a_service_out_of_file_descriptors_answers_probes_and_says_so_once() {
    let script = limited(40);
    let service = Service::serving(&script, &[("EXAMPLE_EDGE", "1"), ("RUST_LOG", "info")]);
    wait_for("readiness", || {
        (get(service.management, "/readyz").0 == 200).then_some(())
    });
    let idle: Vec<_> = (0..60)
        .filter_map(|_| TcpStream::connect(service.addr).ok())
        .collect();
    // The first line reports that no descriptor is left.
    let refused = || {
        let lines = service.lines();
        let lines = lines
            .iter()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let told = lines.filter(|line| {
            line["fields"]["message"] == "no connection can be accepted; trying again"
        });
        told.filter(|line| line["fields"]["server"] == "http::warp")
            .count()
    };
    wait_for("the line", || (refused() > 0).then_some(()));
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(4) {
        for path in ["/livez", "/readyz", "/metrics", "/health"] {
            let head = format!("GET {path} HTTP/1.1\r\nHost: localhost");
            let answer = ask(service.management, &head, PROBE);
            let answer = answer.unwrap_or_else(|| panic!("no answer of {path} in {PROBE:?}"));
            assert!(!answer.is_empty(), "{path}");
        }
        thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(refused(), 1);
    drop(idle);
    wait_for("the service", || {
        ask(service.addr, "GET /call/1 HTTP/1.1\r\nHost: a", PROBE).filter(|text| !text.is_empty())
    });
    let _ = fs::remove_file(script);
}

#[test]
#[cfg(target_os = "linux")]
fn connections_to_the_port_leave_the_service_its_file_descriptors() {
    const DESCRIPTORS: u32 = 30;
    /// Connections that the service has to take while the port is as full as it gets.
    const OWN: usize = 3;
    let script = limited(DESCRIPTORS);
    let service = Service::serving(&script, &[("EXAMPLE_EDGE", "1"), ("RUST_LOG", "info")]);
    wait_for("readiness", || {
        (get(service.management, "/readyz").0 == 200).then_some(())
    });
    let waits = "PUT /log-level HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
        Content-Length: 9\r\n\r\n{";
    // One peer and several, each with 60 connections that say nothing, or that are answered when
    // the body has come, which takes longer than this test.
    for (peers, said) in [(1, ""), (20, ""), (1, waits), (20, waits)] {
        let open = |number: u8| {
            let mut stream = connect_from([127, 0, 1, number % peers], service.management)?;
            stream.write_all(said.as_bytes()).ok()?;
            Some(stream)
        };
        let taken: Vec<_> = (0..60).filter_map(open).collect();
        assert_eq!(taken.len(), 60);
        let mut own = Vec::new();
        for number in 0..OWN {
            let mut stream = TcpStream::connect(service.addr).expect("the system takes it");
            stream
                .set_read_timeout(Some(3 * PROBE))
                .expect("a time-out");
            write!(stream, "GET /call/1 HTTP/1.1\r\nHost: a\r\n\r\n").expect("sent");
            let answered = matches!(stream.read(&mut [0; 64]), Ok(1..));
            assert!(answered, "{peers} peers, {said:?}: no answer to {number}");
            own.push(stream);
        }
        let answer = probe_from([127, 0, 0, 2], service.management).expect("a probe's answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let _ = fs::remove_file(script);
}

#[test]
#[cfg(target_os = "linux")]
fn a_flood_of_new_connections_leaves_the_service_its_file_descriptors() {
    const DESCRIPTORS: u32 = 300;
    let script = limited(DESCRIPTORS);
    let service = Service::serving(&script, &[("EXAMPLE_EDGE", "1"), ("RUST_LOG", "info")]);
    wait_for("readiness", || {
        (get(service.management, "/readyz").0 == 200).then_some(())
    });
    let open = || {
        let all = fs::read_dir(format!("/proc/{}/fd", service.pid()));
        all.expect("it runs").count()
    };
    let (before, stop) = (open(), AtomicBool::new(false));
    let most = thread::scope(|scope| {
        for _ in 0..4 {
            // More than have a place, so that they are cut, and come again, all the time.
            scope.spawn(|| flood(service.management, 150, &stop));
        }
        let (begin, mut most) = (Instant::now(), 0);
        while begin.elapsed() < Duration::from_secs(3) {
            most = most.max(open());
            thread::sleep(Duration::from_millis(5));
        }
        stop.store(true, Ordering::Relaxed);
        most
    });
    let half = DESCRIPTORS as usize / 2;
    assert!(most < before + half, "{most} are open, {before} before");
    let _ = fs::remove_file(script);
}
