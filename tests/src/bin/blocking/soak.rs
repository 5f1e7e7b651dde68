//! A random load that blocks no worker.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use monitor_tests::process::{count_of, try_get};
use tokio::runtime::Runtime;

use crate::ways::{self, Way};

/// Half of the default.
const LIMIT: Duration = Duration::from_millis(500);
/// The ways that hold up no worker for long, each with the longest time.
const WAYS: [(Way, u64); 21] = [
    (Way::Mutex, 80),
    (Way::Sleep, 80),
    (Way::Spin, 50),
    (Way::Pipe, 80),
    (Way::Loop, 80),
    (Way::Boxed, 80),
    (Way::Call, 80),
    (Way::Unseen, 80),
    (Way::UnseenSpin, 50),
    (Way::CallElsewhere, 80),
    (Way::Shuffle, 80),
    (Way::Await, 3_000),
    (Way::InPlace, 3_000),
    (Way::CallInPlace, 3_000),
    (Way::CallInUnseenPlace, 3_000),
    (Way::UnseenInPlace, 3_000),
    (Way::SpawnBlocking, 3_000),
    (Way::Thread, 3_000),
    (Way::InPlaceInStorm, 2_000),
    (Way::ManyPolls, 1_500),
    (Way::Busy, 1_500),
];

/// Random numbers, the same in each run.
struct Random(u64);

impl Random {
    /// Returns a number below `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

async fn load(mut random: Random, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        #[expect(clippy::cast_possible_truncation, reason = "an index")]
        let (way, longest) = WAYS[random.below(WAYS.len() as u64) as usize];
        // Storms one at a time: the machine has to keep up.
        if way == Way::InPlaceInStorm && random.below(6) != 0 {
            continue;
        }
        ways::hold_up(way, Duration::from_millis(random.below(longest))).await;
        tokio::time::sleep(Duration::from_millis(random.below(50))).await;
    }
}

/// Runs the load. Fails if a worker was named.
pub(crate) fn run(runtime: &Runtime, time: Duration) -> Result<(), Box<dyn Error>> {
    let builder = monitor_runtime::builder!().addr("127.0.0.1:0");
    let builder = builder.log_filter("off").blocked_worker(LIMIT);
    let monitor = runtime.block_on(builder.start())?;
    let addr = monitor.addr().ok_or("no management server")?;
    let stop = Arc::new(AtomicBool::new(false));
    let start = |seed: u64| {
        let random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        runtime.spawn(load(random, Arc::clone(&stop)))
    };
    let load: Vec<_> = (1..=12).map(start).collect();
    let begin = Instant::now();
    let mut named = Vec::new();
    while begin.elapsed() < time {
        thread::sleep(Duration::from_millis(20));
        named.extend(lines(addr));
        named.dedup();
    }
    stop.store(true, Ordering::Relaxed);
    for task in load {
        runtime.block_on(task)?;
    }
    let (_, page) = try_get(addr, "/metrics").ok_or("no page")?;
    let blocked = page
        .lines()
        .filter(|line| line.starts_with("tokio_worker_blocked_seconds_total{"));
    let (workers, blocked): (Vec<&str>, Vec<&str>) =
        blocked.partition(|line| line.ends_with(" 0") || line.ends_with(" 0.0"));
    let calls = count_of(&page, "order", "ok");
    println!(
        "{calls} calls on {} workers, {} named wrongly in {time:?}",
        workers.len() + blocked.len(),
        blocked.len()
    );
    runtime.block_on(monitor.shutdown());
    if blocked.is_empty() && named.is_empty() && !workers.is_empty() {
        return Ok(());
    }
    Err(format!("{}\n{}", blocked.join("\n"), named.join("\n")).into())
}

fn lines(addr: SocketAddr) -> Vec<String> {
    let (_, answer) = try_get(addr, "/livez?verbose").unwrap_or_default();
    let lines = answer.lines().filter(|line| line.starts_with("[-]worker:"));
    lines.map(str::to_owned).collect()
}
