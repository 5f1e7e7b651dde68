//! Helpers that the tests share: one started runtime per test binary, its page, and a log that is
//! kept.
//!
//! A test binary that asserts on spans and events takes [`log`] first. In all others no subscriber
//! listens, as in a service whose log is off.

#![expect(
    clippy::missing_panics_doc,
    reason = "everything here panics to fail a test"
)]

use std::future::Future;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use monitor_runtime::Monitor;

pub mod alone;
mod counts;
pub mod http;
pub mod leaks;
mod log;
mod page;
pub mod pieces;
pub mod process;
pub mod prometheus;
mod sample;
pub mod sentry;

pub use counts::Counts;
pub use log::{Event, Log, Span};
pub use page::Page;
pub use sample::{Labels, Sample};

/// Text that would forge a line, end a string or a label, command a terminal, or read backwards.
pub const HOSTILE: &str = "x\"} 1\nFORGED 2\r\nERROR forged='\\\" \0\u{7}\u{8}\u{1b}[31mFORGED\u{1b}]0;title\u{7}\u{7f}\u{9b}2J\u{85}\u{202e}drawkcab\u{2066}\u{2028}\u{200f}</script>{{x}}";

/// Returns the runtime of this test binary, started on first use.
pub fn monitor() -> &'static Monitor {
    static MONITOR: OnceLock<Monitor> = OnceLock::new();
    MONITOR.get_or_init(|| {
        monitor_runtime::builder!()
            .addr("127.0.0.1:0")
            .log_filter("off")
            .start_blocking()
            .expect("the runtime starts on a free port")
    })
}

/// Returns the spans and events of this test binary, kept from the first use on; starts the
/// runtime.
///
/// Panics when the runtime was started without it.
pub fn log() -> &'static Log {
    static LOG: OnceLock<&'static Log> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Log::install();
        monitor();
        log
    })
}

/// Returns the address of this test binary's management server.
pub fn addr() -> SocketAddr {
    monitor().addr().expect("the management server is on")
}

/// An HTTP answer.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, after its transfer coding.
    pub body: String,
}

impl Response {
    /// Returns the value of a header that is given once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.iter().filter(|(known, _)| known == name);
        let value = values.next().map(|(_, value)| value.as_str());
        assert!(values.next().is_none(), "{name} is given twice");
        value
    }
}

/// Sends a plain GET to the management server.
pub fn get(path: &str) -> Response {
    get_with(path, &[])
}

/// Sends a GET to the management server, with these further header lines.
pub fn get_with(path: &str, headers: &[&str]) -> Response {
    let mut stream = TcpStream::connect(addr()).expect("the management server accepts");
    let timeout = Some(Duration::from_secs(10));
    stream.set_read_timeout(timeout).expect("a time-out is set");
    let mut request = format!("GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n");
    for header in headers {
        request += header;
        request += "\r\n";
    }
    request += "\r\n";
    stream
        .write_all(request.as_bytes())
        .expect("the request is taken");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .expect("the answer ends, and is UTF-8");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let headers: Vec<_> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let mut response = Response {
        status: status
            .and_then(|status| status.parse().ok())
            .expect("a status"),
        headers,
        body: body.to_owned(),
    };
    if response.header("transfer-encoding") == Some("chunked") {
        response.body = unchunked(body);
    } else {
        let length = response.header("content-length").map(str::parse);
        assert_eq!(length, Some(Ok(body.len())), "the body came whole: {head}");
    }
    response
}

/// A body behind `Transfer-Encoding: chunked`; panics if it was cut.
fn unchunked(mut rest: &str) -> String {
    let mut body = String::new();
    loop {
        let (length, after) = rest.split_once("\r\n").expect("the length of a chunk");
        let length = usize::from_str_radix(length, 16).expect("hexadecimal");
        if length == 0 {
            return body;
        }
        body += &after[..length];
        rest = after[length..]
            .strip_prefix("\r\n")
            .expect("the end of a chunk");
    }
}

/// Reads `/metrics`.
pub fn scrape() -> Page {
    let response = get("/metrics");
    assert_eq!(response.status, 200, "{}", response.body);
    Page::parse(&response.body)
}

/// Reads a family of `/metrics`, in a small part of the time of [`scrape`]: what asks often, or runs under valgrind.
pub fn scrape_family(family: &str) -> Page {
    let response = get("/metrics");
    assert_eq!(response.status, 200, "{}", response.body);
    let lines = response.body.lines().filter(|line| {
        let declared = line.strip_prefix("# TYPE ").unwrap_or(line);
        declared.starts_with(family)
    });
    Page::parse(&lines.flat_map(|line| [line, "\n"]).collect::<String>())
}

/// Polls a future once, with a waker that does nothing.
pub fn poll<F: Future + ?Sized>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls a future that waits for nothing but [`pause`] to its end.
pub fn run<F: Future>(future: F) -> F::Output {
    let mut future = Box::pin(future);
    for _ in 0..1_000 {
        if let Poll::Ready(output) = poll(future.as_mut()) {
            return output;
        }
    }
    panic!("the future waits for something that does not come")
}

/// Is pending once, then ready; needs no runtime.
pub async fn pause() {
    let mut paused = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut paused, true) {
            Poll::Ready(())
        } else {
            context.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await;
}

/// Returns the message of a panic's payload.
pub fn message(payload: &(dyn std::any::Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("a panic without a message")
}

/// Builds the programs in the documentation.
#[cfg(doctest)]
mod documentation {
    macro_rules! build {
        ($($name:ident: $path:literal),* $(,)?) => {$(
            #[doc = include_str!($path)]
            pub struct $name;
        )*};
    }

    build! {
        Readme: "../../README.md",
        Attribute: "../../docs/attribute.md",
        ComingFrom: "../../docs/coming-from.md",
        Ending: "../../docs/ending.md",
        Errors: "../../docs/errors.md",
        Health: "../../docs/health.md",
        Http: "../../docs/http.md",
        Logs: "../../docs/logs.md",
        Otlp: "../../docs/otlp.md",
        Slo: "../../docs/slo.md",
        Testing: "../../docs/testing.md",
    }
}

/// Returns the folder that everything is built into, and that `tests/run` installs into.
pub fn target() -> std::path::PathBuf {
    let here = std::env::current_exe().expect("a test has a path");
    let target = here.ancestors().nth(3);
    target.expect("target/<profile>/deps/<test>").to_owned()
}

/// Returns a command of the cargo that runs these tests, for work on what it has built.
///
/// To a test, cargo describes the test's package in variables, and build scripts of dependencies read those of the same
/// names: they would run again, and all that needs them would be compiled again.
pub fn cargo() -> std::process::Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut cargo = std::process::Command::new(cargo);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    cargo
}
