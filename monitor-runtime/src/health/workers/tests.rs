//! Tests of what the watch knows of the workers.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle};
use tokio::time::sleep;

use super::State;
use super::runtime::WatchedRuntime;
use crate::context::threads;

#[test]
fn workers_are_met_before_they_have_anything_to_do() {
    const WORKERS: usize = 8;
    let mut builder = Builder::new_multi_thread();
    let runtime = builder.worker_threads(WORKERS).build().expect("a runtime");
    let mut watched = WatchedRuntime::new("met", runtime.handle());
    let begin = Instant::now();
    loop {
        thread::sleep(Duration::from_millis(5));
        let mut met = threads::read_workers();
        met.retain(|met| met.worker.runtime == watched.id());
        if met.len() == WORKERS {
            break;
        }
        assert!(begin.elapsed() < Duration::from_secs(10), "{}", met.len());
        watched.meet(met.len());
    }
}

#[test]
fn a_thread_that_waits_for_a_timer_alone_stays_the_worker_of_its_runtime() {
    // Without a driver for I/O it waits as the idle threads of a pool do.
    let (tell, told) = mpsc::channel();
    let thread = thread::spawn(move || {
        let mut builder = Builder::new_current_thread();
        let runtime = builder.enable_time().build().expect("a runtime");
        runtime.block_on(async {
            tell.send(Handle::current()).expect("the test waits");
            sleep(Duration::from_millis(500)).await;
        });
    });
    let runtime = told.recv().expect("a runtime");
    let mut state = State::default();
    state.runtimes.push(WatchedRuntime::new("timer", &runtime));
    let limit = Duration::from_secs(1);
    for _ in 0..4 {
        thread::sleep(Duration::from_millis(50));
        state.tick(threads::read_workers(), &[], limit, limit / 4);
    }
    assert_eq!(state.suspects.len(), 1, "it is known");
    drop(state);
    thread.join().expect("no panic");
}

#[test]
fn a_runtime_that_nothing_drives_gets_few_tasks() {
    let runtime = Builder::new_current_thread().build().expect("a runtime");
    let mut watched = WatchedRuntime::new("idle", runtime.handle());
    let before = runtime.metrics().num_alive_tasks();
    for _ in 0..1_000 {
        watched.meet(0);
    }
    assert_eq!(runtime.metrics().num_alive_tasks(), before);
}
