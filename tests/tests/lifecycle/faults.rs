//! Injects faults around a real process: it keeps running, its counts stay exact, and it ends in
//! time.

use std::fs::File;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use monitor_tests::process::count_of as calls;
use monitor_tests::process::{Sentry, command, get, try_get, wait_for};

/// The time that a shutdown may take beyond the drain delay: flush, running requests, the log.
const DEADLINE: Duration = Duration::from_secs(5);

/// The fragile service, on ports that are known before it starts: its log may go anywhere.
struct Fragile {
    child: Child,
    addr: SocketAddr,
    management: SocketAddr,
}

/// Returns a port that was free a moment ago.
fn free() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("bound")
}

impl Fragile {
    /// Starts it; `prefix` puts other words before its name, or ends in that of a copy.
    fn spawn(env: &[(&str, &str)], stdout: Stdio, prefix: &[&str]) -> Self {
        let (addr, management) = (free(), free());
        let program = env!("CARGO_BIN_EXE_fragile");
        let is_there = prefix.last().is_some_and(|word| word.contains("fragile"));
        let words = prefix.iter().copied();
        let words: Vec<&str> = words.chain((!is_there).then_some(program)).collect();
        let mut command: Command = command(Path::new(words[0]), env);
        command.args(&words[1..]);
        for (name, addr) in [("EXAMPLE_ADDR", addr), ("MONITOR_ADDR", management)] {
            if !env.iter().any(|(given, _)| *given == name) {
                command.env(name, addr.to_string());
            }
        }
        command.stdout(stdout).stderr(Stdio::null());
        let child = command.spawn().expect("it starts");
        Self {
            child,
            addr,
            management,
        }
    }

    /// [`spawn`](Self::spawn), and waits until it is ready.
    fn start(env: &[(&str, &str)], stdout: Stdio, prefix: &[&str]) -> Self {
        let this = Self::spawn(env, stdout, prefix);
        wait_for("readiness", || {
            let ready = || TcpStream::connect(this.management).is_ok();
            let ready = ready() && try_get(this.management, "/readyz")?.0 == 200;
            (ready && TcpStream::connect(this.addr).is_ok()).then_some(())
        });
        this
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &id])
            .status();
        assert!(sent.expect("kill runs").success());
    }

    /// Waits for its end; returns how it ended and how long that took.
    fn end(&mut self) -> (ExitStatus, Duration) {
        let begin = Instant::now();
        let status = wait_for("the end", || self.child.try_wait().expect("a child"));
        (status, begin.elapsed())
    }

    /// Says that it is to end, and that it does so in order and in time.
    fn ends_in_order(mut self) {
        self.signal("TERM");
        let (status, took) = self.end();
        assert!(status.success(), "{status}");
        assert!(took < DEADLINE, "{took:?}");
    }

    /// The calls of a function that had this result.
    fn calls(&self, function: &str, result: &str) -> u64 {
        calls(&get(self.management, "/metrics").1, function, result)
    }

    /// The sum of a family.
    fn sum(&self, family: &str) -> u64 {
        let page = get(self.management, "/metrics").1;
        let samples = page.lines().filter(|line| line.starts_with(family));
        samples
            .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
            .sum()
    }
}

impl Drop for Fragile {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn sixty_four_scrapers_see_counts_that_only_grow_and_end_exact() {
    const ROUNDS: u32 = 20;
    const EACH: u32 = 5_000;
    let service = Fragile::start(
        &[("RUST_LOG", "warn"), ("MONITOR_DRAIN", "50ms")],
        Stdio::null(),
        &[],
    );
    let (done, scrapes) = (AtomicBool::new(false), AtomicU64::new(0));
    thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                let mut last = 0;
                while !done.load(Ordering::Relaxed) {
                    let (status, page) = get(service.management, "/metrics");
                    // Only four scrapes of one peer may wait for a page.
                    if status == 503 {
                        thread::sleep(Duration::from_millis(10));
                        continue;
                    }
                    assert_eq!(status, 200);
                    let seen = calls(&page, "call", "ok");
                    assert!(seen >= last, "{last} and then {seen}");
                    last = seen;
                    scrapes.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for _ in 0..ROUNDS {
            assert_eq!(get(service.addr, &format!("/call/{EACH}")).1, "true");
            let probed = Instant::now();
            assert_eq!(get(service.management, "/livez").0, 200);
            let took = probed.elapsed();
            assert!(took < Duration::from_secs(5), "a probe took {took:?}");
        }
        done.store(true, Ordering::Relaxed);
    });
    assert_eq!(service.calls("call", "ok"), u64::from(ROUNDS * EACH * 4));
    assert!(scrapes.load(Ordering::Relaxed) >= 64);
    service.ends_in_order();
}

#[test]
fn a_signal_in_any_phase_ends_it_in_time_and_in_a_known_way() {
    // From before `main` over the start and the service into its way down.
    // The service gets no requests, so each takes ports that no other can have.
    let env = [
        ("EXAMPLE_ADDR", "127.0.0.1:0"),
        ("MONITOR_ADDR", "127.0.0.1:0"),
        ("MONITOR_DRAIN", "50ms"),
        ("RUST_LOG", "warn"),
    ];
    let moments: Vec<u64> = (0..40).map(|step| step * 5).collect();
    for moments in moments.chunks(4) {
        thread::scope(|scope| {
            for after in moments {
                scope.spawn(move || {
                    let mut service = Fragile::spawn(&env, Stdio::null(), &[]);
                    thread::sleep(Duration::from_millis(*after));
                    service.signal("TERM");
                    let (status, took) = service.end();
                    // Before there is anything to end, and without a handler, the signal's own way.
                    let known = status.success() || status.signal() == Some(15);
                    assert!(known, "after {after} ms: {status}");
                    assert!(took < DEADLINE, "after {after} ms: {took:?}");
                });
            }
        });
    }
}

#[test]
fn a_signal_while_it_is_starting_ends_it_in_order() {
    // One of its checks never answers, so it never is anything but starting.
    let env = [("MONITOR_DRAIN", "500ms"), ("EXAMPLE_HANGS", "1")];
    let service = Fragile::spawn(&env, Stdio::null(), &[]);
    let says = |refusal: &str| {
        wait_for(refusal, || {
            let answer = TcpStream::connect(service.management).ok();
            let answer = answer.and_then(|_| try_get(service.management, "/readyz"))?;
            (answer == (503, format!("not ready: {refusal}\n"))).then_some(())
        });
    };
    says("starting");
    assert_eq!(get(service.management, "/startupz").0, 503);
    service.signal("TERM");
    says("draining");
    let mut service = service;
    let (status, took) = service.end();
    assert!(status.success() && took < DEADLINE, "{status} {took:?}");
}

#[test]
fn a_signal_during_the_shutdown_means_now_and_without_one_its_deadline_holds() {
    // A Sentry that takes its time: the flush lasts for as long as it may.
    let sentry = Sentry::answering("200 OK", Duration::from_secs(60));
    let dsn = sentry.dsn();
    let env = [("SENTRY_DSN", dsn.as_str()), ("MONITOR_DRAIN", "50ms")];
    for again in [false, true] {
        let mut service = Fragile::start(&env, Stdio::null(), &[]);
        assert_eq!(get(service.addr, "/panic/5").1, "5");
        wait_for("an event on its way", || {
            (sentry.requests() > usize::from(again)).then_some(())
        });
        service.signal("TERM");
        // The service's own port closes before the flush begins.
        wait_for("the shutdown", || {
            TcpStream::connect(service.addr).is_err().then_some(())
        });
        assert_eq!(
            get(service.management, "/livez").0,
            200,
            "its port closes last"
        );
        if again {
            // One that ends the wait for load balancers, and one that means now.
            service.signal("INT");
            service.signal("INT");
        }
        let (status, took) = service.end();
        if again {
            assert_eq!(status.signal(), Some(2));
            assert!(took < Duration::from_secs(1), "{took:?}");
        } else {
            assert!(status.success(), "{status}");
            assert!(took < DEADLINE, "{took:?}");
        }
    }
}

mod resources;
