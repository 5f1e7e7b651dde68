//! Shutdowns that meet something: each other, a signal, an exit, a runtime that is gone.

use std::thread;
use std::time::Duration;

use monitor_runtime::Monitor;
use tokio::runtime::{Builder, Runtime};

use super::{Bomb, MONITOR, last_line, runtime};

/// Long enough for a shutdown to have begun, and too short for it to be done.
const SOON: Duration = Duration::from_millis(50);

/// Ends in a way that is one of these, if it is one.
pub(super) fn end(way: &str) -> bool {
    match way {
        "drop_in_shutdown" => {
            let monitor = started();
            runtime().block_on(async {
                let done = tokio::time::timeout(SOON, monitor.shutdown()).await;
                assert!(done.is_err(), "Sentry takes longer");
            });
        }
        "forget_shutdown" => {
            let mut shutdown = Box::pin(started().shutdown());
            runtime().block_on(async {
                let done = tokio::time::timeout(SOON, &mut shutdown).await;
                assert!(done.is_err(), "Sentry takes longer");
            });
            std::mem::forget(shutdown);
        }
        "again" => {
            for _ in 0..2 {
                let monitor = started();
                monitor.shutdown_blocking();
            }
        }
        "exit_in_shutdown" => {
            let monitor = started();
            thread::spawn(|| monitor.shutdown_blocking());
            thread::sleep(SOON);
            std::process::exit(3);
        }
        "term_in_shutdown" => {
            let monitor = started();
            let shutdown = thread::spawn(|| monitor.shutdown_blocking());
            thread::sleep(SOON);
            raise_sigterm();
            assert!(shutdown.join().is_ok(), "it is done");
        }
        "shutdown_in_drain" => {
            let monitor = started();
            raise_sigterm();
            runtime().block_on(async {
                monitor.draining().await;
                monitor.shutdown().await;
            });
        }
        "drain_and_forget" => {
            let monitor = started();
            monitor.drain();
            std::mem::forget(monitor);
        }
        "drain_in_static" => {
            let monitor = MONITOR.get_or_init(started);
            monitor.drain();
            monitor.drain();
            assert!(monitor.is_draining(), "from that moment on");
        }
        "panic_in_drop" => {
            let monitor = started();
            let _bomb = Bomb;
            monitor.drain();
        }
        "runtime_dropped" => {
            let first = runtime();
            let monitor = start_in(&first);
            drop(first);
            monitor.shutdown_blocking();
        }
        "current_thread" => {
            let runtime = Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("a runtime");
            let monitor = start_in(&runtime);
            runtime.block_on(monitor.shutdown());
        }
        "two_runtimes" => {
            let monitor = start_in(&runtime());
            runtime().block_on(monitor.shutdown());
        }
        "start_again" => {
            let quiet = monitor_runtime::builder!().log_filter("off");
            quiet
                .start_blocking()
                .expect("it starts")
                .shutdown_blocking();
            let _monitor = started();
        }
        _ => return false,
    }
    true
}

fn started() -> Monitor {
    let monitor = monitor_runtime::builder!().start_blocking();
    let monitor = monitor.expect("it starts");
    last_line();
    monitor
}

fn start_in(runtime: &Runtime) -> Monitor {
    let monitor = runtime.block_on(monitor_runtime::builder!().start());
    let monitor = monitor.expect("it starts");
    last_line();
    monitor
}

fn raise_sigterm() {
    // SAFETY: the handler of the runtime does what a handler may do.
    unsafe { libc::raise(libc::SIGTERM) };
}
