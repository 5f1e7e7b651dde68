//! The reason of each cancelled call: who dropped its future.

use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::abortable;
use futures_util::stream::FuturesUnordered;
use monitor_runtime::trace::TraceContext;
use monitor_runtime::{monitored, task};
use monitor_tests::{poll, scrape};
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinSet, LocalSet};
use tokio::time::timeout;

const MOMENT: Duration = Duration::from_millis(5);

/// Waits for ever.
#[monitored(labels(case = bounded(case, max = 60)))]
async fn waits(case: &'static str) {
    pending::<()>().await;
}

/// Runs a future as part of its own.
#[monitored(labels(case = bounded(case, max = 60)))]
async fn holds(case: &'static str, inside: impl Future) {
    inside.await;
}

/// Asserts the reasons of all cancelled calls of both functions; "" is none.
#[track_caller]
fn assert_reasons(case: &str, holds: &[&str], waits: &[&str]) {
    let page = scrape();
    for (function, expected) in [("holds", holds), ("waits", waits)] {
        let found = page.cancelled(&[("function", function), ("case", case)]);
        let found: Vec<_> = found
            .iter()
            .flat_map(|(reason, calls)| (0..*calls).map(|_| reason.as_str()))
            .collect();
        assert_eq!(found, expected, "{function} in {case}");
    }
}

/// Polls a future once and drops it.
fn give_up(future: impl Future) {
    assert!(poll(pin!(future)).is_pending());
}

/// Runs a task until it waits.
async fn begin() {
    tokio::time::sleep(MOMENT).await;
}

fn current_thread() -> Runtime {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

#[tokio::test]
async fn without_a_task_or_a_function_around_it_there_is_no_reason() {
    give_up(waits("dropped"));
    assert_reasons("dropped", &[], &[""]);
    give_up(holds("both dropped", waits("both dropped")));
    assert_reasons("both dropped", &[""], &[""]);
    let late = timeout(MOMENT, waits("time-out of main")).await;
    late.expect_err("it waits for ever");
    assert_reasons("time-out of main", &[], &[""]);
    let plain = tokio::spawn(holds("plain task", waits("plain task")));
    begin().await;
    plain.abort();
    plain.await.expect_err("aborted");
    assert_reasons("plain task", &[""], &[""]);
}

#[tokio::test]
async fn a_function_that_drops_what_it_called_is_the_caller() {
    let in_time = timeout(MOMENT, holds("inner", waits("time-out")));
    holds("time-out", async { drop(in_time.await) }).await;
    assert_reasons("time-out", &[], &["caller"]);
    assert_reasons("inner", &["caller"], &[]);

    let select = async {
        tokio::select! {
            () = waits("select") => {}
            () = begin() => {}
        }
    };
    holds("select", select).await;
    assert_reasons("select", &[], &["caller"]);

    let early = async {
        let mut waiting = pin!(waits("early return"));
        assert!(poll(waiting.as_mut()).is_pending());
        Err::<(), _>("no more")?;
        waiting.await;
        Ok::<(), &str>(())
    };
    holds("early return", early).await;
    assert_reasons("early return", &[], &["caller"]);

    let sibling = async {
        let fails = async { Err::<(), _>("failed") };
        let waiting = async {
            waits("sibling").await;
            Ok(())
        };
        tokio::try_join!(waiting, fails).expect_err("it failed");
    };
    holds("sibling", sibling).await;
    assert_reasons("sibling", &[], &["caller"]);
}

#[monitored]
fn sweeps(kept: &mut Vec<Pin<Box<dyn Future<Output = ()> + Send>>>) {
    kept.clear();
}

#[test]
fn a_future_is_cancelled_where_it_is_dropped() {
    let mut kept: Vec<Pin<Box<dyn Future<Output = ()> + Send>>> = Vec::new();
    for case in ["swept", "moved"] {
        kept.push(Box::pin(waits(case)));
        assert!(poll(kept.last_mut().expect("pushed").as_mut()).is_pending());
    }
    let moved = kept.pop();
    sweeps(&mut kept);
    assert_reasons("swept", &[], &["caller"]);
    std::thread::spawn(|| drop(moved)).join().expect("no panic");
    assert_reasons("moved", &[], &[""]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_aborted_task_says_so() {
    let spawned = task::spawn(holds("abort", waits("abort")));
    begin().await;
    spawned.abort_handle().abort();
    spawned.await.expect_err("aborted");
    assert_reasons("abort", &["aborted"], &["aborted"]);

    let mut set = JoinSet::new();
    set.spawn(task::scoped(holds("set", waits("set"))));
    begin().await;
    set.shutdown().await;
    assert_reasons("set", &["aborted"], &["aborted"]);

    let followed = TraceContext::new().follow(holds("follow", waits("follow")));
    let followed = tokio::spawn(followed);
    begin().await;
    followed.abort();
    followed.await.expect_err("aborted");
    assert_reasons("follow", &["aborted"], &["aborted"]);
}

#[tokio::test]
async fn a_set_that_a_function_drops_aborts_its_tasks() {
    let inside = async {
        let mut set = JoinSet::new();
        set.spawn(task::scoped(waits("dropped set")));
        begin().await;
    };
    holds("dropped set", inside).await;
    begin().await;
    assert_reasons("dropped set", &[], &["aborted"]);

    let scoped = task::scoped(waits("in place"));
    holds("in place", async { drop(timeout(MOMENT, scoped).await) }).await;
    assert_reasons("in place", &[], &["caller"]);

    let inside = |case| async move { drop(timeout(MOMENT, waits(case)).await) };
    task::spawn(inside("in a task")).await.expect("it ends");
    assert_reasons("in a task", &[], &["caller"]);
    TraceContext::new().follow(inside("in a trace")).await;
    assert_reasons("in a trace", &[], &["caller"]);
}

#[tokio::test]
async fn sets_of_futures_hand_the_reason_on() {
    let set = |case| async move {
        let mut all: FuturesUnordered<_> = (0..3).map(|_| waits(case)).collect();
        all.next().await;
    };
    let late = timeout(MOMENT, set("set of futures"));
    holds("set of futures", async { drop(late.await) }).await;
    assert_reasons("set of futures", &[], &["caller"; 3]);
    let spawned = task::spawn(set("set in a task"));
    begin().await;
    spawned.abort();
    spawned.await.expect_err("aborted");
    assert_reasons("set in a task", &[], &["aborted"; 3]);

    let (abortable, handle) = abortable(waits("abortable"));
    let abort = async {
        begin().await;
        handle.abort();
    };
    holds("abortable", async {
        let (aborted, ()) = tokio::join!(abortable, abort);
        aborted.expect_err("aborted");
    })
    .await;
    assert_reasons("abortable", &[], &["caller"]);

    let local = LocalSet::new();
    local.spawn_local(task::scoped(waits("local set")));
    local.run_until(begin()).await;
    drop(local);
    assert_reasons("local set", &[], &["aborted"]);

    let mut tasks = JoinSet::new();
    for _ in 0..3 {
        tasks.spawn(task::scoped(holds("abort_all", waits("abort_all"))));
    }
    let aborts = async {
        begin().await;
        tasks.abort_all();
        while tasks.join_next().await.is_some() {}
    };
    holds("aborts", aborts).await;
    assert_reasons("abort_all", &["aborted"; 3], &["aborted"; 3]);
}

#[monitored]
fn runs_a_runtime(case: &'static str) {
    current_thread().block_on(async {
        let spawned = task::spawn(waits(case));
        begin().await;
        spawned.abort();
        spawned.await.expect_err("aborted");
    });
}

#[test]
fn a_runtime_that_is_dropped_aborts_its_tasks() {
    let multi = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    for (case, runtime) in [
        ("one thread", current_thread()),
        ("two threads", multi.expect("a runtime")),
    ] {
        runtime.block_on(async {
            task::spawn(holds(case, waits(case)));
            begin().await;
        });
        drop(runtime);
        assert_reasons(case, &["aborted"], &["aborted"]);
    }
    runs_a_runtime("within a function");
    assert_reasons("within a function", &[], &["aborted"]);
}

#[tokio::test]
async fn blocking_work_is_a_caller_too() {
    let work = || {
        let runtime = current_thread();
        runtime.block_on(async { drop(timeout(MOMENT, waits("blocking")).await) });
    };
    task::spawn_blocking(work).await.expect("it ends");
    assert_reasons("blocking", &[], &["caller"]);
}

#[test]
fn a_function_that_panics_has_dropped_what_it_called() {
    let panics = async {
        let mut waiting = pin!(waits("panic"));
        assert!(poll(waiting.as_mut()).is_pending());
        panic!("on purpose");
    };
    catch_unwind(AssertUnwindSafe(|| give_up(holds("panic", panics)))).expect_err("it panics");
    assert_reasons("panic", &[], &["caller"]);
}

/// Runs code when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[tokio::test]
async fn code_that_a_drop_runs_has_reasons_of_its_own() {
    let clean_up = OnDrop(|| {
        let runtime = current_thread();
        let late = timeout(MOMENT, waits("within a function of a drop"));
        let inside = async { drop(late.await) };
        let direct = timeout(MOMENT, waits("of a drop"));
        // A thread of its own would have a call stack of its own, too.
        tokio::task::block_in_place(|| runtime.block_on(holds("ends in a drop", inside)));
        tokio::task::block_in_place(|| runtime.block_on(direct)).expect_err("it waits for ever");
    });
    let inside = async move {
        let _clean_up = clean_up;
        waits("around a drop").await;
    };
    std::thread::spawn(move || {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        let runtime = runtime.expect("a runtime");
        runtime.block_on(async {
            let spawned = task::spawn(holds("around a drop", inside));
            begin().await;
            spawned.abort();
            spawned.await.expect_err("aborted");
        });
    })
    .join()
    .expect("no panic");
    assert_reasons("around a drop", &["aborted"], &["aborted"]);
    assert_reasons("within a function of a drop", &[], &["caller"]);
    assert_reasons("of a drop", &[], &["caller"]);
}

fn nested(depth: usize, case: &'static str) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    match depth {
        0 => Box::pin(waits(case)),
        _ => Box::pin(holds(case, nested(depth - 1, case))),
    }
}

#[tokio::test]
async fn every_call_of_a_deep_tree_has_the_reason() {
    let spawned = task::spawn(nested(200, "deep"));
    begin().await;
    spawned.abort();
    spawned.await.expect_err("aborted");
    assert_reasons("deep", &["aborted"; 200], &["aborted"]);
    give_up(nested(200, "deep without a reason"));
    assert_reasons("deep without a reason", &[""; 200], &[""]);
}

#[monitored]
async fn waits_plainly() {
    pending::<()>().await;
}

#[monitored(latency = false)]
async fn waits_untimed() {
    pending::<()>().await;
}

#[monitored]
fn waits_boxed() -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async { pending().await })
}

struct Store;

#[async_trait::async_trait]
trait Waits {
    async fn waits_for_a_trait(&self);
}

#[async_trait::async_trait]
#[monitored]
impl Waits for Store {
    async fn waits_for_a_trait(&self) {
        pending::<()>().await;
    }
}

#[monitored]
fn cannot_wait() {}

#[tokio::test]
async fn functions_of_every_kind_have_reasons() {
    let at_0 = |function: &str, reason: &str| {
        let labels = [
            ("function", function),
            ("result", "cancelled"),
            ("error", reason),
        ];
        scrape().value("function_calls_total", &labels)
    };
    let functions = [
        "waits_plainly",
        "waits_untimed",
        "waits_boxed",
        "<Store as Waits>::waits_for_a_trait",
    ];
    for reason in ["client", "caller", "aborted", "shutdown"] {
        for function in functions {
            assert_eq!(at_0(function, reason), Some(0.0), "{function} {reason}");
        }
        assert_eq!(at_0("cannot_wait", reason), None, "no future, no reason");
    }
    let all = async {
        tokio::join!(
            waits_plainly(),
            waits_untimed(),
            waits_boxed(),
            Store.waits_for_a_trait()
        );
    };
    let spawned = task::spawn(all);
    begin().await;
    spawned.abort();
    spawned.await.expect_err("aborted");
    let page = scrape();
    for function in functions {
        let of = [("function", function)];
        let found = page.cancelled(&of);
        assert_eq!(found, [("aborted".to_owned(), 1)], "{function}");
        let errors = page.value("monitor_function_errors_total", &of);
        assert_eq!(errors, Some(0.0), "{function}: a cancellation is no error");
    }
    cannot_wait();
}
