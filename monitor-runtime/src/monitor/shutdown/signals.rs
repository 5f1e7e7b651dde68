//! Handles signals that end a process, and decides whether the runtime or the service acts on them.
//!
//! A handler of the runtime replaces the signal's default, so the runtime has to end the process if
//! no other code does. It must not if the service has an action of its own, which may be registered
//! after `start()`: `axum::serve` with `tokio::signal` registers when it begins to wait. So the
//! runtime decides when the signal arrives: [`hooks::is_ours`].

use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::{Mutex, PoisonError};
use std::thread;

use libc::{
    SIGALRM, SIGHUP, SIGINT, SIGPROF, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXCPU,
    SIGXFSZ,
};

use super::{Lifecycle, current};
use crate::base::hooks;

/// Signals that ask a process to end gracefully.
const ASKING: &[(i32, &str)] = &[(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT"), (SIGHUP, "SIGHUP")];
/// Signals that end a process by default, but that a service may use for something else.
const ENDING: &[(i32, &str)] = &[
    (SIGQUIT, "SIGQUIT"),
    (SIGUSR1, "SIGUSR1"),
    (SIGUSR2, "SIGUSR2"),
    (SIGALRM, "SIGALRM"),
    (SIGVTALRM, "SIGVTALRM"),
    (SIGPROF, "SIGPROF"),
    (SIGXCPU, "SIGXCPU"),
    (SIGXFSZ, "SIGXFSZ"),
    #[cfg(target_os = "linux")] // elsewhere it is ignored by default
    (libc::SIGIO, "SIGIO"),
];

/// Listens until the end of the process. A second call changes nothing.
pub(super) fn listen() -> io::Result<()> {
    static LISTENING: Mutex<bool> = Mutex::new(false);
    let mut listening = LISTENING.lock().unwrap_or_else(PoisonError::into_inner);
    if !*listening {
        let (mut arrivals, to) = UnixStream::pair()?;
        let run = move || {
            let mut signal = [0];
            while arrivals.read_exact(&mut signal).is_ok() {
                receive(signal[0].into());
            }
        };
        thread::Builder::new()
            .name("monitor-signals".into())
            .spawn(run)?;
        let signals: Vec<i32> = all().map(|(signal, _)| *signal).collect();
        hooks::listen(&signals, |signal| signal != SIGTERM && signal != SIGINT, to)?;
        *listening = true;
    }
    Ok(())
}

fn all() -> impl Iterator<Item = &'static (i32, &'static str)> {
    ASKING.iter().chain(ENDING)
}

/// Returns the name of a signal that is listened to.
pub(super) fn name(signal: i32) -> &'static str {
    let known = all().find(|(known, _)| *known == signal);
    known.map_or("a signal", |(_, name)| name)
}

/// Ends the process as the signal does by default.
pub(super) fn end_by(signal: i32) -> ! {
    hooks::end_by(signal)
}

/// Acts on a signal. It does not block, because the next signal may demand more.
fn receive(signal: i32) {
    let ours = hooks::is_ours(signal);
    let Some(lifecycle) = current().upgrade() else {
        return if ours {
            end_by(signal)
        };
    };
    let asking = ASKING.iter().any(|(known, _)| *known == signal);
    if asking && (ours || signal != SIGHUP) {
        lifecycle.signalled(signal, ours);
    } else if ours {
        end_soon(lifecycle, signal);
    }
}

/// Writes and sends what is queued, then lets the signal have its default effect.
fn end_soon(lifecycle: std::sync::Arc<Lifecycle>, signal: i32) {
    static ENDING: Mutex<bool> = Mutex::new(false);
    let mut ending = ENDING.lock().unwrap_or_else(PoisonError::into_inner);
    if *ending {
        end_by(signal);
    }
    *ending = true;
    let end = move || lifecycle.end_by(signal, "the service does not handle the signal");
    let spawned = thread::Builder::new().name("monitor-end".into()).spawn(end);
    if spawned.is_err() {
        end_by(signal);
    }
}
