//! One thread that runs several runtimes, one after the other, in this process.

use std::thread;
use std::time::Duration;

use monitor_runtime::monitored;
use monitor_tests::alone;
use monitor_tests::process::get;
use tokio::runtime::{Builder, Runtime};

const LIMIT: Duration = Duration::from_millis(200);

#[monitored]
async fn job() {
    thread::sleep(4 * LIMIT);
}

fn current_thread() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime")
}

#[test]
fn each_runtime_that_a_thread_runs_in_turn_is_watched() {
    alone!();
    let monitor = monitor_runtime::builder!()
        .addr("127.0.0.1:0")
        .blocked_worker(LIMIT)
        .start_blocking()
        .expect("the runtime starts");
    let addr = monitor.addr().expect("a server");
    for name in ["first", "second", "third"] {
        let runtime = current_thread();
        {
            let _entered = runtime.enter();
            monitor.watch_runtime(name).expect("it is new");
        }
        let look = thread::spawn(move || {
            thread::sleep(3 * LIMIT);
            get(addr, "/livez?verbose").1
        });
        runtime.block_on(job());
        let answer = look.join().expect("an answer");
        let said = format!("[-]worker:{name}:0 failed (not critical): blocked for");
        assert!(answer.contains(&said), "{said:?} in {answer:?}");
        assert_eq!(answer.matches("worker:").count(), 1, "{answer}");
    }
}
