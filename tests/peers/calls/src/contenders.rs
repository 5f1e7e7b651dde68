//! The contenders: the same small function, instrumented by each peer as its manual says.

use std::future::Future;
use std::hint::black_box;
use std::pin::{Pin, pin};
use std::sync::LazyLock;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use monitor_runtime::monitored;

/// A group that shares what is global in a process: subscriber, recorder.
pub struct Configuration {
    pub name: &'static str,
    pub set_up: fn(),
    contenders: fn() -> Vec<Contender>,
}

impl Configuration {
    /// The references, then those of this configuration.
    pub fn contenders(&self) -> Vec<Contender> {
        let mut all = references();
        all.extend((self.contenders)());
        all
    }
}

/// The bare function that a contender is compared with.
#[derive(Clone, Copy)]
pub enum Kind {
    Sync,
    AsyncReady,
    AsyncYields,
}

pub struct Contender {
    pub name: &'static str,
    pub kind: Kind,
    /// Makes so many calls.
    pub run: fn(u64),
}

type Answer = Result<u64, u64>;

/// Does the work of every contender: a few multiplications, and a `Result` that is `Ok` here.
#[inline(always)]
fn work(mut x: u64) -> Answer {
    for _ in 0..4 {
        x = (x ^ (x >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    if x == 0 { Err(x) } else { Ok(x) }
}

macro_rules! sync {
    ($name:literal, $function:path) => {
        Contender {
            name: $name,
            kind: Kind::Sync,
            run: |calls| {
                for x in 1..=calls {
                    let _ = std::hint::black_box($function(std::hint::black_box(x)));
                }
            },
        }
    };
}

macro_rules! asynchronous {
    ($name:literal, $kind:ident, $function:path) => {
        Contender {
            name: $name,
            kind: Kind::$kind,
            run: |calls| {
                for x in 1..=calls {
                    let _ = std::hint::black_box(block_on($function(std::hint::black_box(x))));
                }
            },
        }
    };
}

// Inline in every build: a future that is moved into it waits for the stores that made it.
#[inline(always)]
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        // Like an executor, through a pointer: otherwise the compiler dissolves the bare future, and what its
        // state takes is added to the others.
        if let Poll::Ready(value) = std::hint::black_box(future.as_mut()).poll(&mut context) {
            return value;
        }
    }
}

/// Pending once.
struct Yield(bool);

impl Future for Yield {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

#[inline(never)]
fn bare(x: u64) -> Answer {
    work(x)
}

// For an `async fn`, `inline(never)` would keep apart the construction of the future instead of its body, and
// the move of the future would wait for the stores before it.
async fn bare_ready(x: u64) -> Answer {
    work(x)
}

async fn bare_yields(x: u64) -> Answer {
    Yield(false).await;
    work(x)
}

static CLOCK: LazyLock<quanta::Clock> = LazyLock::new(quanta::Clock::new);

#[inline(never)]
fn two_reads(x: u64) -> Answer {
    #[cfg(target_arch = "x86_64")]
    let read = || {
        // The floor itself: the instruction, without a library.
        #[allow(unsafe_code)]
        // SAFETY: every x86-64 processor has it.
        unsafe {
            std::arch::x86_64::_rdtsc()
        }
    };
    #[cfg(not(target_arch = "x86_64"))]
    let read = || CLOCK.raw();
    let start = read();
    let answer = work(x);
    black_box(read().wrapping_sub(start));
    answer
}

#[inline(never)]
fn two_quanta(x: u64) -> Answer {
    let start = CLOCK.raw();
    let answer = work(x);
    black_box(CLOCK.raw().wrapping_sub(start));
    answer
}

#[inline(never)]
fn two_instants(x: u64) -> Answer {
    let start = Instant::now();
    let answer = work(x);
    black_box(start.elapsed());
    answer
}

fn references() -> Vec<Contender> {
    vec![
        sync!("bare", bare),
        asynchronous!("bare, async ready", AsyncReady, bare_ready),
        asynchronous!("bare, async yields once", AsyncYields, bare_yields),
        sync!("two TSC reads", two_reads),
    ]
}

mod ours {
    use super::{Answer, Yield, monitored, work};

    #[inline(never)]
    #[monitored]
    pub fn sync(x: u64) -> Answer {
        work(x)
    }
    #[inline(never)]
    #[monitored(latency = false)]
    pub fn counted(x: u64) -> Answer {
        work(x)
    }
    #[inline(never)]
    #[monitored(labels(odd = x & 1 == 1, big = x > 1 << 40))]
    pub fn labelled(x: u64) -> Answer {
        work(x)
    }
    #[inline(never)]
    #[monitored(fields(x, odd = x & 1 == 1))]
    pub fn two_fields(x: u64) -> Answer {
        work(x)
    }
    #[inline(never)]
    #[monitored(fields(a = x, b = x + 1, c = x + 2, d = x + 3, e = x + 4, f = x + 5, g = x + 6, h = x + 7))]
    pub fn eight_fields(x: u64) -> Answer {
        work(x)
    }
    #[inline(never)]
    #[monitored(log = false)]
    pub fn span_only(x: u64) -> Answer {
        work(x)
    }
    #[monitored]
    pub async fn ready(x: u64) -> Answer {
        work(x)
    }
    #[monitored]
    pub async fn yields(x: u64) -> Answer {
        Yield(false).await;
        work(x)
    }
}

/// Returns the contenders that need nothing global, without the peers.
fn clocks_and_ours() -> Vec<Contender> {
    let mut all = vec![
        sync!("two quanta reads", two_quanta),
        sync!("two std Instants", two_instants),
    ];
    all.extend(monitored_contenders());
    all
}

/// Makes so many monitored calls.
pub fn monitored_calls() -> fn(u64) {
    sync!("monitored", ours::sync).run
}

fn monitored_contenders() -> Vec<Contender> {
    vec![
        sync!("monitored", ours::sync),
        sync!("monitored, latency = false", ours::counted),
        sync!("monitored, two labels", ours::labelled),
        asynchronous!("monitored, async ready", AsyncReady, ours::ready),
        asynchronous!("monitored, async yields once", AsyncYields, ours::yields),
    ]
}

/// A service as it runs, with its log as JSON on standard output.
fn own_log() {
    serve(monitor_runtime::builder!().log_filter("info"));
}

/// Starts a service that stays for as long as the process does.
fn serve(builder: monitor_runtime::Builder) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let start = builder.addr("127.0.0.1:0").start();
    let monitor = runtime.expect("a runtime").block_on(start);
    std::mem::forget(monitor.expect("a service"));
}

fn logged_contenders() -> Vec<Contender> {
    let mut all = monitored_contenders();
    all.extend([
        sync!("monitored, two fields", ours::two_fields),
        sync!("monitored, eight fields", ours::eight_fields),
        sync!("monitored, span without a line", ours::span_only),
    ]);
    #[cfg(feature = "peers")]
    all.extend(peers::instrumented_contenders());
    all
}

#[cfg(feature = "peers")]
mod peers;
#[cfg(feature = "peers")]
mod requests;

/// Calls that are counted in finer buckets.
const NATIVE: Configuration = Configuration {
    name: "native histograms",
    set_up: || _ = monitor_runtime::__private::count_finely(true),
    contenders: monitored_contenders,
};

/// Calls whose lines the runtime's own subscriber writes.
const OWN_LOG: Configuration = Configuration {
    name: "the runtime's own log",
    set_up: own_log,
    contenders: logged_contenders,
};

/// The first has our own alone.
#[cfg(not(feature = "peers"))]
pub const CONFIGURATIONS: &[Configuration] = &[
    Configuration {
        name: "bare",
        set_up: || (),
        contenders: clocks_and_ours,
    },
    NATIVE,
    OWN_LOG,
];

#[cfg(feature = "peers")]
pub const CONFIGURATIONS: &[Configuration] = &[
    Configuration {
        name: "bare",
        set_up: || (),
        contenders: peers::bare,
    },
    Configuration {
        name: "in a request",
        set_up: || (),
        contenders: requests::in_requests,
    },
    Configuration {
        name: "in a request, by tracing-opentelemetry",
        set_up: peers::tracing_opentelemetry,
        contenders: requests::in_traces,
    },
    NATIVE,
    OWN_LOG,
    Configuration {
        name: "Sentry on",
        set_up: peers::sentry_on,
        contenders: monitored_contenders,
    },
    Configuration {
        name: "log off",
        set_up: peers::log_off,
        contenders: peers::logged,
    },
    Configuration {
        name: "log of spans only",
        set_up: peers::registry,
        contenders: peers::logged,
    },
    Configuration {
        name: "log as JSON by tracing-subscriber",
        set_up: peers::json,
        contenders: peers::logged,
    },
    Configuration {
        name: "log as JSON",
        set_up: peers::our_json,
        contenders: peers::logged,
    },
    Configuration {
        name: "recorder",
        set_up: peers::recorder,
        contenders: peers::recorded,
    },
];
