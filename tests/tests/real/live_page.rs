//! The live page in a real, headless Chromium: what it shows of calls that were made, and what it
//! does when used, restarted, looked at on a phone or kept from its data. The browser's side is in
//! `live_page/`; its pictures are below `target/live-page`.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use monitor_tests::process::{Service, get, wait_for};
use monitor_tests::target;
use serde_json::json;

/// A browser that does what a scenario says.
struct Browser {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Browser {
    fn start(scenario: &str, url: &str, pid: u32, given: &serde_json::Value) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real/live_page/main.mjs");
        let mut child = Command::new("node")
            .arg(script)
            .args([scenario, url, &given.to_string()])
            .env("NODE_TOOLS", target().join("node"))
            .env("PICTURES", target().join("live-page"))
            .env("SERVICE_PID", pid.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node runs: tests/run installs it");
        let lines = BufReader::new(child.stdout.take().expect("piped"));
        Self { child, lines }
    }

    /// Returns its next line; empty at its end. Figures are passed on.
    fn line(&mut self) -> String {
        loop {
            let mut line = String::new();
            self.lines.read_line(&mut line).expect("it is text");
            if !line.starts_with('#') {
                return line.trim().to_owned();
            }
            print!("{line}");
        }
    }

    /// Waits until it wants something done, does it, and lets it go on.
    fn after<T>(&mut self, word: &str, act: impl FnOnce() -> T) -> T {
        assert_eq!(self.line(), word);
        let done = act();
        let stdin = self.child.stdin.as_mut().expect("piped");
        stdin.write_all(b"done\n").expect("it waits for it");
        done
    }

    fn finish(mut self) {
        assert_eq!(self.line(), "");
        let status = self.child.wait().expect("it ends");
        assert!(
            status.success(),
            "the browser found the page wrong: see above"
        );
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a scenario at a service from its own machine.
fn look(scenario: &str, service: &Service, given: &serde_json::Value) {
    let url = format!("http://{}/", service.management);
    Browser::start(scenario, &url, service.pid(), given).finish();
}

fn quickstart(env: &[(&str, &str)]) -> Service {
    let mut all = vec![("MONITOR_DRAIN", "0s")];
    all.extend_from_slice(env);
    Service::quickstart(&all)
}

fn times(service: &Service, path: &str, calls: usize) {
    for _ in 0..calls {
        get(service.addr, path);
    }
}

#[test]
fn the_live_page_shows_the_calls_that_were_made() {
    let service = quickstart(&[]);
    times(&service, "/hello/you", 60);
    times(&service, "/orders/7", 36);
    times(&service, "/orders/999", 4);
    times(&service, "/panic", 2);
    service.hang_up_on_slow(3);
    let calls = |ok, error, cancelled| json!({ "ok": ok, "error": error, "cancelled": cancelled });
    let expected = json!({
        "hello": calls(60, 0, 0),
        "Orders::find": calls(36, 4, 0),
        "<Memory as Store>::load": calls(36, 4, 0),
        "explode": calls(0, 2, 0),
        "slow": calls(0, 0, 3),
    });
    look("numbers", &service, &expected);
}

#[test]
fn the_live_page_is_used_by_mouse_and_keyboard_and_read_on_a_phone() {
    let service = quickstart(&[]);
    times(&service, "/hello/you", 3);
    times(&service, "/orders/999", 2);
    look("use", &service, &json!({}));
    look("phone", &service, &json!({}));
}

#[test]
fn the_live_page_shows_an_incident() {
    let service = quickstart(&[]);
    times(&service, "/orders/7", 5);
    times(&service, "/orders/999", 15);
    look("incident", &service, &json!({}));
}

#[test]
fn the_live_page_survives_a_restart_and_says_so() {
    // A port of its own that stays the same.
    let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
    let addr: SocketAddr = free.expect("a free port");
    let addr = addr.to_string();
    let mut service = quickstart(&[("MONITOR_ADDR", &addr)]);
    times(&service, "/hello/you", 5);
    times(&service, "/orders/999", 2);
    let url = format!("http://{addr}/");
    let mut browser = Browser::start("restart", &url, service.pid(), &json!({}));
    browser.after("stop", || {
        service.signal("TERM");
        service.wait();
    });
    let _again = browser.after("start", || {
        wait_for("the port to be free again", || {
            TcpListener::bind(&addr).ok().map(drop)
        });
        let again = quickstart(&[("MONITOR_ADDR", &addr)]);
        times(&again, "/hello/you", 2);
        again
    });
    browser.finish();
}

#[test]
fn the_live_page_asks_for_the_token_where_there_is_one() {
    const TOKEN: &str = "a-token-of-enough-characters";
    // Chromium is told that this name is this machine; to the service it is a name from elsewhere.
    let elsewhere =
        |service: &Service| format!("http://shop.example:{}/", service.management.port());
    let service = quickstart(&[("MONITOR_TOKEN", TOKEN)]);
    let given = json!({ "token": TOKEN });
    Browser::start("token", &elsewhere(&service), service.pid(), &given).finish();
    let service = quickstart(&[]);
    Browser::start("refused", &elsewhere(&service), service.pid(), &json!({})).finish();
}

/// One browser for all that needs no service, but the files that one sends and their policy.
#[test]
fn the_live_page_bears_hostile_texts_long_names_and_thousands_of_functions() {
    look("madeUp", &quickstart(&[]), &json!({}));
}
