//! A service that logs a burst, fails, and then ends in the way it is told.

#![expect(unsafe_code, reason = "ends that only the C library has")]

use std::error::Error;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use monitor_runtime::{Monitor, monitored};

mod forks;
mod shutdowns;

static MONITOR: OnceLock<Monitor> = OnceLock::new();

#[derive(Debug, thiserror::Error)]
#[error("LASTLINE")]
struct Last;

#[monitored]
fn fail() -> Result<(), Last> {
    Err(Last)
}

/// Ends the process before the line that it writes is known to tell an error that it returns.
#[monitored]
fn ends_after_a_line(end: fn()) -> Result<(), Last> {
    tracing::error!("LASTLINE");
    end();
    Err(Last)
}

/// Panics when it is dropped, which aborts the process where something unwinds already.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("while unwinding");
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Runtime::new().expect("a runtime")
}

/// Writes lines that make no event.
fn last_line() {
    for line in 0..200 {
        tracing::info!(line, "before");
    }
    let _ = fail();
}

fn main() -> Result<(), Box<dyn Error>> {
    let way = std::env::args().nth(1).ok_or("which way?")?;
    if shutdowns::end(&way) {
        return Ok(());
    }
    let monitor = monitor_runtime::builder!().start_blocking()?;
    if way == "drop" {
        last_line();
        return Ok(());
    }
    if way == "forget" {
        last_line();
        std::mem::forget(monitor);
        return Ok(());
    }
    if way == "shutdown_in_runtime" {
        last_line();
        runtime().block_on(async { monitor.shutdown_blocking() });
        return Ok(());
    }
    if way == "drop_in_runtime" {
        last_line();
        runtime().block_on(async { drop(monitor) });
        return Ok(());
    }
    if way == "panic_local" {
        last_line();
        panic!("with a Monitor on the stack");
    }
    MONITOR.get_or_init(|| monitor);
    match way.as_str() {
        "fork" => fork(),
        "forks" => forks::many(),
        "children" => children(),
        "exit_in_thread" => {
            std::thread::spawn(|| {
                last_line();
                std::process::exit(1)
            });
            std::thread::sleep(Duration::from_secs(3600));
        }
        "exit_in_block_on" => runtime().block_on(async {
            last_line();
            std::process::exit(1)
        }),
        _ => last_line(),
    }
    match way.as_str() {
        "exit" => std::process::exit(1),
        "exit_in_body" => exit(),
        "out_of_memory" => drop(Vec::<u8>::with_capacity(usize::MAX / 2)),
        "overflow" => println!("{}", overflow(0)),
        "error" => return Err("with a static Monitor".into()),
        "abort" => std::process::abort(),
        "abort_in_call" => ends_after_a_line(|| std::process::abort())?,
        "exit_in_call" => ends_after_a_line(|| std::process::exit(1))?,
        "panic" => panic!("with a static Monitor"),
        "panic_twice" => {
            let _bomb = Bomb;
            panic!("with a static Monitor")
        }
        // SAFETY: it ends the process at once, which is what is tried here.
        "_exit" => unsafe { libc::_exit(1) },
        // SAFETY: it points nowhere, which is what is tried here.
        "fault" => unsafe { std::ptr::null_mut::<u8>().wrapping_add(8).write_volatile(1) },
        "wait" => std::thread::sleep(Duration::from_secs(3600)),
        _ => {}
    }
    Ok(())
}

/// Logs in a child, which has none of the runtime's threads, and exits there.
fn fork() {
    // A child has copies of locks that other threads hold at that moment, for ever: let them rest.
    std::thread::sleep(Duration::from_secs(1));
    // SAFETY: the child logs and exits; no other thread of this program holds a lock.
    let child = unsafe { libc::fork() };
    if child == 0 {
        last_line();
        std::process::exit(0);
    }
    let mut status = 0;
    // SAFETY: it writes to the status alone.
    unsafe { libc::waitpid(child, &raw mut status, 0) };
    tracing::info!(status, "the child has ended");
    std::process::exit(status);
}

#[monitored]
fn exit() {
    std::process::exit(4)
}

#[monitored]
fn overflow(depth: u64) -> u64 {
    // Neither a loop nor a tail call: each call needs its frame.
    let depth = std::hint::black_box(depth);
    std::hint::black_box(overflow(depth + 1)) + depth
}

/// Waits for a child, and counts orphans that have ended, of which this process is the parent now.
fn children() {
    let mut shell = Command::new("/bin/sh");
    let status = shell.args(["-c", "sleep 0.1 & exit 7"]).status();
    let code = status.ok().and_then(|status| status.code());
    tracing::info!(code, "the child has ended");
    let is_zombie = |process: std::fs::DirEntry| {
        let stat = std::fs::read_to_string(process.path().join("stat")).ok()?;
        stat.rsplit(") ").next()?.starts_with('Z').then_some(())
    };
    let mut zombies = 0;
    for _ in 0..200 {
        let processes = std::fs::read_dir("/proc").into_iter().flatten();
        zombies = processes.flatten().filter_map(is_zombie).count();
        if zombies > 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    tracing::info!(zombies, "orphans have ended");
}
