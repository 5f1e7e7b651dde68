//! A subscriber that calls monitored functions itself, wherever it is asked something.

use std::cell::Cell;
use std::fmt::{self, Debug};
use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use std::{env, thread};

use monitor_runtime::monitored;
use monitor_tests::run;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use super::Buffer;

/// Names the case to the child.
const CASE: &str = "MONITOR_TEST_REENTRANT";

/// The methods in which the subscriber calls monitored functions.
const CASES: [&str; 13] = [
    "register_callsite",
    "enabled",
    "on_new_span",
    "on_record",
    "on_enter",
    "on_exit",
    "on_close",
    "on_event",
    "max_level_hint",
    "writer",
    "locked writer",
    "debug",
    "panic hook",
];

#[monitored]
fn plain() {}

#[monitored(args(n))]
fn with_args(n: u8) {
    let _ = n;
}

#[monitored(fields(twice = n * 2))]
fn with_fields(n: u8) {
    let _ = n;
}

#[monitored(parent = None, ret)]
fn with_parent(n: u8) -> u8 {
    n
}

#[monitored(args(n))]
fn fails(n: u8) -> Result<(), String> {
    Err(format!("no {n}"))
}

#[monitored(args(n))]
async fn waits(n: u8) {
    tokio::task::yield_now().await;
    let _ = n;
}

#[monitored(args(shown))]
fn outer(shown: Shown) -> Result<(), String> {
    tracing::info!("inside of the outer function");
    with_args(1);
    let _ = shown;
    Err("the outer failure".to_owned())
}

fn reenter() {
    plain();
    with_args(1);
    with_fields(1);
    with_parent(1);
    let _ = fails(1);
    run(waits(1));
}

/// A value whose `Debug` records it again.
#[derive(Clone, Copy)]
struct Shown;

impl Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is("debug") {
            reenter();
            inner(*self);
        }
        f.write_str("Shown")
    }
}

#[monitored(args(shown))]
fn inner(shown: Shown) {
    let _ = shown;
}

fn case() -> Option<String> {
    env::var(CASE).ok()
}

fn is(name: &str) -> bool {
    case().as_deref() == Some(name)
}

fn at(name: &str) {
    if is(name) {
        reenter();
    }
}

struct Calls;

impl<S: Subscriber> Layer<S> for Calls {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        at("register_callsite");
        Interest::sometimes()
    }
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        // An outcome of its own would end no recursion of the test's making.
        if metadata.target().starts_with("existing") {
            at("enabled");
        }
        true
    }
    fn max_level_hint(&self) -> Option<tracing::level_filters::LevelFilter> {
        at("max_level_hint");
        None
    }
    fn on_new_span(&self, _: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        at("on_new_span");
    }
    fn on_record(&self, _: &Id, _: &Record<'_>, _: Context<'_, S>) {
        at("on_record");
    }
    fn on_enter(&self, _: &Id, _: Context<'_, S>) {
        at("on_enter");
    }
    fn on_exit(&self, _: &Id, _: Context<'_, S>) {
        at("on_exit");
    }
    fn on_close(&self, _: Id, _: Context<'_, S>) {
        at("on_close");
    }
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        at("on_event");
    }
}

/// A writer with monitored functions of its own.
struct Writes(&'static str, Buffer);

impl Write for Writes {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        // Its lock is held: a line from inside would wait for it with any attribute, and without.
        let own = bytes
            .windows(6)
            .any(|six| six == b"inside" || six == b"before");
        if !(own && self.0 == "locked writer") {
            at(self.0);
        }
        self.1.write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
#[ignore = "a process of its own, which the test below starts"]
fn the_process() {
    if case().is_none() {
        return;
    }
    // Known before there is a subscriber, which is then asked about all of them at once.
    plain();
    let log = Buffer::default();
    let (free, locked) = (log.clone(), log.clone());
    let free = move || Writes("writer", free.clone());
    let locked = Mutex::new(Writes("locked writer", locked));
    tracing_subscriber::registry()
        .with(tracing_subscriber::fmt::layer().with_writer(free))
        .with(tracing_subscriber::fmt::layer().with_writer(locked))
        .with(Calls)
        .init();
    if is("panic hook") {
        thread_local!(static HOOKED: Cell<bool> = const { Cell::new(false) });
        panic::set_hook(Box::new(|_| {
            if !HOOKED.replace(true) {
                reenter();
            }
        }));
    }
    tracing::info!("before");
    for _ in 0..2 {
        let failed = outer(Shown);
        assert_eq!(failed, Err("the outer failure".to_owned()));
    }
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(reenter);
        }
    });
    let panicked = panic::catch_unwind(AssertUnwindSafe(|| panics(1)));
    assert!(panicked.is_err());
    tracing::callsite::rebuild_interest_cache();
    run(waits(2));
    let text = String::from_utf8(log.0.lock().expect("not poisoned").clone()).expect("UTF-8");
    for line in ["outer failed", "with_args ok", "waits ok", "before"] {
        assert!(text.contains(line), "{line}: {text}");
    }
    println!("it goes on");
}

#[monitored(args(n))]
fn panics(n: u8) {
    panic!("no {n}");
}

#[test]
fn a_subscriber_may_call_monitored_functions_wherever_it_is_asked() {
    const TIME: Duration = Duration::from_secs(60);
    for case in CASES {
        let mut command = Command::new(env::current_exe().expect("this test"));
        command.args([
            "--exact",
            "existing::reentrant::the_process",
            "--nocapture",
            "--include-ignored",
        ]);
        command
            .env(CASE, case)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let started = Instant::now();
        let mut hangs = false;
        while child.try_wait().expect("a child").is_none() {
            if started.elapsed() > TIME {
                hangs = true;
                child.kill().expect("it runs");
            }
            thread::sleep(Duration::from_millis(5));
        }
        let output = child.wait_with_output().expect("it ended");
        let [text, errors] = [output.stdout, output.stderr]
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        assert!(!hangs, "{case}: hangs\n{text}{errors}");
        assert!(text.contains("it goes on"), "{case}: {text}{errors}");
    }
}
