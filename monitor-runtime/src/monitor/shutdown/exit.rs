//! Writes and sends what is queued when the process exits without a shutdown.

use std::io;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use crate::base::{hooks, outbox};
use crate::sentry::panic_lines;
use crate::{logs, otlp, sentry};

/// The time that the exit of a process waits for a shutdown, and for the log of a finished one.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(3500);
/// The time that an exit requested by the runtime may take: other libraries have exit handlers,
/// too.
#[cfg(unix)]
const EXIT_LIMIT: Duration = Duration::from_secs(2);

/// Watches for the exit of the process, for crashes and for forks, from now on.
#[cfg(unix)]
pub(super) fn watch() -> io::Result<()> {
    static WATCHING: Mutex<bool> = Mutex::new(false);
    let mut watching = WATCHING.lock().unwrap_or_else(PoisonError::into_inner);
    if !*watching {
        hooks::watch_forks(|| {
            sentry::switch_off();
            otlp::switch_off();
        });
        hooks::at_exit(exiting);
        hooks::on_crash(|late| {
            outbox::hurry();
            if late {
                sentry::hurry();
            }
            logs::is_flushed() && sentry::is_flushed() && otlp::is_flushed()
        })?;
        *watching = true;
    }
    Ok(())
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "the signature of the Unix one")]
pub(super) fn watch() -> io::Result<()> {
    Ok(())
}

/// Ends the process as the return of `main` does.
pub(super) fn exit() -> ! {
    #[cfg(unix)]
    let _ = thread::Builder::new().spawn(|| {
        thread::sleep(EXIT_LIMIT);
        hooks::exit_now(0)
    });
    std::process::exit(0)
}

/// Does the work of `shutdown()` if the service has not called it.
#[cfg(unix)]
extern "C" fn exiting() {
    // A forked child has no threads and connections to close.
    if hooks::is_forked() {
        return;
    }
    // A thread of its own, because the exiting thread may have dropped its thread-locals, which
    // Sentry does not expect.
    let (done, closed) = mpsc::channel::<()>();
    let close = move || {
        let _done = done;
        // Locked only for the look-up, because the exiting thread may hold the lock.
        let lifecycle = super::CURRENT.try_lock().ok().and_then(|it| it.upgrade());
        if let Some(lifecycle) = lifecycle {
            lifecycle.close();
        }
    };
    let lifecycle = super::CURRENT.try_lock().ok().and_then(|it| it.upgrade());
    if lifecycle.is_some_and(|it| !it.lock().closed) {
        let spawned = thread::Builder::new()
            .name("monitor-exit".into())
            .spawn(close);
        if spawned.is_ok() {
            let _ = closed.recv_timeout(SHUTDOWN_TIMEOUT);
        }
    }
    panic_lines::tell_late(Duration::ZERO);
    logs::flush(SHUTDOWN_TIMEOUT / 7);
}
