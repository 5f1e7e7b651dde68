//! Puts `#[monitored]` on every function of crates its authors never saw, builds them, and runs
//! their own tests.
//!
//! ```sh
//! tests/corpus/run                    # the crates of the list below
//! tests/corpus/run either semver=1.0.27 hyper/full
//! ```
//!
//! Arguments name other crates, with a version or in their latest one, with the features named or
//! with all of them. What a crate's own tests do without the attribute is asked only where one fails
//! with it.

mod annotate;
mod crates;

use std::process::ExitCode;
use std::time::Instant;

use crates::Copy;

/// The crates of a run without arguments: version, and the functions to be found at least, so
/// that a corpus that has quietly become small is noticed.
const CRATES: &[(&str, usize)] = &[("mini-redis=0.4.1", 130), ("tower-http=0.7.1", 1400)];

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let named: Vec<String> = std::env::args().skip(1).collect();
    let list: Vec<(&str, usize)> = if named.is_empty() {
        CRATES.to_vec()
    } else {
        named.iter().map(|name| (name.as_str(), 1)).collect()
    };
    let mut good = true;
    for (name, floor) in list {
        let started = Instant::now();
        println!("\n== {name}");
        match one(name, floor) {
            Ok(report) => println!("{name}: {report}, {}s", started.elapsed().as_secs()),
            Err(error) => {
                good = false;
                println!("{name}: {error}, {}s", started.elapsed().as_secs());
            }
        }
    }
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn one(name: &str, floor: usize) -> Result<String> {
    let package = crates::find(name)?;
    let copy = Copy::annotated(&package)?;
    let functions = copy.functions;
    println!("{functions} functions annotated in {} files", copy.files);
    for skipped in &copy.skipped {
        println!("  not annotated: {skipped}");
    }
    if functions < floor {
        return Err(format!("{functions} functions annotated, expected {floor} or more").into());
    }
    let tests = match copy.test(&[]) {
        Ok(tests) => tests,
        Err(error) => {
            println!("{error}; and without the attribute?");
            let how = if Copy::plain(&package)?.test(&[]).is_err() {
                "it fails too"
            } else if Copy::linked(&package)?.test(&[]).is_err() {
                "it builds, but not once the runtime is linked"
            } else {
                "it builds"
            };
            return Err(format!("{error}; without the attribute {how}").into());
        }
    };
    let (passed, failed) = (tests.passed.len(), tests.failed.len());
    if failed == 0 {
        return Ok(format!("{functions} functions, {passed} tests pass"));
    }
    // Files a test reads may not have been published.
    let failing: Vec<_> = tests.failed.iter().map(String::as_str).collect();
    println!("fails: {}", failing.join(", "));
    println!("and without the attribute?");
    // A filter cannot select a test in the documentation by its name.
    let filters = failing.iter().all(|name| !name.contains(' '));
    let plain = Copy::plain(&package)?.test(if filters { &failing } else { &[] })?;
    // Two programs may have a test of the same name.
    let times =
        |name: &str, failed: &[String]| failed.iter().filter(|other| *other == name).count();
    let more = |name: &&str| times(name, &tests.failed) > times(name, &plain.failed);
    let ours: Vec<_> = failing.iter().copied().filter(more).collect();
    if ours.is_empty() {
        return Ok(format!(
            "{functions} functions, {passed} tests pass, {failed} fail without the attribute too"
        ));
    }
    Err(format!("fails with the attribute only: {}", ours.join(", ")).into())
}
