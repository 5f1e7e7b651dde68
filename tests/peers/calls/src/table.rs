//! The tables: one process per configuration, one line per contender.

use std::process::{Command, Stdio};

use crate::contenders::{CONFIGURATIONS, Configuration, Kind};
use crate::{find, median, per_call};

/// A configuration, a contender, and the instructions that `#[monitored]` may add to a call.
const BUDGET: &[(&str, &str, f64)] = &[
    ("bare", "monitored", 57.0),
    ("bare", "monitored, latency = false", 48.0),
    ("bare", "monitored, two labels", 84.0),
    ("bare", "monitored, async ready", 100.0),
    ("bare", "monitored, async yields once", 199.0),
    ("the runtime's own log", "monitored", 2500.0),
    ("the runtime's own log", "monitored, eight fields", 5300.0),
    (
        "the runtime's own log",
        "monitored, span without a line",
        900.0,
    ),
];

struct Row {
    configuration: &'static str,
    contender: String,
    alone: f64,
    crowded: f64,
}

/// Times of all contenders, and what each adds to the bare function in units of two clock reads.
pub fn times() {
    println!(
        "| configuration | contender | ns added, 1 thread | × two TSC reads | ns added, all cores |"
    );
    println!("|---|---|---|---|---|");
    for configuration in CONFIGURATIONS {
        print(&rows(configuration), configuration);
    }
}

/// Measures all contenders of a configuration, in a process of their own.
fn rows(configuration: &'static Configuration) -> Vec<Row> {
    let output = Command::new(std::env::current_exe().expect("a path"))
        .args(["measure", configuration.name])
        .stdout(Stdio::null())
        .output()
        .expect("this program runs itself");
    assert!(
        output.status.success(),
        "{}: {}",
        configuration.name,
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stderr).expect("UTF-8");
    let rows = text
        .lines()
        .filter_map(|line| row(configuration.name, line));
    rows.collect()
}

/// Compares a log line of `tracing-subscriber` with one of the runtime, by turns, because a process
/// has one subscriber.
pub fn logs() {
    const TURNS: usize = 5;
    const LINES: [(&str, &str); 2] = [
        (
            "log as JSON by tracing-subscriber",
            "tracing::instrument, one event",
        ),
        ("log as JSON", "monitored"),
    ];
    let mut times = [(); LINES.len()].map(|()| (Vec::new(), Vec::new()));
    for _ in 0..TURNS {
        for ((configuration, contender), (alone, crowded)) in LINES.iter().zip(&mut times) {
            let rows = rows(find(configuration));
            let of = |name: &str| {
                rows.iter()
                    .find(|row| row.contender == name)
                    .expect("a row")
            };
            alone.push(of(contender).alone - of("bare").alone);
            crowded.push(of(contender).crowded - of("bare").crowded);
        }
    }
    let medians = times.map(|(alone, crowded)| (median(alone), median(crowded)));
    let (theirs, theirs_crowded) = medians[0];
    println!(
        "| configuration | contender | ns added, 1 thread | ratio | ns added, all cores | ratio |"
    );
    println!("|---|---|---|---|---|---|");
    for ((configuration, contender), (alone, crowded)) in LINES.iter().zip(medians) {
        let (ratio, ratio_crowded) = (alone / theirs, crowded / theirs_crowded);
        println!(
            "| {configuration} | {contender} | {alone:.0} | {ratio:.2} | {crowded:.0} | {ratio_crowded:.2} |"
        );
    }
}

fn row(configuration: &'static str, line: &str) -> Option<Row> {
    let mut parts = line.split('\t');
    let contender = parts.next()?.to_owned();
    let (alone, crowded) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some(Row {
        configuration,
        contender,
        alone,
        crowded,
    })
}

fn print(rows: &[Row], configuration: &Configuration) {
    let find = |name: &str| {
        rows.iter()
            .find(|row| row.contender == name)
            .expect("a reference row")
    };
    let reads = find("two TSC reads").alone - find("bare").alone;
    for row in rows {
        let kind = configuration
            .contenders()
            .into_iter()
            .find(|c| c.name == row.contender)
            .map(|c| c.kind);
        let bare = find(match kind {
            Some(Kind::AsyncReady) => "bare, async ready",
            Some(Kind::AsyncYields) => "bare, async yields once",
            _ => "bare",
        });
        println!(
            "| {} | {} | {:.1} | {:.2} | {:.1} |",
            row.configuration,
            row.contender,
            row.alone - bare.alone,
            (row.alone - bare.alone) / reads,
            row.crowded - bare.crowded,
        );
    }
}

/// Instructions per call of all contenders.
pub fn instructions() {
    println!("| configuration | contender | instructions added |");
    println!("|---|---|---|");
    for configuration in CONFIGURATIONS {
        for contender in configuration.contenders() {
            let added = added(configuration.name, contender.name, contender.kind);
            println!(
                "| {} | {} | {added:.0} |",
                configuration.name, contender.name
            );
        }
    }
}

/// Fails when a monitored call has come to cost more instructions than it may.
pub fn budget() {
    let mut over = false;
    for (configuration, name, allowed) in BUDGET {
        let contender = find(configuration)
            .contenders()
            .into_iter()
            .find(|c| c.name == *name)
            .expect("a contender");
        // A line that finds the queue's writer in another place takes other instructions: what a call needs is
        // the least of a few readings.
        let mut least = f64::INFINITY;
        for _ in 0..3 {
            least = least.min(added(configuration, name, contender.kind));
            if least <= *allowed {
                break;
            }
        }
        println!("{configuration}, {name}: {least:.1} instructions added, {allowed} allowed");
        over |= least > *allowed;
    }
    if over {
        eprintln!("a monitored call costs more instructions than its budget allows");
        std::process::exit(1);
    }
}

fn added(configuration: &str, contender: &str, kind: Kind) -> f64 {
    let bare = match kind {
        Kind::Sync => "bare",
        Kind::AsyncReady => "bare, async ready",
        Kind::AsyncYields => "bare, async yields once",
    };
    per_call(configuration, contender) - per_call(configuration, bare)
}
