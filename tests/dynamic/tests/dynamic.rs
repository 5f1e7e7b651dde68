//! The functions of an executable are seen by a runtime that is in a dynamic library, as with
//! `-C prefer-dynamic`: before their first call, and once each.

use std::io::{Read, Write};
use std::net::TcpStream;

use monitor_runtime::{Monitor, monitored};

#[monitored]
fn in_the_executable() {}

#[monitored]
fn never_called() {}

fn scrape(monitor: &Monitor) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(monitor.addr().expect("a port"))?;
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n")?;
    let mut page = String::new();
    stream.read_to_string(&mut page)?;
    Ok(page)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let files = std::fs::read_to_string("/proc/self/maps")?;
    assert!(
        files.contains("/libshared"),
        "the library is in the executable"
    );
    // Before the runtime knows the functions of the executable.
    in_the_executable();
    let monitor = monitor_runtime::builder!()
        .addr("127.0.0.1:0")
        .start_blocking()?;
    // A service may be started more than once in a test.
    let _ = monitor_runtime::builder!();
    in_the_executable();
    shared::in_the_library();
    let page = scrape(&monitor)?;
    for (function, module, calls) in [
        ("in_the_executable", "dynamic", 2),
        ("never_called", "dynamic", 0),
        ("in_the_library", "shared", 1),
    ] {
        let start = format!("function_calls_total{{function=\"{function}\",module=\"{module}\",");
        let lines = page.lines().filter(|line| line.starts_with(&start));
        let ok: Vec<_> = lines
            .filter(|line| line.contains("result=\"ok\""))
            .collect();
        let [line] = ok[..] else {
            panic!("{function} has {} lines on this page:\n{page}", ok.len());
        };
        assert!(line.ends_with(&format!(" {calls}")), "{line}, not {calls}");
    }
    // Without a use the compiler would leave it out.
    std::hint::black_box(never_called as fn());
    monitor.shutdown_blocking();
    println!("all functions are on the page, each once");
    Ok(())
}
