//! Measures the time from the moment at which a worker is blocked until it is named.

use std::error::Error;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use monitor_tests::process::try_get;
use tokio::runtime::Runtime;

use crate::ways::{self, Way};

const LIMIT: Duration = Duration::from_millis(300);
/// The ways that block a worker, each with the function that is to be named.
const WAYS: [(Way, &str); 8] = [
    (Way::Mutex, "wait_for_lock"),
    (Way::Sleep, "sleep"),
    (Way::Spin, "spin"),
    (Way::Pipe, "read_pipe"),
    (Way::Loop, "call_often"),
    (Way::Boxed, "Boxes::nap"),
    (Way::Call, "nap"),
    (Way::Unseen, "code that is not monitored"),
];

/// Blocks a worker so many times. Fails if it was not named, wrongly, or too late.
pub(crate) fn run(runtime: &Runtime, rounds: usize) -> Result<(), Box<dyn Error>> {
    let builder = monitor_runtime::builder!().addr("127.0.0.1:0");
    let builder = builder.log_filter("off").blocked_worker(LIMIT);
    let monitor = runtime.block_on(builder.start())?;
    let addr = monitor.addr().ok_or("no management server")?;
    let mut took = Vec::new();
    let mut wrong = Vec::new();
    for (round, (way, function)) in WAYS.iter().cycle().take(rounds).enumerate() {
        let begin = Instant::now();
        let task = runtime.spawn(ways::hold_up(*way, 3 * LIMIT));
        match named(addr, begin) {
            Some(line) if line.contains(&format!(" by {function}")) => {
                took.push((begin.elapsed(), *way));
            }
            other => wrong.push(format!("round {round}, {way:?}: {other:?}")),
        }
        runtime.block_on(task)?;
        while blocked(addr).is_some() {
            thread::sleep(Duration::from_millis(5));
        }
    }
    runtime.block_on(monitor.shutdown());
    took.sort_unstable_by_key(|(took, _)| *took);
    let late: Vec<_> = took.iter().filter(|(took, _)| *took > 2 * LIMIT).collect();
    let in_time = took.len() - late.len();
    let (median, longest) = (took.get(took.len() / 2), took.last());
    println!(
        "named {in_time} of {rounds} within twice {LIMIT:?}, median {median:?}, longest {longest:?}"
    );
    if in_time < rounds {
        return Err(format!("late: {late:?}, wrong: {wrong:?}").into());
    }
    Ok(())
}

/// Returns the line of the worker that is blocked.
fn blocked(addr: SocketAddr) -> Option<String> {
    let (_, answer) = try_get(addr, "/livez?verbose")?;
    let mut lines = answer.lines();
    lines
        .find(|line| line.starts_with("[-]worker:"))
        .map(str::to_owned)
}

/// Waits until a worker is named.
fn named(addr: SocketAddr, begin: Instant) -> Option<String> {
    while begin.elapsed() < 3 * LIMIT {
        if let Some(line) = blocked(addr) {
            return Some(line);
        }
        thread::sleep(Duration::from_millis(5));
    }
    None
}
