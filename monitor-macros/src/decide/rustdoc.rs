//! Tells documentation from a build.

use std::env;
use std::path::Path;
use std::sync::OnceLock;

/// Returns `true` under rustdoc. Documentation shows the printed function, and has to show it as it
/// was written.
pub(super) fn is_rustdoc() -> bool {
    static KNOWN: OnceLock<bool> = OnceLock::new();
    *KNOWN.get_or_init(|| {
        let program = env::args_os().next().unwrap_or_default();
        let name = Path::new(&program).file_stem();
        name.is_some_and(|name| name == "rustdoc")
    })
}
