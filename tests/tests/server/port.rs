//! The management port of a real process that is flooded, stopped, or closed.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use monitor_tests::process::{Service, command, get, wait_for};

pub(super) const FRAGILE: &str = env!("CARGO_BIN_EXE_fragile");

/// The default time-out of an orchestrator's probe.
pub(super) const PROBE: Duration = Duration::from_secs(1);

fn fragile(env: &[(&str, &str)]) -> Service {
    let service = Service::serving(Path::new(FRAGILE), env);
    wait_for("readiness", || {
        (get(service.management, "/readyz").0 == 200).then_some(())
    });
    service
}

/// Sends a request and returns its answer, or `None` if that takes longer than `limit`.
pub(super) fn ask(addr: SocketAddr, head: &str, limit: Duration) -> Option<String> {
    let mut stream = TcpStream::connect_timeout(&addr, limit).ok()?;
    stream.set_read_timeout(Some(limit)).ok()?;
    write!(stream, "{head}\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// Keeps so many connections busy that send one request after the other, until told to stop.
pub(super) fn flood(addr: SocketAddr, connections: usize, stop: &AtomicBool) {
    let requests = "GET /livez HTTP/1.1\r\nHost: stranger.example\r\n\r\n".repeat(64);
    let open = || {
        let stream = TcpStream::connect(addr).ok()?;
        stream.set_nonblocking(true).ok()?;
        Some(stream)
    };
    let mut streams: Vec<_> = (0..connections).map(|_| open()).collect();
    let mut answers = vec![0; 1 << 16];
    while !stop.load(Ordering::Relaxed) {
        for slot in &mut streams {
            let alive = slot.as_mut().is_some_and(|stream| {
                let would_wait =
                    |error: std::io::Error| error.kind() == std::io::ErrorKind::WouldBlock;
                let sent = stream.write(requests.as_bytes());
                let read = stream.read(&mut answers);
                sent.map_or_else(would_wait, |_| true)
                    && read.map_or_else(would_wait, |length| length > 0)
            });
            if !alive {
                *slot = open();
            }
        }
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_flood_of_pipelined_requests_keeps_no_probe_out() {
    let service = fragile(&[]);
    // The flood is a peer of its own: the probe comes from another address of this machine.
    let addr = service.management;
    let stop = Arc::new(AtomicBool::new(false));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let stop = Arc::clone(&stop);
            thread::spawn(move || flood(addr, 200, &stop))
        })
        .collect();
    thread::sleep(Duration::from_secs(2));
    let mut most = Duration::ZERO;
    for _ in 0..10 {
        let before = processor_time(&service);
        let answer = probe_from([127, 0, 0, 2], addr).expect("an answer in time");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        most = most.max(processor_time(&service).saturating_sub(before));
        thread::sleep(Duration::from_millis(100));
    }
    stop.store(true, Ordering::Relaxed);
    for thread in threads {
        thread.join().expect("the flood ends");
    }
    // In CPU time, because a busy machine may give it little: without turns it took seconds.
    assert!(
        most < PROBE / 2,
        "a probe was answered after {most:?} of work"
    );
}

/// The processor time that a process has used.
#[cfg(target_os = "linux")]
fn processor_time(service: &Service) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{}/task", service.pid())).expect("a process");
    let of_task = |path: std::path::PathBuf| {
        let times = fs::read_to_string(path.join("schedstat")).ok()?;
        times.split(' ').next()?.parse::<u64>().ok()
    };
    let tasks = tasks.filter_map(|task| of_task(task.ok()?.path()));
    Duration::from_nanos(tasks.sum())
}

#[cfg(target_os = "linux")]
pub(super) fn probe_from(source: [u8; 4], addr: SocketAddr) -> Option<String> {
    let mut stream = connect_from(source, addr)?;
    stream.set_read_timeout(Some(20 * PROBE)).ok()?;
    let head = "GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// Connects from an address of this machine.
#[cfg(target_os = "linux")]
pub(super) fn connect_from(source: [u8; 4], addr: SocketAddr) -> Option<TcpStream> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().ok()?;
        socket.bind((source, 0).into()).ok()?;
        let connect = tokio::time::timeout(20 * PROBE, socket.connect(addr));
        connect.await.ok()?.ok()?.into_std().ok()
    })?;
    stream.set_nonblocking(false).ok()?;
    Some(stream)
}

#[test]
fn the_token_can_be_asked_of_everybody() {
    const TOKEN: &str = "0123456789abcdef";
    let status = |service: &Service, path: &str, headers: &str| {
        let head = format!("GET {path} HTTP/1.1\r\nHost: localhost{headers}");
        let answer = ask(service.management, &head, 30 * PROBE).expect("an answer");
        answer[9..12].to_owned()
    };
    let bearer = format!("\r\nAuthorization: Bearer {TOKEN}");
    let stranger = "\r\nX-Forwarded-For: 192.0.2.1";
    let open = fragile(&[("MONITOR_TOKEN", TOKEN)]);
    for (path, headers, expected) in [
        ("/metrics", "", "200"),
        ("/metrics", stranger, "200"),
        ("/inventory", "", "200"),
        ("/inventory", stranger, "401"),
    ] {
        assert_eq!(status(&open, path, headers), expected, "{path} {headers}");
    }
    let closed = fragile(&[
        ("MONITOR_TOKEN", TOKEN),
        ("MONITOR_METRICS", "token"),
        ("MONITOR_LOOPBACK", "token"),
    ]);
    let both = format!("{stranger}{bearer}");
    for (path, headers, expected) in [
        ("/metrics", "", "401"),
        ("/metrics", stranger, "401"),
        ("/metrics", &bearer, "200"),
        ("/metrics", &both, "200"),
        ("/inventory", "", "401"),
        ("/inventory", &bearer, "200"),
        ("/livez", stranger, "200"),
    ] {
        assert_eq!(status(&closed, path, headers), expected, "{path} {headers}");
    }
}

/// Starts the program by a shell, which does something to its standard output and error first.
fn redirected(how: &str, socket: &Path) -> Command {
    let addr = format!("unix:{}", socket.display());
    let env = [("MONITOR_ADDR", addr.as_str()), ("EXAMPLE_FAILURES", "100")];
    let mut command = command(Path::new("/bin/sh"), &env);
    command.args(["-c", &format!("exec {FRAGILE} {how}")]);
    command
}

#[test]
fn a_check_that_fails_is_run_again_where_no_line_of_it_can_be_written() {
    // `closed` pipes have lost their reader.
    for (name, how) in [
        ("none", ">&- 2>&-"),
        ("full", "> /dev/full 2>&1"),
        ("closed", ""),
    ] {
        let socket = format!("monitor-outputs-{}-{name}.sock", std::process::id());
        let socket = std::env::temp_dir().join(socket);
        let mut command = redirected(how, &socket);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        drop((child.stdout.take(), child.stderr.take()));
        let ready = || {
            let mut stream = UnixStream::connect(&socket).ok()?;
            stream.write_all(b"GET /readyz HTTP/1.0\r\n\r\n").ok()?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).ok()?;
            Some(answer)
        };
        for end in [
            "\r\n\r\nnot ready: a critical check is failing\n",
            "\r\n\r\nok\n",
        ] {
            wait_for(end, || ready()?.ends_with(end).then_some(()));
        }
        let kill = Command::new("kill").arg(child.id().to_string()).status();
        assert!(kill.expect("kill runs").success());
        let status = wait_for("its end", || child.try_wait().expect("a child"));
        assert!(status.success(), "{name}: {status}");
        assert!(!socket.exists(), "{name}");
    }
}
