//! The hooks of a platform that has none: a process ends there as the platform says.

/// Returns `false`: a process is never a copy of another one.
pub(crate) fn is_forked() -> bool {
    false
}
