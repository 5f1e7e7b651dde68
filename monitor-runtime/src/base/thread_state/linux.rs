//! Reads `/proc/self/task/<thread>` (proc(5)).

use std::fs;
use std::time::Duration;

use libc::c_long;

use super::Usage;

/// Calls of the system in which a thread waits, or may take long, with their names. For those of the
/// first list the first argument is a descriptor.
const OF_DESCRIPTOR: [(c_long, &str); 19] = [
    (libc::SYS_read, "read"),
    (libc::SYS_readv, "readv"),
    (libc::SYS_pread64, "pread64"),
    (libc::SYS_preadv, "preadv"),
    (libc::SYS_write, "write"),
    (libc::SYS_writev, "writev"),
    (libc::SYS_pwrite64, "pwrite64"),
    (libc::SYS_pwritev, "pwritev"),
    (libc::SYS_recvfrom, "recvfrom"),
    (libc::SYS_recvmsg, "recvmsg"),
    (libc::SYS_sendto, "sendto"),
    (libc::SYS_sendmsg, "sendmsg"),
    (libc::SYS_connect, "connect"),
    (libc::SYS_accept4, "accept4"),
    (libc::SYS_fsync, "fsync"),
    (libc::SYS_fdatasync, "fdatasync"),
    (libc::SYS_flock, "flock"),
    (libc::SYS_fcntl, "fcntl"),
    (libc::SYS_ftruncate, "ftruncate"),
];
const OTHERS: [(c_long, &str); 17] = [
    (libc::SYS_futex, "futex"),
    (libc::SYS_nanosleep, "nanosleep"),
    (libc::SYS_clock_nanosleep, "clock_nanosleep"),
    (libc::SYS_ppoll, "ppoll"),
    (libc::SYS_pselect6, "pselect6"),
    (libc::SYS_epoll_pwait, "epoll_pwait"),
    (libc::SYS_wait4, "wait4"),
    (libc::SYS_waitid, "waitid"),
    (libc::SYS_openat, "openat"),
    (libc::SYS_sync, "sync"),
    (libc::SYS_getdents64, "getdents64"),
    (libc::SYS_renameat2, "renameat2"),
    (libc::SYS_unlinkat, "unlinkat"),
    (libc::SYS_munmap, "munmap"),
    (libc::SYS_madvise, "madvise"),
    (libc::SYS_getrandom, "getrandom"),
    (libc::SYS_rt_sigtimedwait, "rt_sigtimedwait"),
];
/// Calls that only older architectures have.
#[cfg(target_arch = "x86_64")]
const OLDER: [(c_long, &str); 7] = [
    (libc::SYS_poll, "poll"),
    (libc::SYS_select, "select"),
    (libc::SYS_epoll_wait, "epoll_wait"),
    (libc::SYS_pause, "pause"),
    (libc::SYS_open, "open"),
    (libc::SYS_stat, "stat"),
    (libc::SYS_rename, "rename"),
];
#[cfg(not(target_arch = "x86_64"))]
const OLDER: [(c_long, &str); 0] = [];

fn read(thread: u32, file: &str) -> Option<String> {
    let bytes = fs::read(format!("/proc/self/task/{thread}/{file}")).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns a thread's state in words, such as "waiting in futex" or "running"; `None` for one that has
/// ended.
pub(crate) fn state(thread: u32) -> Option<String> {
    let stat = read(thread, "stat")?;
    let letter = letter(&stat)?;
    if letter == 'R' {
        return Some("running".to_owned());
    }
    let syscall = read(thread, "syscall").unwrap_or_default();
    let kind = |descriptor| {
        let link = fs::read_link(format!("/proc/self/fd/{descriptor}")).ok()?;
        Some(kind(&link.to_string_lossy()))
    };
    Some(in_words(letter, &syscall, kind))
}

/// Returns a thread's use of processors; `None` if the kernel does not count it.
pub(crate) fn usage(thread: u32) -> Option<Usage> {
    let text = read(thread, "schedstat")?;
    let mut numbers = text.split_ascii_whitespace();
    let mut next = || numbers.next()?.parse().ok();
    Some(Usage {
        ran: Duration::from_nanos(next()?),
        delayed: Duration::from_nanos(next()?),
        runs: next()?,
        is_ready: letter(&read(thread, "stat")?)? == 'R',
    })
}

/// Returns `true` for a thread that waits in `futex` with a timeout, as the idle threads of Tokio's pool do. Its workers
/// have no timeout there.
pub(crate) fn is_in_timed_futex(thread: u32) -> bool {
    let syscall = read(thread, "syscall").unwrap_or_default();
    let mut words = syscall.split_ascii_whitespace();
    let is_futex = words.next() == Some(&libc::SYS_futex.to_string());
    // futex(2): the address, the operation, the value, and the timeout.
    is_futex && words.nth(3).is_some_and(|timeout| timeout != "0x0")
}

/// Returns the threads of this process with the name of this one.
pub(crate) fn named_like(thread: u32) -> Vec<u32> {
    let Some(name) = read(thread, "comm") else {
        return Vec::new();
    };
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten();
    let numbers = threads.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let is_named = |other: &u32| read(*other, "comm").is_some_and(|other| other == name);
    numbers.filter(is_named).collect()
}

/// Returns the letter of the state in the text of `stat`, behind the name in parentheses.
fn letter(stat: &str) -> Option<char> {
    stat.rsplit(')').next()?.trim_start().chars().next()
}

/// Returns the state in words, from its letter and the text of `syscall`.
fn in_words(letter: char, syscall: &str, kind: impl FnOnce(u64) -> Option<&'static str>) -> String {
    let mut words = syscall.split_ascii_whitespace();
    let number = words.next().and_then(|number| number.parse().ok());
    let of = |list: &[(c_long, &'static str)]| {
        let known = list.iter().find(|(known, _)| Some(*known) == number);
        known.map(|(_, name)| *name)
    };
    let call = match (of(&OF_DESCRIPTOR), of(&OTHERS).or_else(|| of(&OLDER))) {
        (Some(name), _) => {
            let descriptor = words.next().and_then(|word| word.strip_prefix("0x"));
            let descriptor = descriptor.and_then(|hex| u64::from_str_radix(hex, 16).ok());
            match descriptor.and_then(kind) {
                Some(kind) => format!(" in {name} of a {kind}"),
                None => format!(" in {name}"),
            }
        }
        (None, Some(name)) => format!(" in {name}"),
        // -1 stands for a wait outside of a call, such as for a page of memory.
        (None, None) => match number {
            Some(number) if number >= 0 => format!(" in system call {number}"),
            _ => String::new(),
        },
    };
    let state = match letter {
        'D' => "waiting for a device",
        'T' | 't' => "stopped",
        _ => "waiting",
    };
    format!("{state}{call}")
}

/// Returns the kind of thing behind a descriptor, from its link. A path may be private.
fn kind(link: &str) -> &'static str {
    match link.split_once(":[") {
        Some(("pipe", _)) => "pipe",
        Some(("socket", _)) => "socket",
        _ if link.starts_with("/dev/pts/") || link.starts_with("/dev/tty") => "terminal",
        _ if link.starts_with('/') => "file",
        _ => "descriptor",
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;
    use std::sync::mpsc;
    use std::sync::{Arc, Condvar, Mutex};
    use std::thread;
    use std::time::Instant;

    use super::*;

    fn kernel_id() -> u32 {
        let link = fs::read_link("/proc/thread-self").expect("Linux");
        let name = link.file_name().expect("a number").to_string_lossy();
        name.parse().expect("a number")
    }

    /// Returns the state of a thread once it is the expected one, or else the last one.
    fn eventually(thread: u32, expected: &str) -> String {
        let begin = Instant::now();
        loop {
            let now = state(thread).unwrap_or_default();
            if now == expected || begin.elapsed() > Duration::from_secs(10) {
                return now;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn in_a_thread(work: impl FnOnce() + Send + 'static) -> u32 {
        let (send, receive) = mpsc::channel();
        thread::spawn(move || {
            send.send(kernel_id()).expect("the test waits");
            work();
        });
        receive.recv().expect("a thread")
    }

    #[test]
    fn real_waits_have_their_words() {
        let locked = Arc::new(Mutex::new(()));
        let lock = Arc::clone(&locked);
        let guard = locked.lock().expect("free");
        let waits = in_a_thread(move || drop(lock.lock()));
        assert_eq!(eventually(waits, "waiting in futex"), "waiting in futex");
        drop(guard);

        let sleeps = in_a_thread(|| thread::sleep(Duration::from_secs(10)));
        let asleep = "waiting in clock_nanosleep";
        assert_eq!(eventually(sleeps, asleep), asleep);

        let (reader, writer) = std::io::pipe().expect("a pipe");
        assert!(reader.as_raw_fd() > 0);
        let reads = in_a_thread(move || {
            let _ = std::io::Read::read(&mut &reader, &mut [0]);
        });
        let reading = "waiting in read of a pipe";
        assert_eq!(eventually(reads, reading), reading);
        drop(writer);

        let (stop, stopped) = mpsc::channel::<()>();
        let spins =
            in_a_thread(move || while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {});
        assert_eq!(eventually(spins, "running"), "running");
        drop(stop);
        assert_eq!(state(u32::MAX), None);
    }

    #[test]
    fn a_state_without_a_known_call_is_said_as_it_is() {
        let say = |letter, syscall| in_words(letter, syscall, |_| None);
        assert_eq!(say('D', "-1 0x7ffe 0x7f"), "waiting for a device");
        assert_eq!(say('S', "running"), "waiting");
        assert_eq!(say('S', ""), "waiting", "the file may be closed to us");
        assert_eq!(say('S', "9999 0x1 0x2"), "waiting in system call 9999");
        let read = format!("{} 0x5 0x2", libc::SYS_read);
        assert_eq!(
            in_words('S', &read, |fd| (fd == 5).then_some("socket")),
            "waiting in read of a socket"
        );
        assert_eq!(letter("7 (a) R 1) b) S 1"), Some('S'));
    }

    #[test]
    fn a_thread_that_computes_uses_a_processor() {
        let own = kernel_id();
        let before = usage(own).expect("Linux");
        assert!(before.is_ready);
        let begin = Instant::now();
        let now = loop {
            let now = usage(own).expect("Linux");
            if now.ran > before.ran || begin.elapsed() > Duration::from_secs(10) {
                break now;
            }
        };
        assert!(now.ran > before.ran);
        assert_eq!(usage(u32::MAX), None);
    }

    #[test]
    fn a_wait_with_a_timeout_is_told_from_one_without() {
        let waits = |time: Option<Duration>| {
            let both = Arc::new((Mutex::new(()), Condvar::new()));
            let thread = in_a_thread(move || {
                let (lock, condition) = &*both;
                let guard = lock.lock().expect("no panic");
                if let Some(time) = time {
                    drop(condition.wait_timeout(guard, time));
                } else {
                    drop(condition.wait(guard));
                }
            });
            assert_eq!(eventually(thread, "waiting in futex"), "waiting in futex");
            is_in_timed_futex(thread)
        };
        assert!(waits(Some(Duration::from_secs(10))));
        assert!(!waits(None));
        assert!(!is_in_timed_futex(kernel_id()));
    }

    #[test]
    fn a_thread_in_one_wait_is_asleep_and_one_that_waits_again_and_again_is_not() {
        let read = |thread| usage(thread).expect("Linux");
        let asleep_for_a_while = |thread, expected| {
            eventually(thread, expected);
            let before = read(thread);
            thread::sleep(Duration::from_millis(50));
            read(thread).is_asleep_since(before)
        };
        let once = in_a_thread(|| thread::sleep(Duration::from_secs(10)));
        assert!(asleep_for_a_while(once, "waiting in clock_nanosleep"));
        let (stop, stopped) = mpsc::channel::<()>();
        let often = in_a_thread(move || {
            while stopped.try_recv() == Err(mpsc::TryRecvError::Empty) {
                thread::sleep(Duration::from_millis(5));
            }
        });
        assert!(!asleep_for_a_while(often, "waiting in clock_nanosleep"));
        drop(stop);
    }
}
