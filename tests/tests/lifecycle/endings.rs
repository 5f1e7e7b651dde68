//! Every way in which a process can end: its last line is in the log, its last event at Sentry.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, Instant, SystemTime};

use monitor_tests::process::{Sentry, command, wait_for};

#[cfg(target_os = "linux")]
mod first_process;
mod shutdowns;

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_endings"))
}

/// Ends in a way; returns how, what was printed, and the events that arrived.
fn end(way: &str, format: &str) -> (ExitStatus, String, usize) {
    // Slow enough for a process that does not wait to be gone.
    let sentry = Sentry::answering("200 OK", Duration::from_millis(300));
    let dsn = sentry.dsn();
    let env = [
        ("SENTRY_DSN", dsn.as_str()),
        ("MONITOR_LOG_FORMAT", format),
        ("MONITOR_ADDR", "off"),
    ];
    let mut command = command(program(), &env);
    command.arg(way).stderr(Stdio::null());
    let output = command.output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    (output.status, text, sentry.events().len())
}

#[test]
fn the_last_line_and_the_last_event_are_there_however_a_process_ends() {
    // The way it ends, and the number of events that arrive: for the failure, and for the panics.
    let ways = [
        ("drop", Some(0), 1),
        ("forget", Some(0), 1),
        ("return", Some(0), 1),
        ("error", Some(1), 1),
        ("exit", Some(1), 1),
        ("exit_in_block_on", Some(1), 1),
        ("exit_in_thread", Some(1), 1),
        ("shutdown_in_runtime", Some(0), 1),
        ("drop_in_runtime", Some(0), 1),
        ("panic_local", Some(101), 2),
        ("panic", Some(101), 2),
        ("panic_twice", None, 2),
        ("abort", None, 1),
        ("fault", None, 1),
        ("abort_in_call", None, 2),
        ("exit_in_call", Some(1), 2),
    ];
    for (way, code, wanted) in ways {
        for format in ["json", "pretty"] {
            let (status, text, events) = end(way, format);
            assert_eq!(status.code(), code, "{way}, {format}: {status}");
            assert!(text.contains("LASTLINE"), "{way}, {format}: {text}");
            assert_eq!(text.matches("before").count(), 200, "{way}, {format}");
            assert!(events >= wanted, "{way}, {format}: {events} events");
        }
    }
}

#[test]
fn an_error_is_written_though_the_process_is_gone_at_once() {
    for format in ["json", "pretty"] {
        let (status, text, _) = end("_exit", format);
        assert_eq!(status.code(), Some(1));
        assert!(text.contains("LASTLINE"), "{format}: {text}");
    }
}

#[test]
fn a_forked_process_writes_its_lines_itself() {
    for format in ["json", "pretty"] {
        let began = Instant::now();
        let (status, text, _) = end("fork", format);
        assert_eq!(status.code(), Some(0), "{text}");
        assert_eq!(text.matches("LASTLINE").count(), 1, "{format}: {text}");
        assert_eq!(text.matches("before").count(), 200, "{format}: {text}");
        let took = began.elapsed();
        assert!(
            took < Duration::from_secs(15),
            "the child waits for nothing: {took:?}"
        );
    }
}

#[test]
fn a_process_forked_while_other_threads_log_can_log() {
    let (status, text, _) = end("forks", "json");
    assert_eq!(status.code(), Some(0), "a child hangs");
    assert_eq!(text.matches("in a child").count(), 200);
}

/// Starts the program that waits, with its output where it can be read.
fn waiting(env: &[(&str, &str)]) -> (Child, Box<dyn FnOnce() -> String>) {
    let env: Vec<_> = [("MONITOR_ADDR", "off")]
        .iter()
        .chain(env)
        .copied()
        .collect();
    let mut command = command(program(), &env);
    command
        .arg("wait")
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    let mut stdout = child.stdout.take().expect("piped");
    let mut first = vec![0; 1];
    stdout.read_exact(&mut first).expect("a line");
    let reader = std::thread::spawn(move || {
        let mut text = String::from("{");
        stdout.read_to_string(&mut text).map(|_| text)
    });
    let text = move || reader.join().expect("no panic").expect("UTF-8");
    (child, Box::new(text))
}

fn signal(child: &Child, name: &str) {
    let kill = std::process::Command::new("kill")
        .args([format!("-{name}"), child.id().to_string()])
        .status();
    assert!(kill.expect("kill runs").success());
}

fn gone(child: &mut Child) -> ExitStatus {
    wait_for("the program to end", || {
        child.try_wait().expect("a child can be waited for")
    })
}

#[test]
fn a_signal_that_ends_a_process_does_so_when_all_is_written_and_sent() {
    for (name, number) in [
        ("TERM", 15),
        ("INT", 2),
        ("HUP", 1),
        ("QUIT", 3),
        ("USR1", 10),
        ("USR2", 12),
        ("ALRM", 14),
        ("PROF", 27),
        ("XFSZ", 25),
        ("IO", 29),
        ("ABRT", 6),
        ("TRAP", 5),
        ("SYS", 31),
    ] {
        let sentry = Sentry::answering("200 OK", Duration::from_millis(300));
        let dsn = sentry.dsn();
        let env = [
            ("SENTRY_DSN", dsn.as_str()),
            ("MONITOR_DRAIN", "10ms"),
            ("MONITOR_LOG_FORMAT", "json"),
        ];
        let (mut child, text) = waiting(&env);
        wait_for("the event", || (sentry.requests() > 0).then_some(()));
        signal(&child, name);
        assert_eq!(gone(&mut child).signal(), Some(number), "{name}");
        let text = text();
        assert!(text.contains("LASTLINE"), "{name}: {text}");
        assert_eq!(sentry.events().len(), 1, "{name}");
        let is_crash = [5, 6, 31].contains(&number);
        if !is_crash {
            assert!(text.contains("ending the process: "), "{name}: {text}");
            assert!(text.contains("\"requests\":0"), "{name}: {text}");
            assert!(text.contains("shutdown is done"), "{name}: {text}");
        }
    }
}

#[test]
fn an_exit_waits_no_longer_than_a_shutdown_does() {
    // A Sentry that never answers.
    let sentry = Sentry::answering("200 OK", Duration::from_secs(3600));
    let dsn = sentry.dsn();
    for way in ["exit", "drop", "abort", "return", "overflow"] {
        let env = [
            ("SENTRY_DSN", dsn.as_str()),
            ("MONITOR_ADDR", "off"),
            ("MONITOR_LOG_FORMAT", "json"),
        ];
        let mut command = command(program(), &env);
        command.arg(way).stderr(Stdio::null());
        let output = command.output().expect("it runs");
        let ended = SystemTime::now();
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let last = text
            .lines()
            .find(|line| line.contains("LASTLINE"))
            .expect("its last line");
        let last: serde_json::Value = serde_json::from_str(last).expect("JSON");
        let last = last["timestamp"].as_str().expect("a time");
        let last = humantime::parse_rfc3339(last).expect("a time");
        let took = ended.duration_since(last).expect("time goes on");
        // Three seconds, five where the process crashes, and what a busy machine adds.
        assert!(took < Duration::from_secs(10), "{way}: {took:?}");
        assert!(took >= Duration::from_secs(1), "{way}: {took:?}");
    }
}

#[test]
fn standard_output_without_a_reader_holds_no_end_up() {
    for way in ["exit", "return", "abort", "_exit", "panic"] {
        let mut command = command(program(), &[("MONITOR_ADDR", "off")]);
        // A pipe that is full already.
        let (reader, mut writer) = std::io::pipe().expect("a pipe");
        let full = std::thread::spawn({
            let mut writer = writer.try_clone().expect("a copy");
            move || std::io::Write::write_all(&mut writer, &vec![b' '; 1 << 16])
        });
        full.join()
            .expect("no panic")
            .expect("64 KiB fit into a pipe");
        command
            .arg(way)
            .stderr(Stdio::null())
            .stdout(writer.try_clone().expect("a copy"));
        let began = Instant::now();
        command.status().expect("it runs");
        let took = began.elapsed();
        assert!(took < Duration::from_secs(8), "{way}: {took:?}");
        let _ = std::io::Write::flush(&mut writer);
        drop(reader);
    }
}
