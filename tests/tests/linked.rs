//! Tests what the linker takes into a program that calls annotated functions and never starts the runtime, as the
//! tests of a library do.

use std::process::Command;

use monitor_runtime::monitored;
use monitor_tests::run;

#[monitored]
fn parse(text: &str) -> Result<u64, std::num::ParseIntError> {
    text.parse()
}

#[monitored]
async fn parse_later(text: &str) -> Result<u64, std::num::ParseIntError> {
    parse(text)
}

#[test]
#[cfg(target_os = "linux")]
fn a_program_that_never_starts_has_no_client_of_sentry() {
    assert_eq!(parse("7"), Ok(7));
    assert!(run(parse_later("a")).is_err());
    let program = std::env::current_exe().expect("this program");
    let mut nm = Command::new("nm");
    let listed = nm.arg("--defined-only").arg(program).output();
    let symbols = listed.expect("`nm`, of the package binutils");
    let symbols = String::from_utf8(symbols.stdout).expect("ASCII");
    let has = |part: &str| symbols.lines().any(|line| line.contains(part));
    assert!(has("15monitor_runtime"), "the runtime: its names are there");
    // What makes a stack readable, and sends it.
    for part in ["16sentry_backtrace", "14regex_automata", "4ureq"] {
        assert!(!has(part), "a call reaches {part}");
    }
}
