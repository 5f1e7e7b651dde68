//! Hooks for platforms without signals: the platform's default action ends a process.

/// Returns `false`: a process is never a copy of another one.
pub(crate) fn is_forked() -> bool {
    false
}
