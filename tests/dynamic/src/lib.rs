//! The part of a service that is a dynamic library.

use monitor_runtime::monitored;

/// Called by the executable.
#[monitored]
pub fn in_the_library() {}
