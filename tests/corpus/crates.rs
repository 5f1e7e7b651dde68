//! A crate's published source: found through cargo, copied, changed, built and tested.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::{Result, annotate};

/// A published package, as cargo has unpacked it.
pub(crate) struct Package {
    name: String,
    source: PathBuf,
    /// The features to build it with; all of them if none is named.
    features: Option<String>,
}

/// A copy of a package's source that can be built.
pub(crate) struct Copy {
    folder: PathBuf,
    features: Option<String>,
    pub(crate) files: usize,
    pub(crate) functions: usize,
    /// Files left alone, and why.
    pub(crate) skipped: Vec<String>,
}

/// The names of tests; two programs may have one of the same name.
#[derive(Default)]
pub(crate) struct Tests {
    pub(crate) passed: Vec<String>,
    pub(crate) failed: Vec<String>,
}

/// The folders of a package whose functions are annotated.
const FOLDERS: [&str; 3] = ["src", "tests", "examples"];

fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().unwrap_or(tests).to_owned()
}

/// Returns the folder for copies and their builds, below the target folder of this program.
fn workshop() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.ancestors().nth(2).ok_or("no target folder")?;
    Ok(target.join("corpus"))
}

/// Fetches `name`, `name=version` or either with `/feature,feature` behind it, with cargo.
pub(crate) fn find(name: &str) -> Result<Package> {
    let (name, features) = match name.split_once('/') {
        Some((name, features)) => (name, Some(features.to_owned())),
        None => (name, None),
    };
    let (name, version) = match name.split_once('=') {
        Some((name, version)) => (name, format!("={version}")),
        None => (name, "*".to_owned()),
    };
    let asking = workshop()?.join("asking");
    fs::create_dir_all(asking.join("src"))?;
    fs::write(asking.join("src/lib.rs"), "")?;
    let manifest = format!(
        "[package]\nname = \"asking\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
         [dependencies]\n{name} = \"{version}\"\n[workspace]\n"
    );
    fs::write(asking.join("Cargo.toml"), manifest)?;
    let output = Command::new("cargo")
        .args(["metadata", "--format-version=1"])
        .current_dir(&asking)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        return Err("cargo cannot find the package".into());
    }
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().ok_or("no packages")?;
    let manifest = packages
        .iter()
        .find(|package| package["name"] == name)
        .and_then(|package| package["manifest_path"].as_str())
        .ok_or("cargo does not say where the package is")?;
    Ok(Package {
        name: name.to_owned(),
        source: Path::new(manifest).with_file_name(""),
        features,
    })
}

impl Copy {
    /// Copies the source as published.
    pub(crate) fn plain(package: &Package) -> Result<Self> {
        // A package of a workspace may look for its README above itself, where it was written.
        let above = workshop()?.join("source").join(&package.name);
        if above.exists() {
            fs::remove_dir_all(&above)?;
        }
        let folder = above.join(&package.name);
        copy(&package.source, &folder)?;
        if folder.join("README.md").exists() {
            fs::copy(folder.join("README.md"), above.join("README.md"))?;
        }
        // The compiler is the one of this run, also where they are developed with an older one.
        for file in ["rust-toolchain", "rust-toolchain.toml"] {
            if folder.join(file).exists() {
                fs::remove_file(folder.join(file))?;
            }
        }
        // The versions we are built with ourselves; cargo adds what is missing.
        fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
        let manifest = folder.join("Cargo.toml");
        let mut text = fs::read_to_string(&manifest)?;
        let runtime = root().join("monitor-runtime");
        let path = runtime.display().to_string();
        let path = format!("{path:?}");
        for part in [
            "\n[dependencies.monitor-runtime]\npath = ",
            &path,
            "\n[workspace]\n",
        ] {
            text += part;
        }
        fs::write(manifest, text)?;
        Ok(Self {
            folder,
            features: package.features.clone(),
            files: 0,
            functions: 0,
            skipped: Vec::new(),
        })
    }

    /// Copies the source as published, with the runtime linked into each program: its dependencies
    /// alone can leave other code ambiguous, as the `impl`s of `serde_json` do with
    /// `assert_eq!(of_u8(), &[])`.
    pub(crate) fn linked(package: &Package) -> Result<Self> {
        let copy = Self::plain(package)?;
        let mut roots = vec![
            copy.folder.join("src/lib.rs"),
            copy.folder.join("src/main.rs"),
        ];
        for folder in ["src/bin", "tests", "examples"] {
            roots.extend(rust_files(&copy.folder.join(folder))?);
        }
        for file in roots.iter().filter(|file| file.exists()) {
            let text = fs::read_to_string(file)?;
            let linked = "#[allow(unused_extern_crates)]\nextern crate monitor_runtime as _;\n";
            fs::write(file, format!("{text}\n{linked}"))?;
        }
        Ok(copy)
    }

    /// Copies the source with the attribute on every function that may carry one.
    pub(crate) fn annotated(package: &Package) -> Result<Self> {
        let mut copy = Self::plain(package)?;
        for folder in FOLDERS {
            for file in rust_files(&copy.folder.join(folder))? {
                copy.annotate(&file)?;
            }
        }
        Ok(copy)
    }

    fn annotate(&mut self, file: &Path) -> Result<()> {
        match annotate::annotate(&fs::read_to_string(file)?) {
            Ok((text, functions)) => {
                fs::write(file, text)?;
                self.files += 1;
                self.functions += functions;
            }
            Err(error) => {
                let file = file.strip_prefix(&self.folder)?.display();
                self.skipped.push(format!("{file}: {error}"));
            }
        }
        Ok(())
    }

    /// Builds everything and runs the package's own tests, or only those named.
    pub(crate) fn test(&self, only: &[&str]) -> Result<Tests> {
        let features = match &self.features {
            None => "--all-features".to_owned(),
            Some(features) => format!("--features={features}"),
        };
        if !self.cargo(&["test", &features, "--no-run"], &[])?.0 {
            return Err("does not build".into());
        }
        let run = ["test", &features, "--no-fail-fast"];
        let mut program = vec!["--test-threads=2"];
        if !only.is_empty() {
            program.push("--exact");
            program.extend(only);
        }
        let (good, output) = self.cargo(&run, &program)?;
        let tests = Tests::read(&output);
        if !good && tests.failed.is_empty() {
            println!("{output}");
            return Err("its tests do not run".into());
        }
        Ok(tests)
    }

    fn cargo(&self, cargo: &[&str], program: &[&str]) -> Result<(bool, String)> {
        let output = Command::new("cargo")
            .args(cargo)
            .arg("--")
            .args(program)
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", workshop()?.join("target"))
            // The package is built once: what would only help the next time is left out.
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_INCREMENTAL", "0")
            .stderr(Stdio::inherit())
            .output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        Ok((output.status.success(), text))
    }
}

impl Tests {
    /// Reads `test name ... ok`.
    fn read(output: &str) -> Self {
        let mut tests = Self::default();
        for line in output.lines() {
            let Some((name, result)) = line
                .strip_prefix("test ")
                .and_then(|line| line.rsplit_once(" ... "))
            else {
                continue;
            };
            // `should panic` tests say so behind their names.
            let name = name.trim_end_matches(" - should panic").to_owned();
            match result {
                "ok" => tests.passed.push(name),
                "FAILED" => tests.failed.push(name),
                _ => {}
            }
        }
        tests
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            // Written anew, since the original may be read-only.
            fs::write(&to, fs::read(entry.path())?)?;
        }
    }
    Ok(())
}

fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    if !folder.is_dir() {
        return Ok(found);
    }
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(rust_files(&path)?);
        } else if path.extension() == Some(OsStr::new("rs")) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
