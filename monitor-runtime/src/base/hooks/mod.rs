//! The C library's calls into the runtime: for a signal, a crash, `exit` and `fork`.
//!
//! `signal-hook` cannot say whether the service also handles a signal, which decides whether the
//! runtime may end the process. No safe crate wraps `atexit`. So the few calls of `libc` stand
//! here. What a handler may do is listed in signal-safety(7): it reads atomics, writes to a socket,
//! sleeps.

#![expect(unsafe_code, reason = "the C library's interface")]

use std::ffi::{c_int, c_void};
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::{mem, ptr};

use libc::{sigaction, siginfo_t};

/// Signals have smaller numbers than this on every Unix.
const SIGNALS: usize = 65;
/// Milliseconds that a crashing thread waits for the other threads, at most.
const CRASH_LIMIT: usize = 5000;
/// Milliseconds of that wait after which the other threads should hurry.
const CRASH_HURRY: usize = 1000;

type Handler = extern "C" fn(c_int, *mut siginfo_t, *mut c_void);

/// The action of each signal before [`listen`] or [`on_crash`].
static BEFORE: [OnceLock<sigaction>; SIGNALS] = [const { OnceLock::new() }; SIGNALS];
/// The socket to which the handler writes the numbers of signals.
static SIGNALLED: OnceLock<UnixStream> = OnceLock::new();
/// Returns `true` if the process may end. Its argument is `true` if time is short.
static SETTLED: OnceLock<fn(bool) -> bool> = OnceLock::new();
static FORKED: AtomicBool = AtomicBool::new(false);
/// Milliseconds that this process has waited in a crash. One may lead to another: after a stack overflow the
/// standard library aborts.
static WAITED: AtomicUsize = AtomicUsize::new(0);

/// Returns `true` in a process that was forked off one that called [`watch_forks`]. The runtime's
/// threads do not exist in it.
pub(crate) fn is_forked() -> bool {
    FORKED.load(Ordering::Relaxed)
}

/// Makes [`is_forked`] return `true` in children, and calls `then` there, which may only store to
/// atomics.
pub(crate) fn watch_forks(then: fn()) {
    static THEN: OnceLock<fn()> = OnceLock::new();
    extern "C" fn forked() {
        FORKED.store(true, Ordering::Relaxed);
        if let Some(then) = THEN.get() {
            then();
        }
    }
    THEN.get_or_init(|| then);
    // SAFETY: the handler stores to atomics, which a child may do at any time.
    unsafe { libc::pthread_atfork(None, None, Some(forked)) };
}

/// Calls `run` when the process exits: by `exit`, or because `main` returns.
pub(crate) fn at_exit(run: extern "C" fn()) {
    // SAFETY: `run` is a function without arguments that cannot unwind out of itself.
    unsafe { libc::atexit(run) };
}

/// Ends the process without calling the functions registered with [`at_exit`].
pub(crate) fn exit_now(code: i32) -> ! {
    // SAFETY: it does not return, and touches nothing of the process.
    unsafe { libc::_exit(code) }
}

/// Ends the process as the signal does by default.
pub(crate) fn end_by(signal: c_int) -> ! {
    // The first process of a container outlives its own signals, see pid_namespaces(7).
    if std::process::id() != 1 {
        restore(signal, &DEFAULT);
        // SAFETY: a set is filled before it is used.
        unsafe {
            let mut set = mem::zeroed();
            libc::sigemptyset(&raw mut set);
            libc::sigaddset(&raw mut set, signal);
            libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, ptr::null_mut());
            libc::raise(signal);
        }
    }
    exit_now(128 + signal)
}

/// Writes the number of each of these signals to `to`, one byte for each arrival.
///
/// A previous action of the process runs as well. An ignored signal stays ignored. A signal for
/// which `only_default` is `true` is left to a previous action, if there is one.
pub(crate) fn listen(
    signals: &[c_int],
    only_default: fn(c_int) -> bool,
    to: UnixStream,
) -> io::Result<()> {
    to.set_nonblocking(true)?;
    SIGNALLED.get_or_init(|| to);
    for &signal in signals {
        let default = current(signal)?.sa_sigaction == libc::SIG_DFL;
        if default || !only_default(signal) {
            install(signal, on_signal)?;
        }
    }
    Ok(())
}

/// Lets a thread that crashes or aborts wait until `settled`, for five seconds at most.
///
/// `settled` may only use atomics. Its argument is `true` after the first second.
pub(crate) fn on_crash(settled: fn(bool) -> bool) -> io::Result<()> {
    SETTLED.get_or_init(|| settled);
    [
        libc::SIGABRT,
        libc::SIGSEGV,
        libc::SIGBUS,
        libc::SIGILL,
        libc::SIGFPE,
        libc::SIGTRAP,
        libc::SIGSYS,
    ]
    .into_iter()
    .try_for_each(|signal| install(signal, crashed))
}

/// Returns `true` if [`listen`]'s action is the only one for a signal.
pub(crate) fn is_ours(signal: c_int) -> bool {
    let now = current(signal).is_ok_and(|now| now.sa_sigaction == on_signal as Handler as usize);
    now && before(signal).is_some_and(|before| before.sa_sigaction == libc::SIG_DFL)
}

const DEFAULT: sigaction = {
    // SAFETY: a C structure of numbers and an optional function.
    let mut action: sigaction = unsafe { mem::zeroed() };
    action.sa_sigaction = libc::SIG_DFL;
    action
};

fn before(signal: c_int) -> Option<&'static sigaction> {
    BEFORE.get(usize::try_from(signal).ok()?)?.get()
}

fn current(signal: c_int) -> io::Result<sigaction> {
    let mut action = DEFAULT;
    // SAFETY: it only reads the action of the signal, into a structure of its own.
    if unsafe { libc::sigaction(signal, ptr::null(), &raw mut action) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(action)
}

fn install(signal: c_int, handler: Handler) -> io::Result<()> {
    let action = current(signal)?;
    if action.sa_sigaction == libc::SIG_IGN || before(signal).is_some() {
        return Ok(());
    }
    // Before the handler can run.
    BEFORE[usize::try_from(signal).unwrap_or_default()].get_or_init(|| action);
    let mut action = DEFAULT;
    action.sa_sigaction = handler as usize;
    action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART | libc::SA_ONSTACK;
    // SAFETY: the handlers below do what a handler may do.
    if unsafe { libc::sigaction(signal, &raw const action, ptr::null_mut()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

fn restore(signal: c_int, action: &sigaction) {
    // SAFETY: the action is the default one, or one that the process had.
    unsafe { libc::sigaction(signal, ptr::from_ref(action), ptr::null_mut()) };
}

extern "C" fn on_signal(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    let before = before(signal).unwrap_or(&DEFAULT);
    if is_forked() {
        // The thread that would handle it exists only in the parent.
        restore(signal, before);
        // SAFETY: the signal comes when this handler returns.
        unsafe { libc::raise(signal) };
        return;
    }
    if let (Some(to), Ok(signal)) = (SIGNALLED.get(), u8::try_from(signal)) {
        // A full buffer holds this signal already.
        let _ = rustix::io::write(to, &[signal]);
    }
    match before.sa_sigaction {
        libc::SIG_DFL | libc::SIG_IGN => {}
        action if before.sa_flags & libc::SA_SIGINFO != 0 => {
            // SAFETY: with this flag it is a function of this type, and it was one before.
            let action: Handler = unsafe { mem::transmute(action) };
            action(signal, info, context);
        }
        action => {
            // SAFETY: without the flag it is a function of this type.
            let action: extern "C" fn(c_int) = unsafe { mem::transmute(action) };
            action(signal);
        }
    }
}

extern "C" fn crashed(signal: c_int, info: *mut siginfo_t, _: *mut c_void) {
    if let Some(settled) = SETTLED.get().filter(|_| !is_forked()) {
        let millisecond = libc::timespec {
            tv_sec: 0,
            tv_nsec: 1_000_000,
        };
        loop {
            let waited = WAITED.load(Ordering::Relaxed);
            if waited >= CRASH_LIMIT || settled(waited > CRASH_HURRY) {
                break;
            }
            // SAFETY: it reads the time, and writes nothing.
            unsafe { libc::nanosleep(&raw const millisecond, ptr::null_mut()) };
            // Not added: threads that crash together wait at the same time.
            WAITED.fetch_max(waited + 1, Ordering::Relaxed);
        }
    }
    restore(signal, before(signal).unwrap_or(&DEFAULT));
    // An instruction that faults does so again when this returns. One that traps, and a signal that was sent,
    // do not come by themselves.
    let is_trap = signal == libc::SIGTRAP || signal == libc::SIGSYS;
    // SAFETY: the kernel gave the structure; the signal comes when this handler returns.
    unsafe {
        if is_trap || info.is_null() || (*info).si_code <= 0 {
            libc::raise(signal);
        }
    }
}
