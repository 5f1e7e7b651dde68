//! Tests of what the watch knows of the workers.

use std::thread;
use std::time::{Duration, Instant};

use tokio::runtime::Builder;

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
