//! The first process of a container: no signal ends it by default, and orphans become its children.

use std::fs;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::process::{Child, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use monitor_tests::process::{Sentry, command, wait_for};
use std::path::Path;

use super::{gone, program};

/// A program that is process 1 of a namespace of its own.
struct Container {
    unshare: Child,
    /// The program, as this namespace sees it.
    first: u32,
    output: Option<JoinHandle<String>>,
}

impl Container {
    /// Runs the program in a way, and returns once it has begun to write its log.
    fn run(way: &str, env: &[(&str, &str)]) -> Self {
        let mut command = command(Path::new("unshare"), env);
        command.args(["--fork", "--pid", "--mount-proc", "--kill-child"]);
        let is_root = fs::metadata("/proc/self").is_ok_and(|this| this.uid() == 0);
        if !is_root {
            command.args(["--user", "--map-root-user"]);
        }
        command.arg(program()).arg(way);
        command.env("MONITOR_ADDR", "off").stdout(Stdio::piped());
        let mut unshare = command
            .stderr(Stdio::null())
            .spawn()
            .expect("`unshare` of util-linux is installed");
        let mut stdout = unshare.stdout.take().expect("piped");
        let mut begin = vec![0; 1];
        stdout.read_exact(&mut begin).expect(
            "this user may make a namespace: as root, or with `sysctl kernel.unprivileged_userns_clone=1`",
        );
        let output = std::thread::spawn(move || {
            let mut text = String::from_utf8(begin).expect("ASCII");
            stdout.read_to_string(&mut text).expect("UTF-8");
            text
        });
        let first = wait_for("the first process", || child_of(unshare.id()));
        Self {
            unshare,
            first,
            output: Some(output),
        }
    }

    fn signal(&self, name: &str) {
        let kill = std::process::Command::new("kill")
            .args([format!("-{name}"), self.first.to_string()])
            .status();
        assert!(kill.expect("kill runs").success());
    }

    fn end(mut self) -> (ExitStatus, String) {
        let status = gone(&mut self.unshare);
        let output = self.output.take().expect("it is asked for once");
        (status, output.join().expect("no panic"))
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let _ = self.unshare.kill();
        let _ = self.unshare.wait();
    }
}

/// The child of a process that has one.
fn child_of(parent: u32) -> Option<u32> {
    let processes = fs::read_dir("/proc").ok()?;
    processes.filter_map(Result::ok).find_map(|process| {
        let pid: u32 = process.file_name().to_str()?.parse().ok()?;
        let stat = fs::read_to_string(process.path().join("stat")).ok()?;
        // proc(5): behind the name in parentheses stand the state and the parent.
        let of: u32 = stat.rsplit(") ").next()?.split(' ').nth(1)?.parse().ok()?;
        (of == parent).then_some(pid)
    })
}

#[test]
fn a_signal_ends_it_with_128_and_its_number_when_all_is_written_and_sent() {
    for (name, number) in [
        ("TERM", 15),
        ("INT", 2),
        ("HUP", 1),
        ("QUIT", 3),
        ("USR1", 10),
    ] {
        let sentry = Sentry::answering("200 OK", Duration::from_millis(300));
        let dsn = sentry.dsn();
        let env = [
            ("SENTRY_DSN", dsn.as_str()),
            ("MONITOR_DRAIN", "10ms"),
            ("MONITOR_LOG_FORMAT", "json"),
        ];
        let container = Container::run("wait", &env);
        wait_for("the event", || (sentry.requests() > 0).then_some(()));
        container.signal(name);
        let (status, text) = container.end();
        assert_eq!(status.code(), Some(128 + number), "{name}: {status}");
        assert!(text.contains("LASTLINE"), "{name}: {text}");
        assert!(text.contains("ending the process: "), "{name}: {text}");
        assert!(text.contains("shutdown is done"), "{name}: {text}");
        assert_eq!(sentry.events().len(), 1, "{name}");
    }
}

#[test]
fn a_second_interrupt_ends_it_at_once() {
    let sentry = Sentry::answering("200 OK", Duration::from_secs(3600));
    let dsn = sentry.dsn();
    let container = Container::run("wait", &[("SENTRY_DSN", dsn.as_str())]);
    wait_for("the event", || (sentry.requests() > 0).then_some(()));
    container.signal("INT");
    std::thread::sleep(Duration::from_millis(200));
    container.signal("INT");
    let (status, text) = container.end();
    assert_eq!(status.code(), Some(130), "{status}");
    assert!(!text.contains("shutdown is done"), "{text}");
}

#[test]
fn a_first_process_takes_no_childs_status_from_the_service_and_reaps_no_orphan() {
    let container = Container::run("children", &[("MONITOR_LOG_FORMAT", "json")]);
    let (status, text) = container.end();
    assert_eq!(status.code(), Some(0), "{status}: {text}");
    assert!(text.contains("\"code\":7"), "{text}");
    assert!(text.contains("\"zombies\":1"), "{text}");
}
