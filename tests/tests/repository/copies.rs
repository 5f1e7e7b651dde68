//! Copies of the runtime in one binary: of two versions there may be one each, of one version there is one.

use std::fs;
use std::path::Path;

use monitor_tests::cargo;

/// Resolves a service that has the runtime from here and from a copy of this version. Returns
/// Cargo's result and output.
fn resolve(folder: &str, version: &str) -> (bool, String) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    // Outside of the repository, whose workspace would be that of the copy.
    let name = format!("monitor-copies-{folder}-{}", std::process::id());
    let target = std::env::temp_dir().join(name);
    let write = |path: &str, text: &str| {
        let path = target.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    let read = |path: &str| fs::read_to_string(root.join(path)).expect("a file");
    let of_version = |text: String| text.replace("0.1.0", version);
    let workspace = of_version(read("Cargo.toml"));
    let members = workspace.find("members = ").expect("members");
    let end = members + workspace[members..].find('\n').expect("a line");
    let only = "members = [\"monitor-macros\", \"monitor-runtime\"]";
    let workspace = format!("{}{only}{}", &workspace[..members], &workspace[end..]);
    write("copy/Cargo.toml", &workspace);
    for package in ["monitor-macros", "monitor-runtime"] {
        let manifest = of_version(read(&format!("{package}/Cargo.toml")));
        write(&format!("copy/{package}/Cargo.toml"), &manifest);
        write(&format!("copy/{package}/src/lib.rs"), "");
        write(&format!("copy/{package}/build.rs"), "fn main() {}");
    }
    let ours = root
        .canonicalize()
        .expect("a folder")
        .join("monitor-runtime");
    let service = format!(
        "[workspace]\nexclude = [\"copy\"]\n[package]\nname = \"service\"\nversion = \"0.0.0\"\n\
         edition = \"2024\"\n[dependencies]\nmonitor-runtime = {{ path = {:?} }}\n\
         copy = {{ package = \"monitor-runtime\", path = \"copy/monitor-runtime\" }}\n",
        ours.display().to_string()
    );
    write("Cargo.toml", &service);
    write("src/main.rs", "fn main() {}");
    // The versions that are already locked, so that Cargo asks no registry.
    write("Cargo.lock", &read("Cargo.lock"));
    let cargo = cargo()
        .args(["update", "--workspace", "--offline", "--manifest-path"])
        .arg(target.join("Cargo.toml"))
        .output()
        .expect("cargo");
    fs::remove_dir_all(&target).expect("it was just made");
    let said = String::from_utf8_lossy(&cargo.stderr).into_owned();
    (cargo.status.success(), said)
}

#[test]
fn two_copies_of_one_version_are_refused() {
    let (resolved, said) = resolve("same", "0.1.0");
    assert!(!resolved, "{said}");
    assert!(
        said.contains("links to the native library `monitor-runtime-0.1.0`"),
        "{said}"
    );
}

#[test]
fn two_versions_may_be_in_one_service() {
    let (resolved, said) = resolve("other", "0.2.0");
    assert!(resolved, "{said}");
}
