//! A process that runs out of what the system gives: disk, file descriptors, threads.

use super::*;

#[test]
fn a_full_disk_under_the_log_costs_lines_and_nothing_else() {
    let full = File::options()
        .write(true)
        .open("/dev/full")
        .expect("Linux has it");
    let service = Fragile::start(
        &[("MONITOR_LOG_FORMAT", "json"), ("MONITOR_DRAIN", "50ms")],
        full.into(),
        &[],
    );
    assert_eq!(get(service.addr, "/call/500").1, "true");
    assert_eq!(service.calls("call", "ok"), 2000);
    wait_for("the lost lines", || {
        let made = service.sum("monitor_log_events_total");
        let dropped = service.sum("monitor_log_lines_dropped_total");
        assert!(dropped <= made, "{dropped} of {made}");
        (dropped >= 2000).then_some(())
    });
    service.ends_in_order();
}

#[test]
fn a_disk_that_is_full_for_a_while_costs_the_lines_of_that_while() {
    let path = std::env::temp_dir().join(format!("log-{}", std::process::id()));
    let log = File::create(&path).expect("a file");
    let env = [("MONITOR_LOG_FORMAT", "json"), ("MONITOR_DRAIN", "50ms")];
    // A limit to the size of files fails writes as a full disk does: with a part taken before.
    let limited = "trap '' XFSZ; exec prlimit --fsize=100000: \"$0\"";
    let mut service = Fragile::start(&env, log.into(), &["sh", "-c", limited]);
    assert_eq!(get(service.addr, "/call/500").1, "true");
    let dropped = || service.sum("monitor_log_lines_dropped_total");
    wait_for("lost lines", || (dropped() > 0).then_some(()));
    let id = service.child.id().to_string();
    let room = Command::new("prlimit")
        .args(["--pid", &id, "--fsize=100000000:"])
        .status();
    assert!(room.expect("prlimit runs").success());
    assert_eq!(get(service.addr, "/call/5").1, "true");
    let (made, dropped) = (service.sum("monitor_log_events_total"), dropped());
    assert_eq!(service.calls("call", "ok"), 2020);
    service.signal("TERM");
    assert!(service.end().0.success());

    let text = std::fs::read_to_string(&path).expect("UTF-8");
    std::fs::remove_file(&path).expect("still there");
    let whole = |line: &&str| serde_json::from_str::<serde_json::Value>(line).is_ok();
    let written = text.lines().filter(whole).count() as u64;
    // From the drain on the page is read no more. A check of the service's port may fail then.
    let end = text.lines().skip_while(|line| !line.contains("draining"));
    let late = end.filter(whole).count() as u64;
    assert!(late >= 2, "it drains, and is done: {text}");
    assert_eq!(written + dropped, made + late, "{dropped} dropped");
    assert!(
        text.lines().count() as u64 <= written + 1,
        "one line may be torn"
    );
    assert!(text.ends_with('\n') && text.contains("draining"));
}

#[test]
fn without_a_file_descriptor_left_it_counts_on_and_answers_when_there_is_one_again() {
    // The server of this crate: the accept loop of `warp::serve` sleeps a second after each refusal,
    // and sees its shutdown only when none is waiting.
    let env = [
        ("MONITOR_DRAIN", "50ms"),
        ("RUST_LOG", "warn"),
        ("EXAMPLE_EDGE", "1"),
    ];
    let service = Fragile::start(&env, Stdio::null(), &["prlimit", "--nofile=48:48"]);
    // Asked before, and answered later: what runs already is not disturbed.
    let slow = thread::spawn({
        let addr = service.addr;
        move || get(addr, "/call/50000")
    });
    let mut taken: Vec<TcpStream> = Vec::new();
    let exhausted = |taken: &mut Vec<TcpStream>| {
        taken.extend(TcpStream::connect_timeout(
            &service.addr,
            Duration::from_millis(100),
        ));
        let open = std::fs::read_dir(format!("/proc/{}/fd", service.child.id()));
        open.expect("it runs").count() >= 48
    };
    wait_for("no descriptor to be left", || {
        exhausted(&mut taken).then_some(())
    });
    let mut waiting = TcpStream::connect(service.management).expect("the kernel takes it");
    {
        use std::io::Write;
        waiting
            .write_all(b"GET /livez HTTP/1.0\r\n\r\n")
            .expect("taken");
    }
    thread::sleep(Duration::from_millis(500));
    drop(taken);
    let mut answer = String::new();
    waiting
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a time-out");
    std::io::Read::read_to_string(&mut waiting, &mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
    assert_eq!(slow.join().expect("an answer").1, "true");
    assert_eq!(service.calls("call", "ok"), 200_000);
    wait_for("the check of the port", || {
        let up = "monitor_health_check_up{check=\"port\"} 1\n";
        get(service.management, "/metrics")
            .1
            .contains(up)
            .then_some(())
    });
    service.ends_in_order();
}

#[test]
fn without_descriptors_to_begin_with_it_says_so_and_ends() {
    // Enough for some parts of the start and not for others: an error, never a panic or a hang.
    let mut refused = 0;
    // With 6 or 7, tokio's own panics in `main`: it has none for its signals, and no error that says so.
    for limit in (4..32).filter(|limit| ![6, 7].contains(limit)) {
        let limit = format!("--nofile={limit}:{limit}");
        let mut service = Fragile::spawn(&[], Stdio::null(), &["prlimit", &limit]);
        let begin = Instant::now();
        let status = loop {
            if let Some(status) = service.child.try_wait().expect("a child") {
                break Some(status);
            }
            if TcpStream::connect(service.management).is_ok() {
                break None; // It has what it needs.
            }
            assert!(
                begin.elapsed() < Duration::from_secs(20),
                "{limit}: neither up nor gone"
            );
            thread::sleep(Duration::from_millis(5));
        };
        let Some(status) = status else { continue };
        refused += 1;
        // 127: not even its libraries could be opened.
        assert!(matches!(status.code(), Some(1 | 127)), "{limit}: {status}");
    }
    assert!(refused > 3, "{refused}");
}

/// Words before a command that run it as a user whose threads the system bounds: not as root.
fn unprivileged() -> Vec<&'static str> {
    let id = Command::new("id")
        .arg("-u")
        .output()
        .expect("id runs")
        .stdout;
    if id == b"0\n" {
        vec!["setpriv", "--reuid=54321", "--regid=0", "--clear-groups"]
    } else {
        vec![]
    }
}

#[test]
fn without_a_thread_left_it_says_so_and_goes_on_when_there_is_one_again() {
    // The folder of the tests may be one that only its owner can look into.
    let copy = std::env::temp_dir().join(format!("fragile-{}", std::process::id()));
    std::fs::copy(env!("CARGO_BIN_EXE_fragile"), &copy).expect("a copy");
    let prefix = unprivileged();
    let env = [
        ("MONITOR_DRAIN", "50ms"),
        ("RUST_LOG", "warn"),
        ("EXAMPLE_SELDOM", "1"),
    ];
    let words: Vec<&str> = prefix.iter().copied().chain(copy.to_str()).collect();
    let service = Fragile::start(&env, Stdio::null(), &words);
    std::fs::remove_file(&copy).expect("still there");
    let allow = |threads: u32| {
        let (id, limit) = (
            service.child.id().to_string(),
            format!("--nproc={threads}:"),
        );
        let words: Vec<&str> = prefix
            .iter()
            .copied()
            .chain(["prlimit", "--pid", &id, &limit])
            .collect();
        let set = Command::new(words[0]).args(&words[1..]).status();
        assert!(set.expect("prlimit runs").success());
    };
    allow(1);
    // The threads of pools end when they have been idle for ten seconds.
    thread::sleep(Duration::from_secs(12));
    let answer = get(service.management, "/metrics");
    assert_eq!(
        answer,
        (503, "the system gave no thread to run on\n".to_owned())
    );
    assert_eq!(get(service.management, "/livez").0, 200);
    let says = |wanted: &str| {
        wait_for(wanted, || {
            let (_, body) = get(service.management, "/readyz?verbose");
            body.contains(wanted).then_some(())
        });
    };
    says("[-]port failed (not critical): the system gave no thread to run on\n");
    allow(2_000);
    says("[+]port ok\n");
    assert_eq!(get(service.addr, "/call/10").1, "true");
    assert_eq!(service.calls("call", "ok"), 40);
    service.ends_in_order();
}

#[test]
fn a_thousand_panicking_tasks_are_counted_and_survived() {
    let sentry = Sentry::start();
    let dsn = sentry.dsn();
    let env = [("SENTRY_DSN", dsn.as_str()), ("MONITOR_DRAIN", "50ms")];
    let service = Fragile::start(&env, Stdio::null(), &[]);
    assert_eq!(get(service.addr, "/panic/1000").1, "1000");
    assert_eq!(service.calls("panic", "error"), 1000);
    assert_eq!(get(service.addr, "/call/10").1, "true");
    assert_eq!(service.calls("call", "ok"), 40);
    assert_eq!(get(service.management, "/readyz").0, 200);
    service.ends_in_order();
    let events = sentry.events();
    // Ten, what was refilled meanwhile, and the summary of the rest.
    assert!((2..=15).contains(&events.len()), "{} events", events.len());
}

#[test]
fn the_soak_holds_for_some_seconds() {
    let mut soak = command(Path::new(env!("CARGO_BIN_EXE_soak")), &[]);
    let done = soak.arg("6").output().expect("it runs");
    let said = String::from_utf8_lossy(&done.stdout);
    let problem = String::from_utf8_lossy(&done.stderr);
    assert!(
        done.status.success() && said.ends_with("held\n"),
        "{said}{problem}"
    );
}
