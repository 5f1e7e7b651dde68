//! A crate that knows the runtime by another name, or only through a crate between.
#![deny(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    warnings,
    clippy::pedantic
)]
#![allow(clippy::missing_errors_doc, clippy::must_use_candidate)]

/// A crate between this one and the runtime, as its exports would look.
pub mod between {
    /// The runtime as one of many.
    pub mod tools {
        pub use watch as monitor;
    }
}

use between::tools::monitor::monitored as seen;

/// By the name in `Cargo.toml`.
///
/// # Errors
///
/// When told to.
#[watch::monitored(crate = watch, args(good))]
pub async fn direct(good: bool) -> Result<(), String> {
    if good {
        Ok(())
    } else {
        Err("told to".to_owned())
    }
}

/// From the root of all crates.
#[seen(crate = ::watch, level = "debug", fields(one = 1), err(Debug, level = "warn"))]
pub fn rooted() -> Option<u8> {
    None
}

/// Through a module.
#[seen(crate = crate::between::tools::monitor)]
pub fn through_a_module() -> Result<(), std::fmt::Error> {
    Err(std::fmt::Error)
}

/// A type, for its block.
pub struct Orders;

#[watch::monitored(crate = crate::between::tools::monitor)]
impl Orders {
    /// Takes the block's.
    pub fn find(&self) -> Result<(), std::fmt::Error> {
        through_a_module()
    }

    /// Adds its own.
    #[watch::monitored(name = "count")]
    pub fn count(&self) -> usize {
        size_of_val(self)
    }
}

/// Called with care, though there is nothing to take care of.
///
/// # Safety
///
/// None needed.
#[watch::monitored(crate = watch)]
pub unsafe fn careful(number: *const i32) -> bool {
    unsafe { number.as_ref() }.is_some()
}

/// From another language, with care.
///
/// # Safety
///
/// None needed.
#[unsafe(no_mangle)]
#[watch::monitored(crate = watch)]
pub unsafe extern "C" fn monitor_hostile_careful(number: i32) -> i32 {
    number
}

/// As a macro of the crate between would write it.
#[macro_export]
macro_rules! observed {
    ($name:ident) => {
        #[$crate::between::tools::monitor::monitored(crate = $crate::between::tools::monitor)]
        fn $name() -> Result<(), std::fmt::Error> {
            Ok(())
        }
    };
}

observed!(by_macro);

/// Calls it.
pub fn call() -> Result<(), std::fmt::Error> {
    by_macro()
}
