//! Forks while other threads log, as a program that forks cannot know.

use std::thread;
use std::time::{Duration, Instant};

const CHILDREN: u32 = 200;
/// Far more than a child needs for a line.
const PATIENCE: Duration = Duration::from_secs(10);

/// Forks children that log records, and exits with the number of those that did not end.
pub(crate) fn many() {
    for name in 0..3 {
        // Each from a place of its own, which the log does not know yet.
        thread::spawn(move || {
            for number in 0_u64.. {
                log::info!(target: &format!("thread{name}_{number}"), "beside");
                if number % 64 == 0 {
                    thread::sleep(Duration::from_micros(300));
                }
            }
        });
    }
    let hung = (0..CHILDREN)
        .filter(|number| !ends(*number))
        .take(1)
        .count();
    std::process::exit(i32::from(hung > 0));
}

fn ends(number: u32) -> bool {
    // SAFETY: the child logs, and ends at once.
    let child = unsafe { libc::fork() };
    if child == 0 {
        log::info!(target: &format!("child{number}"), "in a child");
        // SAFETY: it runs nothing.
        unsafe { libc::_exit(0) };
    }
    let began = Instant::now();
    let mut status = 0;
    while began.elapsed() < PATIENCE {
        // SAFETY: it writes to the status alone.
        if unsafe { libc::waitpid(child, &raw mut status, libc::WNOHANG) } == child {
            return status == 0;
        }
        thread::sleep(Duration::from_micros(200));
    }
    // SAFETY: a child of this process, which has not been waited for.
    unsafe { libc::kill(child, libc::SIGKILL) };
    false
}
