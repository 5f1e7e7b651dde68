//! Platforms without signals: the platform ends a process itself; `shutdown()` and `drain()` work.

use std::io;

#[expect(clippy::unnecessary_wraps, reason = "the signature of the Unix one")]
pub(super) fn listen() -> io::Result<()> {
    Ok(())
}

pub(super) fn name(_: i32) -> &'static str {
    "a signal"
}

pub(super) fn end_by(_: i32) -> ! {
    std::process::exit(1)
}
