//! Tests standard output whose reader is slow or gone.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Stdio};
use std::time::Duration;

use monitor_tests::process::{command, get, wait_for};
use serde_json::Value;

/// The program, all its calls made.
struct Chatty {
    child: Child,
    addr: SocketAddr,
    longest: Duration,
}

impl Chatty {
    /// Starts it; `stdout` decides what becomes of its standard output.
    fn start<T>(calls: u32, stdout: impl FnOnce(ChildStdout) -> T) -> (Self, T) {
        let program = Path::new(env!("CARGO_BIN_EXE_chatty"));
        let mut command = command(program, &[("MONITOR_LOG_FORMAT", "json")]);
        command.arg(calls.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::piped()).spawn().expect("it starts");
        let kept = stdout(child.stdout.take().expect("piped"));
        let stderr = child.stderr.take().expect("piped");
        let mut done = String::new();
        let mut stderr = BufReader::new(stderr);
        stderr.read_line(&mut done).expect("text");
        // Kept open, or the program's own messages would have nowhere to go.
        std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
        let mut words = done.split_whitespace();
        let addr = words.next().and_then(|word| word.parse().ok());
        let longest = words.next().and_then(|word| word.parse().ok());
        let this = Self {
            child,
            addr: addr.unwrap_or_else(|| panic!("an address: {done:?}")),
            longest: longest.map(Duration::from_micros).expect("a time"),
        };
        (this, kept)
    }

    /// The sum of a family on its page.
    fn metric(&self, family: &str) -> u64 {
        let page = get(self.addr, "/metrics").1;
        let samples = page.lines().filter(|line| line.starts_with(family));
        samples
            .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
            .sum()
    }

    /// Processor time it has used so far, in ticks of 10 ms.
    fn ticks(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()));
        let stat = stat.expect("it runs");
        // proc(5): `utime` and `stime` are the 12th and 13th fields behind the name.
        let fields = stat.rsplit(") ").next().expect("fields").split(' ');
        fields
            .skip(11)
            .take(2)
            .map(|f| f.parse::<u64>().expect("a number"))
            .sum()
    }

    fn end(mut self) {
        let mut stdin = self.child.stdin.take().expect("piped");
        stdin.write_all(b"\n").expect("it waits for this");
        let status = wait_for("the program to end", || {
            self.child.try_wait().expect("a child can be waited for")
        });
        assert!(status.success(), "{status}");
    }
}

/// More than the queue and the pipe can hold.
const MANY: u32 = 100_000;

#[test]
fn standard_output_without_a_reader_blocks_no_call_and_every_lost_line_is_counted() {
    let (program, mut stdout) = Chatty::start(MANY, |stdout| stdout);
    let longest = program.longest;
    assert!(longest < Duration::from_secs(5), "a call took {longest:?}");
    let dropped = program.metric("monitor_log_lines_dropped_total");
    assert!(dropped > 0, "{MANY} lines fit nowhere");
    let page = get(program.addr, "/metrics").1;
    let calls = format!("result=\"ok\"}} {MANY}\n");
    assert!(page.contains(&calls), "every call is counted: {page}");
    let made = program.metric("monitor_log_events_total{level=\"info\"}");
    assert!(made >= u64::from(MANY), "and every event: {made}");

    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        stdout.read_to_string(&mut text).map(|_| text)
    });
    program.end();
    let text = reader.join().expect("no panic").expect("UTF-8");
    let of_call = |line: &&str| {
        let line: Value = serde_json::from_str(line).expect("every line is whole");
        line["fields"]["function"] == "call"
    };
    let written = text.lines().filter(of_call).count() as u64;
    assert_eq!(written + dropped, u64::from(MANY), "{dropped} dropped");
    let told = text.lines().rev().find_map(|line| {
        let line: Value = serde_json::from_str(line).expect("every line is whole");
        line["fields"]["dropped"].as_u64()
    });
    // Lines about the shutdown may have been dropped as well.
    let told = told.expect("the log says how many were dropped");
    assert!((dropped..dropped + 5).contains(&told), "{told}");
}

#[test]
fn closed_standard_output_neither_ends_nor_spins_the_process() {
    let (program, ()) = Chatty::start(1000, drop);
    let made = program.metric("monitor_log_events_total");
    wait_for("the lines to be counted", || {
        // The first may have been written before the reader was gone.
        let dropped = program.metric("monitor_log_lines_dropped_total");
        (dropped >= 1000 && dropped <= made).then_some(())
    });
    let before = program.ticks();
    std::thread::sleep(Duration::from_millis(500));
    let used = program.ticks() - before;
    assert!(used < 25, "{used} ticks of 50 in an idle process");
    program.end();
}
