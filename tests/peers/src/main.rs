//! Measures what an attribute costs to compile, beside its peers, on this machine.
//!
//! ```sh
//! cargo run --release --manifest-path tests/peers/Cargo.toml            # 500 functions, 3 rounds
//! cargo run --release --manifest-path tests/peers/Cargo.toml -- 500 5 none monitored
//! ```
//!
//! For each peer it writes a crate of small functions, half of them `async`, half of them returning
//! `Result`, builds what the crate depends on, and then times the crate alone. The peers take turns
//! within a round, so that a slow minute of the machine hits all of them; the table shows medians.
//!
//! `.text` per function is the growth from a crate with four annotated functions: a peer's library
//! is linked in either and does not count.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use object::{Object, ObjectSection};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// An attribute, as one would write it for errors and nothing else.
struct Peer {
    name: &'static str,
    dependency: &'static str,
    plain: &'static str,
    result: &'static str,
}

const PEERS: [Peer; 5] = [
    Peer {
        name: "none",
        dependency: "",
        plain: "",
        result: "",
    },
    Peer {
        name: "monitored",
        dependency: "monitor-runtime = { path = \"@root@/monitor-runtime\" }",
        plain: "#[monitor_runtime::monitored]",
        result: "#[monitor_runtime::monitored]",
    },
    Peer {
        name: "tracing",
        dependency: "tracing = \"0.1\"",
        plain: "#[tracing::instrument(skip_all)]",
        result: "#[tracing::instrument(skip_all, err)]",
    },
    Peer {
        name: "fastrace",
        dependency: "fastrace = { version = \"0.7\", features = [\"enable\"] }",
        plain: "#[fastrace::trace]",
        result: "#[fastrace::trace]",
    },
    Peer {
        name: "autometrics",
        dependency: "autometrics = { version = \"3\", features = [\"prometheus-0_14\"] }",
        plain: "#[autometrics::autometrics]",
        result: "#[autometrics::autometrics]",
    },
];

/// Functions of the crate whose `.text` is subtracted.
const FEW: usize = 4;

/// Kinds of functions: `async` or not, and returning a `Result` or not.
const KINDS: usize = 4;

/// The number of edits of the function of each kind in the middle of the crate.
type Edits = [usize; KINDS];

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Measure {
    Check,
    Rebuild,
    Release,
}

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1).peekable();
    let mut number = |default: usize| match arguments.peek().and_then(|word| word.parse().ok()) {
        Some(number) => {
            arguments.next();
            number
        }
        None => default,
    };
    let (functions, rounds) = (number(500), number(3));
    let wanted: Vec<String> = arguments.collect();
    let chosen = |peer: &&Peer| {
        peer.name == "none" || wanted.is_empty() || wanted.iter().any(|name| name == peer.name)
    };
    let peers: Vec<&Peer> = PEERS.iter().filter(chosen).collect();

    let bench = Bench::new(&peers, functions)?;
    let mut sizes = BTreeMap::new();
    for peer in &peers {
        let few = bench.text(peer, FEW)?;
        sizes.insert(peer.name, (bench.text(peer, functions)?, few));
        // The debug build that the first edit finds.
        bench.cargo(peer, &["build"])?;
    }
    let mut times: BTreeMap<(&str, Measure), Vec<f64>> = BTreeMap::new();
    for round in 0..rounds {
        eprintln!("round {} of {rounds}", round + 1);
        for peer in &peers {
            let mut add = |measure, seconds| {
                times.entry((peer.name, measure)).or_default().push(seconds);
            };
            add(Measure::Check, bench.alone(peer, &["check"])?);
            add(Measure::Rebuild, bench.after_edits(peer, functions, round)?);
            add(
                Measure::Release,
                bench.alone(peer, &["build", "--release"])?,
            );
        }
    }
    print!("{}", table(&peers, functions, times, &sizes));
    Ok(())
}

/// A workspace of generated crates.
struct Bench {
    folder: PathBuf,
}

impl Bench {
    fn new(peers: &[&Peer], functions: usize) -> Result<Self> {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.ancestors().nth(2).ok_or("no repository")?;
        let program = std::env::current_exe()?;
        let target = program.ancestors().nth(2).ok_or("no target folder")?;
        let bench = Self {
            folder: target.join("generated"),
        };
        fs::create_dir_all(&bench.folder)?;
        let names: Vec<_> = peers.iter().map(|peer| peer.name).map(package).collect();
        let manifest = format!(
            "[workspace]\nresolver = \"3\"\nmembers = {names:?}\n\
             [profile.dev]\ndebug = \"line-tables-only\"\n"
        );
        fs::write(bench.folder.join("Cargo.toml"), manifest)?;
        fs::copy(here.join("Cargo.lock"), bench.folder.join("Cargo.lock"))?;
        for peer in peers {
            let folder = bench.folder.join(package(peer.name));
            fs::create_dir_all(folder.join("src"))?;
            let dependency = peer
                .dependency
                .replace("@root@", &root.display().to_string());
            let manifest = format!(
                "[package]\nname = \"{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
                 [dependencies]\n{dependency}\n",
                package(peer.name)
            );
            fs::write(folder.join("Cargo.toml"), manifest)?;
            bench.write(peer, functions, Edits::default())?;
        }
        Ok(bench)
    }

    fn write(&self, peer: &Peer, functions: usize, edits: Edits) -> Result<()> {
        let file = self.folder.join(package(peer.name)).join("src/main.rs");
        fs::write(file, source(peer, functions, edits))?;
        Ok(())
    }

    /// Runs cargo on the crate of one peer; returns seconds.
    fn cargo(&self, peer: &Peer, words: &[&str]) -> Result<f64> {
        let started = Instant::now();
        let status = Command::new("cargo")
            .args(words)
            .args(["--quiet", "--package", &package(peer.name)])
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", self.folder.join("target"))
            .stdout(Stdio::null())
            .status()?;
        let seconds = started.elapsed().as_secs_f64();
        if !status.success() {
            return Err(format!("{}: cargo {} fails", peer.name, words.join(" ")).into());
        }
        Ok(seconds)
    }

    /// The crate alone: what it depends on stays built.
    fn alone(&self, peer: &Peer, words: &[&str]) -> Result<f64> {
        self.cargo(peer, words)?;
        let mut clean = vec!["clean"];
        clean.extend(words.iter().filter(|word| word.starts_with('-')));
        self.cargo(peer, &clean)?;
        self.cargo(peer, words)
    }

    /// A debug build after one function has changed: the mean over one of each kind, since what is
    /// compiled again with it is not the same.
    #[allow(clippy::cast_precision_loss, reason = "a few kinds")]
    fn after_edits(&self, peer: &Peer, functions: usize, round: usize) -> Result<f64> {
        let mut edits = [round; KINDS];
        self.write(peer, functions, edits)?;
        self.cargo(peer, &["build"])?;
        let mut seconds = 0.0;
        for kind in 0..KINDS {
            edits[kind] = round + 1;
            self.write(peer, functions, edits)?;
            seconds += self.cargo(peer, &["build"])?;
        }
        Ok(seconds / KINDS as f64)
    }

    /// Bytes of machine code of the release program.
    fn text(&self, peer: &Peer, functions: usize) -> Result<u64> {
        self.write(peer, functions, Edits::default())?;
        self.cargo(peer, &["build", "--release"])?;
        let program = self.folder.join("target/release").join(package(peer.name));
        let data = fs::read(program.with_extension(std::env::consts::EXE_EXTENSION))?;
        let file = object::File::parse(&*data)?;
        let section = [".text", "__text"]
            .iter()
            .find_map(|name| file.section_by_name(name))
            .ok_or("a program without code")?;
        Ok(section.size())
    }
}

/// Peers' own names are taken: by the peers.
fn package(name: &str) -> String {
    format!("cost-{name}")
}

/// Small functions of four kinds, each different from the next, and a `main` that may call them all.
fn source(peer: &Peer, functions: usize, edits: Edits) -> String {
    let mut out = String::from(
        "use std::num::ParseIntError;\nuse std::pin::pin;\nuse std::task::{Context, Poll, Waker};\n\n\
         fn now<T>(future: impl Future<Output = T>) -> T {\n    \
             let mut context = Context::from_waker(Waker::noop());\n    \
             match pin!(future).poll(&mut context) {\n        \
                 Poll::Ready(value) => value,\n        \
                 Poll::Pending => std::process::exit(1),\n    \
             }\n}\n\n",
    );
    let mut calls = String::new();
    for number in 0..functions {
        // An edit leaves the function's line as long as it was: rustc checks what attribute macros made of
        // the functions below a line that grows anew.
        let middle = functions / 2 / KINDS * KINDS;
        let factor = match number.checked_sub(middle).and_then(|kind| edits.get(kind)) {
            Some(edits) => number % 1000 + 1000 * (edits + 1),
            None => number,
        };
        let asynchronous = number % 2 == 1;
        let keyword = if asynchronous { "async " } else { "" };
        let call = format!("work_{number}(number, text)");
        let call = if asynchronous {
            format!("now({call})")
        } else {
            call
        };
        if number % KINDS < 2 {
            let plain = peer.plain;
            let _ = write!(
                out,
                "{plain}\n{keyword}fn work_{number}(number: u64, text: &str) -> u64 {{\n    \
                     let length = text.len() as u64;\n    \
                     number.wrapping_mul({factor}).wrapping_add(length)\n}}\n\n"
            );
            let _ = writeln!(calls, "    sum = sum.wrapping_add({call});");
        } else {
            let result = peer.result;
            let _ = write!(
                out,
                "{result}\n{keyword}fn work_{number}(number: u64, text: &str) -> Result<u64, ParseIntError> {{\n    \
                     let parsed: u64 = text.trim().parse()?;\n    \
                     Ok(number.wrapping_mul({factor}).wrapping_add(parsed))\n}}\n\n"
            );
            let _ = writeln!(calls, "    sum = sum.wrapping_add({call}.unwrap_or(0));");
        }
    }
    let _ = write!(
        out,
        "fn main() {{\n    let text = std::env::args().nth(1).unwrap_or_default();\n    \
         let text = text.as_str();\n    let number = text.len() as u64;\n    let mut sum = 0_u64;\n\
         {calls}    println!(\"{{sum}}\");\n}}\n"
    );
    out
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

#[allow(
    clippy::cast_precision_loss,
    reason = "numbers of a table, far below 2^52"
)]
fn table(
    peers: &[&Peer],
    functions: usize,
    times: BTreeMap<(&str, Measure), Vec<f64>>,
    sizes: &BTreeMap<&str, (u64, u64)>,
) -> String {
    let medians: BTreeMap<_, _> = times
        .into_iter()
        .map(|(key, values)| (key, median(values)))
        .collect();
    let seconds = |name, measure| medians.get(&(name, measure)).copied().unwrap_or(f64::NAN);
    let growth = |name| {
        let (many, few) = sizes.get(name).copied().unwrap_or_default();
        many.saturating_sub(few) as f64 / functions.saturating_sub(FEW).max(1) as f64
    };
    let mut out = format!(
        "{functions} functions; check, rebuild and release of their crate alone, medians\n\n\
         | attribute | check s | +ms per fn | debug rebuild s | + s | release s | + s | \
         .text per fn over none | .text of all |\n|---|---|---|---|---|---|---|---|---|\n"
    );
    for peer in peers {
        let name = peer.name;
        let over = |measure| seconds(name, measure) - seconds("none", measure);
        let _ = writeln!(
            out,
            "| {name} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {:.2} | {:.0} | {} |",
            seconds(name, Measure::Check),
            over(Measure::Check) * 1000.0 / functions as f64,
            seconds(name, Measure::Rebuild),
            over(Measure::Rebuild),
            seconds(name, Measure::Release),
            over(Measure::Release),
            growth(name) - growth("none"),
            sizes.get(name).map_or(0, |size| size.0),
        );
    }
    out
}
