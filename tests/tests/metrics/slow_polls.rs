//! Tests polls that hold their thread for long: their counts, and the lines that name them.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::thread;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use monitor_runtime::{monitored, task};
use monitor_tests::{Event, Log, Page, alone, pause, poll, run};
use tracing::Level;

/// The limit: more than a quick poll takes on a busy machine.
const LIMIT: Duration = Duration::from_millis(100);
const BLOCKED: Duration = Duration::from_millis(120);

/// Starts the runtime with a log that is kept.
fn start() -> (&'static Log, monitor_runtime::Monitor) {
    let log = Log::install();
    let monitor = monitor_runtime::builder!()
        .addr("off")
        .slow_poll(LIMIT)
        .start_blocking()
        .expect("the runtime starts");
    (log, monitor)
}

fn slow(monitor: &monitor_runtime::Monitor, function: &str) -> u64 {
    let page = Page::parse(&monitor.render_metrics());
    let slow = page.value("function_calls_slow_polls_total", &[("function", function)]);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count"
    )]
    let slow = slow.expect("it is on the page") as u64;
    slow
}

fn lines(log: &Log) -> Vec<Event> {
    log.events(|event| event.target == "monitor_runtime::polls")
}

#[monitored]
async fn blocks_at_once() {
    thread::sleep(BLOCKED);
}

#[monitored]
async fn blocks_then_waits() {
    thread::sleep(BLOCKED);
    pause().await;
}

#[monitored]
async fn waits_then_blocks() -> Result<(), &'static str> {
    pause().await;
    thread::sleep(BLOCKED);
    Err("after that")
}

#[monitored]
async fn blocks_and_panics() {
    pause().await;
    thread::sleep(BLOCKED);
    panic!("after that");
}

#[monitored]
fn boxed_and_blocks() -> BoxFuture<'static, ()> {
    Box::pin(async { thread::sleep(BLOCKED) })
}

#[monitored]
async fn blocks_in_its_drop() {
    struct Blocks;
    impl Drop for Blocks {
        fn drop(&mut self) {
            thread::sleep(BLOCKED);
        }
    }
    let _blocks = Blocks;
    pause().await;
}

#[monitored]
async fn only_waits() {
    for _ in 0..3 {
        pause().await;
        assert!(poll(pin!(quick())).is_ready());
    }
}

#[monitored]
async fn quick() {}

#[monitored]
fn blocks_in_sync() {
    thread::sleep(BLOCKED);
}

#[test]
fn each_slow_poll_counts_however_the_call_ends() {
    alone!();
    let (log, monitor) = start();
    run(blocks_at_once());
    run(blocks_then_waits());
    run(waits_then_blocks()).expect_err("an error");
    let mut panics = Box::pin(blocks_and_panics());
    assert!(poll(panics.as_mut()).is_pending());
    catch_unwind(AssertUnwindSafe(|| poll(panics.as_mut()))).expect_err("it panics");
    run(boxed_and_blocks());
    let mut dropped = Box::pin(blocks_in_its_drop());
    assert!(poll(dropped.as_mut()).is_pending());
    drop(dropped);
    let mut waits = Box::pin(only_waits());
    while poll(waits.as_mut()).is_pending() {
        thread::sleep(BLOCKED);
    }
    blocks_in_sync();
    let blocked = [
        "blocks_at_once",
        "blocks_then_waits",
        "waits_then_blocks",
        "blocks_and_panics",
        "boxed_and_blocks",
    ];
    for function in blocked {
        assert_eq!(slow(&monitor, function), 1, "{function}");
    }
    for function in ["blocks_in_its_drop", "only_waits", "quick"] {
        assert_eq!(slow(&monitor, function), 0, "{function}");
    }
    let told: Vec<String> = lines(log)
        .iter()
        .map(|line| line.text("function").to_owned())
        .collect();
    assert_eq!(told, blocked);
}

#[monitored]
async fn serves() {
    passes_on().await;
}

#[monitored]
async fn passes_on() {
    pause().await;
    holds().await;
}

#[monitored]
async fn holds() {
    thread::sleep(BLOCKED);
    pause().await;
}

#[monitored]
async fn holds_as_well() {
    holds().await;
    thread::sleep(BLOCKED);
}

#[test]
fn one_line_names_the_innermost_function_and_its_path() {
    alone!();
    let (log, monitor) = start();
    let began = Instant::now();
    run(task::scoped(serves()));
    let whole = began.elapsed().as_secs_f64() * 1e3;
    for function in ["serves", "passes_on", "holds"] {
        assert_eq!(slow(&monitor, function), 1, "{function}");
    }
    let told = lines(log);
    let [line] = &told[..] else {
        panic!("one line: {told:#?}");
    };
    assert_eq!(line.level, Level::WARN);
    assert_eq!(line.text("function"), "holds");
    assert_eq!(line.text("path"), "serves > passes_on > holds");
    let message = line.text("message");
    assert!(message.starts_with("holds slow poll"), "{message}");
    let duration = line.fields["duration_ms"].as_f64().expect("a number");
    assert!((120.0..whole).contains(&duration), "{duration} of {whole}");
    assert_eq!(line.fields["threshold_ms"].as_f64(), Some(100.0));
    assert!(!line.fields.contains_key("suppressed"), "{line:?}");
    // The outer function blocks in another poll than the inner one.
    run(holds_as_well());
    let told: Vec<Event> = lines(log).split_off(1);
    let functions: Vec<&str> = told.iter().map(|line| line.text("function")).collect();
    assert_eq!(functions, ["holds", "holds_as_well"]);
    assert_eq!(slow(&monitor, "holds_as_well"), 2);
}

#[monitored]
async fn blocks_in_turn() {
    blocks_at_once().await;
    boxed_and_blocks().await;
    blocks_at_once().await;
}

#[monitored]
async fn blocks_side_by_side() {
    futures_util::future::join(blocks_at_once(), boxed_and_blocks()).await;
}

#[monitored]
async fn blocks_all() {
    blocks_at_once().await;
    blocks_side_by_side().await;
}

#[monitored]
async fn blocks_between() {
    blocks_at_once().await;
    thread::sleep(BLOCKED);
    blocks_at_once().await;
}

#[monitored]
async fn blocks_so_often(times: u32) {
    for _ in 0..times {
        blocks_at_once().await;
    }
}

#[test]
fn an_outer_function_is_named_only_if_it_is_slow_without_all_inner_ones() {
    alone!();
    let (log, monitor) = start();
    let told = |call: &dyn Fn()| {
        let before = lines(log).len();
        call();
        let told = lines(log).split_off(before);
        let functions = told.iter().map(|line| line.text("function").to_owned());
        functions.collect::<Vec<_>>()
    };
    let (one, other) = ("blocks_at_once", "boxed_and_blocks");
    assert_eq!(told(&|| run(blocks_in_turn())), [one, other, one]);
    assert_eq!(told(&|| run(blocks_side_by_side())), [one, other]);
    assert_eq!(told(&|| run(blocks_all())), [one, one, other]);
    assert_eq!(
        told(&|| run(blocks_between())),
        [one, one, "blocks_between"]
    );
    // More often than the lines of a function, and than a thread remembers polls.
    let often = told(&|| run(blocks_so_often(40)));
    assert!(often.iter().all(|function| function == one), "{often:?}");
    assert_eq!(slow(&monitor, "blocks_in_turn"), 1);
    assert_eq!(slow(&monitor, "blocks_all"), 1);
}

#[monitored]
async fn often() {
    thread::sleep(BLOCKED);
}

#[test]
fn a_function_writes_ten_lines_a_minute() {
    alone!();
    let (log, monitor) = start();
    for _ in 0..25 {
        run(often());
    }
    assert_eq!(slow(&monitor, "often"), 25);
    assert_eq!(lines(log).len(), 10);
}

#[test]
fn without_a_limit_no_poll_is_slow() {
    alone!();
    let log = Log::install();
    let monitor = monitor_runtime::builder!()
        .addr("off")
        .slow_poll(None)
        .start_blocking()
        .expect("the runtime starts");
    run(async {
        thread::sleep(BLOCKED);
        blocks_then_waits().await;
    });
    assert_eq!(slow(&monitor, "blocks_then_waits"), 0);
    assert!(lines(log).is_empty());
}
