//! A process of its own for a test, in a program that has many tests.
//!
//! A subscriber, a recorder, a panic hook, Sentry's client and the runtime itself are set once in a
//! process. A test that sets one of them begins with [`alone!`](crate::alone!), and then neither sees
//! nor disturbs the other tests of its program.

use std::env;
use std::process::Command;

const ALONE: &str = "TEST_ALONE";

/// Runs the rest of a test in a process of its own.
///
/// In the program that `cargo test` started, the test starts the program anew for itself alone and
/// returns when that has passed.
#[macro_export]
macro_rules! alone {
    () => {{
        fn here() {}
        if $crate::alone::passed(std::any::type_name_of_val(&here)) {
            return;
        }
    }};
}

/// Returns `false` in the process of a single test; elsewhere runs the test in such a process, and
/// panics with all that it printed if it fails.
///
/// `here` is the path of an item in the test's function.
pub fn passed(here: &str) -> bool {
    if env::var_os(ALONE).is_some() {
        return false;
    }
    let function = here.trim_end_matches("::here").replace("::{{closure}}", "");
    let (_, test) = function
        .split_once("::")
        .expect("a path begins with a crate");
    let program = env::current_exe().expect("a test has a path");
    let output = Command::new(program)
        .args([test, "--exact", "--nocapture"])
        .env(ALONE, "1")
        .output()
        .expect("a test program starts");
    let [printed, errors] =
        [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    assert!(
        output.status.success() && printed.contains("test result: ok. 1 passed"),
        "{test}, in a process of its own: {}\n{printed}{errors}",
        output.status
    );
    true
}
