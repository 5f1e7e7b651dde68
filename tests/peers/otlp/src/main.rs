//! Measures what exporting 50,000 spans a second costs, beside OpenTelemetry's own exporter.
//!
//! `cargo run --release [seconds]`, on an idle machine. A request has eight spans: the edge and seven calls
//! below each other. The receiver, a process of its own, reads requests and answers that it has taken them.
//! Each contender is a process; its CPU time is that of making the spans and of sending them, and
//! the time of a request that of the thread which makes it.

mod contenders;
mod receiver;

use std::process::{Command, Stdio};
use std::time::Duration;

const SPANS_A_SECOND: u32 = 50_000;
const SPANS_OF_A_REQUEST: u32 = 8;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        ["receive"] => receiver::run(),
        ["measure", contender, endpoint, seconds] => {
            let time = Duration::from_secs(seconds.parse().expect("a number of seconds"));
            let rate = SPANS_A_SECOND / SPANS_OF_A_REQUEST;
            let cost = contenders::measure(contender, endpoint, rate, time);
            println!(
                "{} {} {} {}",
                cost.cpu, cost.own, cost.requests, cost.memory
            );
        }
        [] => table(10),
        [seconds] => table(seconds.parse().expect("a number of seconds")),
        other => panic!("unknown arguments: {other:?}"),
    }
}

fn table(seconds: u32) {
    println!("{SPANS_A_SECOND} spans a second for {seconds} s, medians of three runs\n");
    println!("| | % of a core | µs a request | spans a second | received, MB | memory, MB |");
    println!("|---|---|---|---|---|---|");
    let mut costs: Vec<Vec<[f64; 5]>> = contenders::NAMES.iter().map(|_| Vec::new()).collect();
    for _ in 0..3 {
        for (name, costs) in contenders::NAMES.iter().zip(&mut costs) {
            costs.push(run(name, seconds));
        }
    }
    for (name, costs) in contenders::NAMES.iter().zip(&mut costs) {
        costs.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let [percent, request, spans, received, memory] = costs[1];
        println!(
            "| {name} | {percent:.1} | {request:.2} | {spans:.0} | {received:.1} | {memory:.1} |"
        );
    }
}

/// Returns the columns of the table.
fn run(contender: &str, seconds: u32) -> [f64; 5] {
    let program = std::env::current_exe().expect("a path");
    let mut receiver = Command::new(&program)
        .arg("receive")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the receiver starts");
    let mut printed = std::io::BufReader::new(receiver.stdout.take().expect("piped"));
    let endpoint = line(&mut printed);
    let measured = Command::new(program)
        .args(["measure", contender, endpoint.trim(), &seconds.to_string()])
        .output()
        .expect("the contender starts");
    let text = String::from_utf8_lossy(&measured.stdout);
    let numbers: Vec<f64> = text
        .split_whitespace()
        .filter_map(|number| number.parse().ok())
        .collect();
    let [cpu, own, requests, memory] = numbers[..] else {
        panic!(
            "{contender}: {text}{}",
            String::from_utf8_lossy(&measured.stderr)
        );
    };
    drop(receiver.stdin.take());
    let bytes: f64 = line(&mut printed)
        .trim()
        .parse()
        .expect("a number of bytes");
    receiver.wait().expect("it ends");
    let time = f64::from(seconds);
    [
        100.0 * cpu / time,
        1e6 * own / requests,
        requests * f64::from(SPANS_OF_A_REQUEST) / time,
        bytes / 1e6,
        memory,
    ]
}

fn line(from: &mut impl std::io::BufRead) -> String {
    let mut line = String::new();
    from.read_line(&mut line).expect("a line");
    line
}
