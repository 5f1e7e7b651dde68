//! Puts `#[monitored]` on every function of crates its authors never saw, builds them, and runs
//! their own tests.
//!
//! ```sh
//! tests/corpus/run                    # the crates of the list below
//! tests/corpus/run bytes semver=1.0.27
//! ```
//!
//! Arguments name other crates, with a version or in their latest one. What a crate's own tests
//! do without the attribute is asked only where one fails with it.

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
            // A dependency may add an `impl` that leaves the package's own code ambiguous.
            println!("{error}; and without the attribute?");
            let plain = Copy::plain(&package)?.test(&[]);
            let how = if plain.is_ok() { "builds" } else { "fails too" };
            return Err(format!("{error}; without the attribute it {how}").into());
        }
    };
    let (passed, failed) = (tests.passed.len(), tests.failed.len());
    if failed == 0 {
        return Ok(format!("{functions} functions, {passed} tests pass"));
    }
    // Files a test reads may not have been published.
    let failed_names: Vec<_> = tests.failed.iter().map(String::as_str).collect();
    println!("fails: {}", failed_names.join(", "));
    println!("and without the attribute?");
    let plain = Copy::plain(&package)?.test(&failed_names)?;
    if plain.passed.is_empty() && plain.failed.len() >= failed {
        return Ok(format!(
            "{functions} functions, {passed} tests pass, {failed} fail without the attribute too"
        ));
    }
    Err(format!("passes without the attribute: {}", plain.passed.join(", ")).into())
}
