//! A service under everything at once, for as many seconds as it is told, that reports what it held:
//! memory, descriptors, threads, exact counts, and how long probes and scrapes took.
//!
//! `cargo run --release -p monitor-tests --bin soak -- 120`

use std::error::Error;
use std::fs;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use monitor_runtime::{
    health::{Check, Heartbeat},
    monitored,
};
use monitor_tests::process::count_of as counted;
use monitor_tests::process::try_get;

/// The duration if no argument gives another.
const SECONDS: u64 = 60;
/// The growth of memory that is allowed after the first quarter of the time: nothing in the runtime
/// grows with calls.
const GROWTH: u64 = 16 << 20;
/// The longest shutdown.
const DEADLINE: Duration = Duration::from_secs(5);
/// The longest answer to 99 of 100 probes, with both cores busy.
const PROBE: Duration = Duration::from_secs(1);

static STOP: AtomicBool = AtomicBool::new(false);

/// Calls as they were made, to be compared with those that were counted.
static OK: AtomicU64 = AtomicU64::new(0);
static ERROR: AtomicU64 = AtomicU64::new(0);
static PANIC: AtomicU64 = AtomicU64::new(0);
static CANCELLED: AtomicU64 = AtomicU64::new(0);

#[monitored(labels(even = number.is_multiple_of(2)))]
fn passes(number: u64) -> u64 {
    number
}

#[monitored]
async fn fails() -> Result<(), std::io::Error> {
    tokio::task::yield_now().await;
    Err(std::io::Error::other("as ever"))
}

#[monitored]
async fn panics() {
    tokio::task::yield_now().await;
    panic!("as ever");
}

#[monitored]
async fn waits() {
    std::future::pending::<()>().await;
}

fn goes_on() -> bool {
    !STOP.load(Ordering::Relaxed)
}

/// Calls in bursts, on threads that come and go.
fn call_in_bursts() {
    while goes_on() {
        let burst = || {
            for number in 0..1_000 {
                passes(number);
                OK.fetch_add(1, Ordering::Relaxed);
            }
        };
        let _ = thread::spawn(burst).join();
        burst();
        thread::sleep(Duration::from_millis(2));
    }
}

/// Tasks that end in every other way.
async fn end_badly() {
    while goes_on() {
        let _ = fails().await;
        ERROR.fetch_add(1, Ordering::Relaxed);
        let panicked = monitor_runtime::task::spawn(panics()).await;
        PANIC.fetch_add(panicked.is_err().into(), Ordering::Relaxed);
        let late = tokio::time::timeout(Duration::from_millis(1), waits()).await;
        CANCELLED.fetch_add(late.is_err().into(), Ordering::Relaxed);
    }
}

/// Asks again and again; returns how long each answer took, sorted.
fn ask(addr: SocketAddr, paths: &[&str], pause: Duration) -> Vec<Duration> {
    let mut took = Vec::new();
    for path in paths.iter().cycle().take_while(|_| goes_on()) {
        let begin = Instant::now();
        if try_get(addr, path).is_none() {
            eprintln!("no answer to {path}");
            took.push(Duration::MAX);
        }
        took.push(begin.elapsed());
        thread::sleep(pause);
    }
    took.sort_unstable();
    took
}

/// The value that this share of all is not above; zero of none.
fn quantile(sorted: &[Duration], share: f64) -> Duration {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "an index"
    )]
    let index = (sorted.len() as f64 * share) as usize;
    let last = sorted.len().saturating_sub(1);
    sorted.get(index.min(last)).copied().unwrap_or_default()
}

/// The resources that the process holds.
#[derive(Clone, Copy, Debug)]
struct Held {
    bytes: u64,
    descriptors: usize,
    threads: usize,
}

impl Held {
    fn now() -> Result<Self, Box<dyn Error>> {
        let status = fs::read_to_string("/proc/self/status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes: u64 = line
            .ok_or("no VmRSS")?
            .trim()
            .trim_end_matches(" kB")
            .parse()?;
        Ok(Self {
            bytes: kibibytes << 10,
            descriptors: fs::read_dir("/proc/self/fd")?.count(),
            threads: fs::read_dir("/proc/self/task")?.count(),
        })
    }

    fn print(&self, when: &str) {
        let Self {
            bytes,
            descriptors,
            threads,
        } = self;
        let kibibytes = bytes >> 10;
        println!("{when:<22} {kibibytes:>8} KiB {descriptors:>5} descriptors {threads:>5} threads");
    }
}

/// Checks of every temper.
fn builder(heartbeat: &Heartbeat) -> monitor_runtime::Builder {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let flaps = || async {
        let even = RUNS.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
        even.then_some(()).ok_or("every other time")
    };
    let ms = Duration::from_millis;
    monitor_runtime::builder!()
        .addr("127.0.0.1:0")
        .log_filter("off")
        .check_with(Check::new("flaps", flaps).interval(ms(10)))
        .check_with(
            Check::new("panics", || async {
                panics().await;
                Ok::<_, String>(())
            })
            .interval(Duration::from_secs(3600)),
        )
        .check_with(
            Check::new("hangs", std::future::pending::<Result<(), String>>)
                .timeout(ms(20))
                .interval(ms(20)),
        )
        .check_with(Check::tcp("nobody", "127.0.0.1:1").interval(ms(20)))
        .check_with(Check::disk("root", "/", 1).interval(ms(20)))
        .check_with(heartbeat.check())
}

fn main() -> Result<(), Box<dyn Error>> {
    let seconds = std::env::args()
        .nth(1)
        .map_or(Ok(SECONDS), |given| given.parse())?;
    // The panics are meant, and their messages would be all there is to read.
    std::panic::set_hook(Box::new(|_| ()));
    let runtime = tokio::runtime::Runtime::new()?;
    let heartbeat = Heartbeat::new("heartbeat", Duration::from_secs(10));
    let monitor = runtime.block_on(builder(&heartbeat).start())?;
    let addr = monitor.addr().ok_or("no management server")?;

    let load = [thread::spawn(call_in_bursts), thread::spawn(call_in_bursts)];
    let tasks: Vec<_> = (0..4).map(|_| runtime.spawn(end_badly())).collect();
    let probes = ["/livez", "/readyz?verbose", "/health?verbose", "/startupz"];
    let probes = thread::spawn(move || ask(addr, &probes, Duration::from_millis(5)));
    let scrapes: Vec<_> = (0..2)
        .map(|_| thread::spawn(move || ask(addr, &["/metrics"], Duration::from_millis(50))))
        .collect();

    let mut samples = Vec::new();
    for _ in 0..seconds.max(4) {
        thread::sleep(Duration::from_secs(1));
        heartbeat.beat();
        samples.push(Held::now()?);
    }
    STOP.store(true, Ordering::Relaxed);
    for thread in load {
        thread.join().map_err(|_| "a thread of the load panicked")?;
    }
    for task in tasks {
        runtime.block_on(task)?;
    }
    let probes = probes.join().map_err(|_| "a probe panicked")?;
    let scrapes: Vec<Vec<Duration>> = scrapes
        .into_iter()
        .map(|scrape| scrape.join().unwrap_or_default())
        .collect();
    let mut scrapes = scrapes.concat();
    scrapes.sort_unstable();
    let (_, page) = try_get(addr, "/metrics").ok_or("no last page")?;
    heartbeat.finish();
    let begin = Instant::now();
    runtime.block_on(monitor.shutdown());
    let shutdown = begin.elapsed();

    let early = samples[samples.len() / 4];
    let late = samples[samples.len() - 1];
    early.print("after a quarter");
    late.print("at the end");
    for (what, took) in [("probes", &probes), ("scrapes", &scrapes)] {
        let [middle, most, last] = [0.5, 0.99, 1.0].map(|share| quantile(took, share));
        println!(
            "{what:<10} {:>8}   median {middle:>10.1?}   99 % {most:>10.1?}   longest {last:>10.1?}",
            took.len()
        );
    }
    println!("shutdown {shutdown:.1?}");

    let mut broken = Vec::new();
    // The check that panics has called it, too.
    let expected = [
        ("passes", "ok", OK.load(Ordering::Relaxed)),
        ("fails", "error", ERROR.load(Ordering::Relaxed)),
        ("panics", "error", PANIC.load(Ordering::Relaxed) + 1),
        ("waits", "cancelled", CANCELLED.load(Ordering::Relaxed)),
    ];
    for (function, result, made) in expected {
        let counted = counted(&page, function, result);
        println!("{function:<10} {result:<10} {counted:>12} counted of {made}");
        if counted != made {
            broken.push(format!("{function}: {counted} of {made}"));
        }
    }
    let mut bound = |what: &str, kept: bool| {
        if !kept {
            broken.push(what.to_owned());
        }
    };
    bound("memory grows", late.bytes <= early.bytes + GROWTH);
    bound(
        "descriptors grow",
        late.descriptors <= early.descriptors + 16,
    );
    bound("threads grow", late.threads <= early.threads + 8);
    bound("probes are slow", quantile(&probes, 0.99) <= PROBE);
    bound("the shutdown takes too long", shutdown <= DEADLINE);
    if broken.is_empty() {
        println!("held");
        return Ok(());
    }
    Err(broken.join(", ").into())
}
