//! Checks that are ready to use, against sockets and disks of this machine.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::time::Instant;

use super::blocking::eventually;
use super::pace::supervised;
use super::{MS, SECOND, failing, health};
use crate::health::Heartbeat;
use crate::health::check_state::{Slot, Standing};
use crate::health::{Check, Health};

/// Runs a check once under the real supervisor, and returns its verdict.
fn verdict(check: Check) -> Result<(), String> {
    asked(check.timeout(10 * SECOND))
}

fn asked(check: Check) -> Result<(), String> {
    let health = health(vec![check]);
    health.spawn().expect("a thread");
    let slot: &Arc<Slot> = &health.slots[0];
    eventually("a verdict", || {
        slot.standing(Instant::now()) != Standing::Pending
    });
    health.stop();
    failing(slot).map_or(Ok(()), Err)
}

/// Answers every request with this head, and never closes the connection.
fn server(head: &'static str) -> (u16, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let serve = move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut request = [0; 1024];
        let read = stream.read(&mut request).expect("a request");
        assert!(request[..read].starts_with(b"GET /ready?token=s3cret HTTP/1.1\r\n"));
        stream.write_all(head.as_bytes()).expect("taken");
        // Until the client has seen enough.
        let _ = stream.read(&mut request);
    };
    (port, thread::spawn(serve))
}

#[test]
fn a_timeout_may_be_as_long_as_can_be_said() {
    let long = |check: Check| asked(check.timeout(Duration::MAX).interval(Duration::MAX));
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let addr = listener.local_addr().expect("an address");
    assert_eq!(long(Check::tcp("db", addr.to_string())), Ok(()));
    let (port, server) = server("HTTP/1.1 200 OK\r\n\r\n");
    let url = format!("http://127.0.0.1:{port}/ready?token=s3cret");
    assert_eq!(long(Check::http("stock", url)), Ok(()));
    server.join().expect("no panic");
    assert_eq!(long(Check::disk("scratch", "/tmp", 1)), Ok(()));
    assert_eq!(long(Check::blocking("own", || Ok::<_, String>(()))), Ok(()));
    assert_eq!(
        long(Check::new("own", || async { Ok::<_, String>(()) })),
        Ok(())
    );
}

#[test]
fn tcp_says_if_a_server_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    assert_eq!(
        verdict(Check::tcp("db", format!("127.0.0.1:{port}"))),
        Ok(())
    );
    // One of the addresses that `localhost` has is enough.
    assert_eq!(
        verdict(Check::tcp("db", format!("localhost:{port}"))),
        Ok(())
    );
    drop(listener);
    let refused = verdict(Check::tcp("db", format!("127.0.0.1:{port}"))).expect_err("no server");
    assert!(
        refused.contains(&format!("127.0.0.1:{port}")) && refused.contains("refused"),
        "{refused}"
    );
    let unknown = verdict(Check::tcp("db", "no-such-host.invalid:1")).expect_err("no server");
    assert!(
        unknown.starts_with("no-such-host.invalid:1 cannot be looked up: "),
        "{unknown}"
    );
}

#[test]
fn http_says_whether_the_answer_is_the_expected_one() {
    let check = |head, expected: Option<u16>| {
        let (port, served) = server(head);
        let url = format!("http://127.0.0.1:{port}/ready?token=s3cret");
        let verdict = verdict(match expected {
            None => Check::http("stock", url),
            Some(status) => Check::http_status("stock", url, status),
        });
        served.join().expect("a request as expected");
        verdict.map_err(|text| text.replace(&port.to_string(), "PORT"))
    };
    // Neither the body that never comes is waited for, nor the other place looked at.
    assert_eq!(
        check("HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", None),
        Ok(())
    );
    assert_eq!(
        check("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", Some(401)),
        Ok(())
    );
    let moved = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
    let expected = "GET http://127.0.0.1:PORT/ready: 302 Found instead of 2xx";
    assert_eq!(check(moved, None), Err(expected.to_owned()));
    let wrong = check("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Some(204));
    assert!(
        wrong
            .expect_err("another status")
            .ends_with("200 OK instead of 204")
    );
    let nonsense = check("SSH-2.0-OpenSSH_9.6\r\n\r\n", None).expect_err("no HTTP");
    assert!(
        nonsense.starts_with("GET http://127.0.0.1:PORT/ready: "),
        "{nonsense}"
    );
}

#[test]
fn a_server_that_never_answers_is_left_in_time() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let check = Check::http("stock", format!("http://127.0.0.1:{port}/"));
    let health = health(vec![check.timeout(100 * MS).interval(MS)]);
    health.spawn().expect("a thread");
    eventually("it fails", || failing(&health.slots[0]).is_some());
    // Each run gives up its connection before the next makes one.
    listener.set_nonblocking(true).expect("possible");
    let mut open: Vec<std::net::TcpStream> = Vec::new();
    let began = std::time::Instant::now();
    while began.elapsed() < SECOND {
        if let Ok((stream, _)) = listener.accept() {
            stream.set_nonblocking(true).expect("possible");
            open.push(stream);
        }
        thread::sleep(MS);
        // The check closes the connections it leaves behind.
        open.retain(|mut stream| !matches!(stream.read(&mut [0; 1024]), Ok(0)));
        assert!(open.len() <= 2, "{} connections", open.len());
    }
    health.stop();
}

#[test]
fn disk_says_how_much_room_there_is() {
    assert_eq!(verdict(Check::disk("tmp", "/", 1)), Ok(()));
    let full = verdict(Check::disk("tmp", "/", u64::MAX)).expect_err("too much");
    assert!(
        full.starts_with("/: ") && full.ends_with(" MiB are wanted"),
        "{full}"
    );
    let missing = verdict(Check::disk("tmp", "/no/such/folder", 1)).expect_err("not there");
    assert!(
        missing.starts_with("/no/such/folder: No such file"),
        "{missing}"
    );
}

#[test]
fn a_blocking_check_runs_once_at_a_time() {
    use std::sync::atomic::{AtomicU32, Ordering};
    static RUNNING: AtomicU32 = AtomicU32::new(0);
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let entered = runtime.enter();
    // The user's runtime is not driven at all, and has neither timers nor sockets.
    let check = Check::blocking("slow", || {
        assert_eq!(RUNNING.fetch_add(1, Ordering::Relaxed), 0);
        thread::sleep(50 * MS);
        RUNNING.fetch_sub(1, Ordering::Relaxed);
        RUNS.fetch_add(1, Ordering::Relaxed);
        Ok::<_, String>(())
    });
    let health = health(vec![check.timeout(MS).interval(MS)]);
    health.spawn().expect("a thread");
    drop(entered);
    eventually("some runs", || RUNS.load(Ordering::Relaxed) >= 3);
    assert_eq!(
        failing(&health.slots[0]).as_deref(),
        Some("no answer within 1ms")
    );
    health.stop();
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_tells_late_from_finished_from_dead() {
    let heartbeat = Heartbeat::new("importer", 20 * SECOND);
    let slot = supervised(heartbeat.check());
    tokio::time::sleep(19 * SECOND).await;
    assert_eq!(failing(&slot), None, "the first beat is not due");
    tokio::time::sleep(3 * SECOND).await;
    let late = failing(&slot).expect("late");
    assert!(
        late.starts_with("no beat for 2") && late.ends_with("but 20s is the limit"),
        "{late}"
    );
    heartbeat.beat();
    tokio::time::sleep(2 * SECOND).await;
    assert_eq!(failing(&slot), None);
    for _ in 0..5 {
        tokio::time::sleep(15 * SECOND).await;
        heartbeat.beat();
        assert_eq!(failing(&slot), None);
    }
    heartbeat.finish();
    tokio::time::sleep(100 * SECOND).await;
    assert_eq!(failing(&slot), None, "finished");

    let heartbeat = Heartbeat::new("importer", 20 * SECOND);
    let slot = supervised(heartbeat.check());
    let task = tokio::spawn(async move {
        heartbeat.beat();
        panic!("as tasks do");
    });
    assert!(task.await.is_err());
    tokio::time::sleep(6 * SECOND).await;
    assert_eq!(
        failing(&slot).as_deref(),
        Some("the task has ended without finishing")
    );
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_is_not_late_for_a_process_that_was_stopped() {
    let heartbeat = Heartbeat::new("importer", 20 * SECOND);
    let slot = supervised(heartbeat.check());
    tokio::time::sleep(5 * SECOND).await;
    // The process did not run for an hour, the supervisor included.
    tokio::time::advance(Duration::from_secs(3600)).await;
    tokio::time::sleep(2 * SECOND).await;
    assert_eq!(failing(&slot), None);
    drop::<Arc<Health>>(health(vec![]));
    heartbeat.finish();
}
