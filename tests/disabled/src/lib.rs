//! A library compiles without the feature `enable`, and its functions are as they were written.
//!
//! `tests/attribute/unchanged.rs` compiles the same file with the feature.
//!
//! A program that starts the runtime needs the feature, and is told so:
//!
//! ```compile_fail
//! let _ = monitor_runtime::builder!();
//! ```

#![forbid(unsafe_code)]
#![deny(warnings)]

pub mod library;

/// A `const fn`, which could not be monitored.
#[monitor_runtime::monitored]
pub const fn constant() -> u64 {
    7
}

#[cfg(test)]
mod tests {
    use monitor_runtime::Secret;

    use super::constant;
    use super::library::{Orders, find};

    #[test]
    fn functions_are_as_they_were_written() {
        assert!(find(0).is_err());
        const SEVEN: u64 = constant();
        assert_eq!(SEVEN, 7);
        assert_eq!(Orders.count(), 0);
        // A plain async fn of these arguments: nothing is added to it.
        async fn plain(_: &Orders, id: u64) -> u64 {
            id
        }
        assert_eq!(
            size_of_val(&Orders.load(1)),
            size_of_val(&plain(&Orders, 1))
        );
    }

    #[test]
    fn a_secret_stays_one() {
        assert_eq!(format!("{:?}", Secret::from(7)), "[redacted]");
        assert_eq!(*Secret::from(7).expose(), 7);
    }
}
