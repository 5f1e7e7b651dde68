//! Feeds every parser of the runtime malformed input, for so many seconds each.
//!
//! `cargo run --release -- all 30` runs all of them, `-- page 600` one for longer, `-- page 30 7`
//! with a given seed, and `-- page FILE` an input that failed. Works on stable Rust: inputs are
//! valid ones that are cut, repeated, spliced and strewn with troublesome pieces.
//! `corpus/<target>/` holds inputs that failed once; they are run first.

mod mutate;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use monitor_runtime::fuzzing::{TARGETS, Target};

/// A single input may not take longer.
const SLOW: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (name, rest) = match arguments.split_first() {
        Some((name, rest)) if !rest.is_empty() => (*name, rest),
        _ => return usage(),
    };
    let targets: Vec<&Target> = TARGETS
        .iter()
        .filter(|target| name == "all" || name == target.name)
        .collect();
    if targets.is_empty() {
        return usage();
    }
    let Ok(seconds) = rest[0].parse() else {
        return repeat(&targets, Path::new(rest[0]));
    };
    let seed = rest.get(1).and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    let fine = |target: &&Target| fuzz(target, Duration::from_secs(seconds), seed);
    // Each of them, also behind one that failed.
    let failed = targets.iter().filter(|target| !fine(target)).count();
    ExitCode::from(u8::from(failed > 0))
}

fn usage() -> ExitCode {
    let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    eprintln!(
        "usage: <target or `all`> <seconds, or a file to repeat> [seed]; targets: {}",
        names.join(", ")
    );
    ExitCode::from(2)
}

fn repeat(targets: &[&Target], file: &Path) -> ExitCode {
    match fs::read(file) {
        Ok(input) => {
            targets.iter().for_each(|target| (target.run)(&input));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{}: {error}", file.display());
            ExitCode::from(2)
        }
    }
}

/// Returns `true` if a target withstood all inputs.
fn fuzz(target: &Target, time: Duration, seed: u64) -> bool {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut inputs: Vec<Vec<u8>> = target
        .seeds
        .iter()
        .map(|seed| seed.as_bytes().into())
        .collect();
    inputs.extend(kept(target));
    let begin = Instant::now();
    let mut runs = 0_u64;
    let mut queue = inputs.clone().into_iter();
    while begin.elapsed() < time {
        let input = queue
            .next()
            .unwrap_or_else(|| mutate::input(&inputs, &mut random));
        let started = Instant::now();
        let stood = catch_unwind(AssertUnwindSafe(|| (target.run)(&input))).is_ok();
        let took = started.elapsed();
        runs += 1;
        if !stood || took > SLOW {
            report(target, &input, took);
            return false;
        }
    }
    println!("{:14} {runs:>9} inputs, seed {seed}", target.name);
    true
}

/// Inputs that failed once.
fn kept(target: &Target) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target.name);
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .filter_map(|file| fs::read(file.path()).ok())
        .collect()
}

fn report(target: &Target, input: &[u8], took: Duration) {
    let file = PathBuf::from(format!("fuzz-{}.input", target.name));
    let written = fs::write(&file, input);
    eprintln!(
        "{}: failed in {took:?} on {} bytes: \"{}\"",
        target.name,
        input.len(),
        input.escape_ascii()
    );
    if written.is_ok() {
        eprintln!(
            "  kept as {}; put it below fuzz/corpus/{}/ with the fix",
            file.display(),
            target.name
        );
    }
}
