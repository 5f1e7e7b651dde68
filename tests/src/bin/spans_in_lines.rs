//! A program that logs in every place that the spans of monitored calls can have, once with the runtime's
//! own subscriber and once, with the argument `layer`, with a subscriber of its own around the same layer. With
//! the argument `scoped` another thread has a subscriber of its own meanwhile, and no event is logged inside
//! another, as with `quiet`.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::{fmt, panic, thread};

use monitor_runtime::logs::{json_layer, queued_stdout, request_layer};
use monitor_runtime::{monitored, task};
use tracing::subscriber::NoSubscriber;
use tracing::{Instrument, Span, field, info, info_span};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Pending so many times.
struct Waits(u32);

impl Future for Waits {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        match self.0.checked_sub(1) {
            None => Poll::Ready(()),
            Some(left) => {
                self.0 = left;
                Poll::Pending
            }
        }
    }
}

fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(value) = poll(future.as_mut()) {
            return value;
        }
    }
}

/// Logs and calls a monitored function while it is formatted, unless it is to be quiet.
struct Talks;

static QUIET: AtomicBool = AtomicBool::new(false);

impl fmt::Debug for Talks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !QUIET.load(Ordering::Relaxed) {
            info!("while it is formatted");
            leaf(1);
        }
        f.write_str("talked")
    }
}

#[monitored]
fn leaf(_x: u64) {}

#[monitored(fields(x, text = "with \"quotes\" and a\nline", ratio = 0.5, debug = ?Some(x)))]
fn fields(x: u64) {
    leaf(x);
}

#[monitored(fields(x))]
fn says(x: u64) {
    leaf(x);
    info!(x, "inside");
    leaf(x);
}

#[monitored(fields(depth))]
fn nested(depth: u64, talks: bool) {
    if depth > 0 {
        nested(depth - 1, talks);
    } else if talks {
        info!("innermost");
    }
    leaf(depth);
}

#[monitored(fields(later = field::Empty, first = 1))]
fn records(say: bool) {
    Span::current().record("later", 7);
    if say {
        info!("recorded");
    }
}

#[monitored(fields(r#type = 1, talks = ?Talks))]
fn odd_names() {
    leaf(1);
}

#[monitored(fields(before = "b", name_ = 2), args(name))]
fn named(name: u64, text: &str) {
    named_in_words(text);
    info_span!("theirs", name = text, name_ = ?text).in_scope(|| leaf(2));
    leaf(1);
}

#[monitored(args(name))]
fn named_in_words(name: &str) {
    leaf(1);
    info!(name, level = 2, target = 3, spans = 4, "said in words");
}

#[monitored(fields(thread = 1, backtrace = "b", thread_ = 2, name = 3))]
fn panics_with_fields() {
    panic!("with fields");
}

#[monitored(log = false, fields(x))]
fn without_line(x: u64) {
    leaf(x);
}

#[monitored(level = "debug", fields(x))]
fn hidden(x: u64) {
    leaf(x);
    info!("in a hidden one");
}

#[monitored(latency = false)]
fn untimed() {
    leaf(1);
}

#[monitored(ret, fields(x))]
fn returns(x: u64) -> u64 {
    leaf(x);
    x
}

#[monitored(slow = "1ns", fields(x))]
fn slow(x: u64) {
    leaf(x);
}

#[monitored(fields(x))]
fn fails(x: u64) -> Result<(), String> {
    leaf(x);
    inner_fails(x)?;
    leaf(x);
    Ok(())
}

#[monitored]
fn inner_fails(x: u64) -> Result<(), String> {
    leaf(x);
    if x == 0 {
        Ok(())
    } else {
        Err(format!("no {x}"))
    }
}

#[monitored(fields(x))]
fn handles(x: u64) {
    let _ = fails(x);
    leaf(x);
}

#[monitored]
fn panics() {
    leaf(1);
    panic!("on purpose");
}

#[monitored]
fn around_panics() {
    let _ = panic::catch_unwind(panics);
    leaf(2);
}

#[monitored]
fn leaves(guard: tracing::span::EnteredSpan) {
    leaf(1);
    drop(guard);
    leaf(2);
    info!("left");
    leaf(3);
}

#[monitored]
fn enters() -> tracing::span::EnteredSpan {
    leaf(1);
    let entered = info_span!("entered inside", y = 2).entered();
    leaf(2);
    entered
}

#[monitored(parent = parent, fields(x = 1))]
fn child_of(parent: Option<tracing::span::Id>) {
    leaf(1);
    info!("in a child");
}

#[monitored(follows_from = [cause])]
fn follows(cause: Option<tracing::span::Id>) {
    leaf(1);
}

#[monitored]
fn makes_children() {
    let other = info_span!("other");
    child_of(other.id());
    child_of(None);
    follows(other.id());
    leaf(1);
}

#[monitored(fields(waits))]
async fn waits(waits: u32) {
    leaf(1);
    Waits(waits).await;
    leaf(2);
}

#[monitored(fields(waits))]
async fn waits_inside(waits: u32, say: bool) {
    self::waits(waits).await;
    if say {
        info!("between");
    }
    self::waits(waits).await;
}

#[monitored]
async fn waits_deep(count: u32, say: bool) {
    waits_inside(count, say).await;
    Waits(1).await;
    waits_inside(count, say).await;
}

#[monitored]
async fn joins() {
    let (mut one, mut two) = (pin!(waits(2)), pin!(waits_inside(1, true)));
    let mut done = (false, false);
    std::future::poll_fn(|_| {
        done.0 = done.0 || poll(one.as_mut()).is_ready();
        done.1 = done.1 || poll(two.as_mut()).is_ready();
        if done.0 && done.1 {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

#[monitored]
async fn drops_inside() {
    let mut dropped = Box::pin(waits_inside(3, false));
    let _ = poll(dropped.as_mut());
    let _ = poll(dropped.as_mut());
    drop(dropped);
    leaf(1);
}

#[monitored]
fn polls(future: &mut Pin<Box<impl Future<Output = ()>>>) {
    leaf(1);
    let _ = poll(future.as_mut());
    leaf(2);
}

#[monitored]
fn polls_and_says(future: &mut Pin<Box<impl Future<Output = ()>>>) {
    info!("before");
    let _ = poll(future.as_mut());
}

fn moved() {
    // Begun in one call, continued in another and outside of all, with and without an event meanwhile.
    for say in [false, true] {
        let mut future = Box::pin(waits_inside(2, say));
        polls(&mut future);
        polls_and_says(&mut future);
        let _ = poll(future.as_mut());
        info_span!("elsewhere").in_scope(|| poll(future.as_mut()).is_ready());
        block_on(future);
        let mut future = Box::pin(waits_deep(1, say));
        let _ = poll(future.as_mut());
        polls(&mut future);
        polls_and_says(&mut future);
        block_on(future);
        let mut future = Box::pin(waits_inside(1, say));
        info_span!("around").in_scope(|| poll(future.as_mut()).is_ready());
        polls(&mut future);
        drop(future);
    }
}

#[monitored]
fn hands_over() {
    let here = Span::current();
    thread::scope(|scope| {
        scope.spawn(|| here.in_scope(|| says(5)));
    });
    leaf(1);
    thread::scope(|scope| {
        scope.spawn(|| nested(2, false));
    });
}

#[monitored]
fn elsewhere() {
    let other = tracing_subscriber::registry();
    tracing::subscriber::with_default(other, || {
        leaf(1);
        info!("nobody sees this");
    });
    leaf(2);
}

struct SaysAtDrop;

impl Drop for SaysAtDrop {
    fn drop(&mut self) {
        info!("dropped");
        leaf(9);
    }
}

#[monitored]
async fn drops_late() {
    let _late = SaysAtDrop;
    Waits(2).await;
}

/// Calls without a span of their own, in ones that the log shows.
mod hidden_inside {
    use std::panic;
    use std::pin::Pin;

    use monitor_runtime::monitored;

    use super::{Waits, poll};

    #[monitored(fields(x))]
    fn around(x: u64, call: fn()) {
        call();
    }

    #[monitored(level = "debug")]
    fn fails() -> Result<(), String> {
        Err("on purpose".into())
    }

    #[monitored(span = false)]
    fn fails_without_a_span() -> Result<(), String> {
        Err("on purpose".into())
    }

    #[monitored(span = false)]
    fn ends() {}

    #[monitored(level = "debug", slow = "1ns")]
    fn is_slow() {}

    #[monitored(level = "debug", ret(level = "info"))]
    fn returns() -> u64 {
        3
    }

    #[monitored(level = "debug")]
    fn panics() {
        panic!("on purpose");
    }

    #[monitored(level = "debug")]
    async fn waits(count: u32, result: Result<(), String>) -> Result<(), String> {
        Waits(count).await;
        result
    }

    #[monitored(level = "debug")]
    fn waits_in_a_box(count: u32) -> Pin<Box<dyn Future<Output = Result<(), String>>>> {
        Box::pin(async move { waits(count, Err("on purpose".into())).await })
    }

    pub(crate) fn calls() {
        around(1, || _ = fails());
        around(2, || _ = fails_without_a_span());
        around(3, ends);
        around(4, is_slow);
        around(5, || _ = returns());
        around(6, || _ = panic::catch_unwind(panics));
        around(7, || {
            let _ = poll(Box::pin(waits(1, Ok(()))).as_mut());
        });
        around(8, || {
            _ = super::block_on(waits(1, Err("on purpose".into())));
        });
        around(9, || _ = super::block_on(waits_in_a_box(0)));
    }
}

fn sync_calls() {
    hidden_inside::calls();
    leaf(0);
    fields(1);
    says(2);
    nested(3, false);
    nested(3, true);
    nested(200, true);
    records(false);
    records(true);
    odd_names();
    named(1, "text");
    let _ = panic::catch_unwind(panics_with_fields);
    without_line(1);
    hidden(1);
    untimed();
    returns(3);
    slow(3);
    handles(0);
    handles(4);
    around_panics();
    makes_children();
    hands_over();
    elsewhere();
    info_span!("outside", z = 1).in_scope(|| {
        leaf(1);
        nested(1, false);
        info!(talks = ?Talks, "talked");
    });
    leaves(info_span!("dropped inside").entered());
    let entered = enters();
    leaf(3);
    drop(entered);
    leaf(4);
}

fn async_calls() {
    for waits in [0, 1, 3] {
        block_on(self::waits(waits));
        for say in [false, true] {
            block_on(waits_inside(waits, say));
            block_on(waits_deep(waits, say));
        }
        block_on(self::waits(waits).instrument(info_span!("instrumented")));
    }
    block_on(joins());
    block_on(drops_inside());
    block_on(drops_late());
    let mut late = Box::pin(drops_late());
    let _ = poll(late.as_mut());
    polls(&mut late);
    drop(late);
    moved();
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let how = std::env::args().nth(1);
    // To the end of the process: another thread has a subscriber of its own.
    let (ready, is_ready) = mpsc::channel();
    let elsewhere = move || {
        let _own = tracing::subscriber::set_default(NoSubscriber::default());
        ready.send(()).expect("it waits");
        loop {
            thread::park();
        }
    };
    // `tracing` itself drops an event inside another one then.
    let is_quiet = matches!(how.as_deref(), Some("scoped" | "quiet"));
    QUIET.store(is_quiet, Ordering::Relaxed);
    if how.as_deref() == Some("scoped") {
        thread::spawn(elsewhere);
        is_ready.recv().expect("the thread");
    }
    if how.as_deref() == Some("layer") {
        let layers = tracing_subscriber::registry()
            .with(EnvFilter::new("info"))
            .with(json_layer(queued_stdout()));
        layers.with(request_layer()).init();
    }
    // A panic is written by the runtime's hook, with a thread and a place that are the same in both.
    let monitor = monitor_runtime::builder!()
        .start()
        .await
        .expect("it starts");
    info!("begin");
    sync_calls();
    async_calls();
    task::spawn(async {
        sync_calls();
        async_calls();
    })
    .await
    .expect("it does not panic");
    let inside = monitor_runtime::trace::TraceContext::new();
    inside.scope(|| {
        sync_calls();
        async_calls();
    });
    info!("end");
    monitor.shutdown().await;
}
