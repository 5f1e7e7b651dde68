//! The state of another thread, as the kernel knows it.

#[cfg(any(target_os = "linux", target_os = "android"))]
mod linux;

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(crate) use linux::{delay, state};

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(crate) use none::{delay, state};

#[cfg(not(any(target_os = "linux", target_os = "android")))]
mod none {
    use std::time::Duration;

    /// Returns `None`: other kernels are not asked.
    pub(crate) fn state(_: u32) -> Option<String> {
        None
    }

    /// Returns `None`: other kernels are not asked.
    pub(crate) fn delay(_: u32) -> Option<Duration> {
        None
    }
}
