//! A library without the feature `enable`: everything that a library writes compiles, and does nothing.

#![forbid(unsafe_code)]
#![deny(warnings)]

use std::time::Duration;

use monitor_runtime::slo::CountAs;
use monitor_runtime::{Classify, Objective, monitored};

/// An error with classes.
#[derive(Debug, Classify)]
pub enum Failure {
    /// Expected.
    #[monitor(expected)]
    Declined,
}

/// A function with arguments that would be recorded.
#[monitored(name = "other", args(id), fields(twice = id * 2), level = "debug")]
pub fn find(id: u64) -> Result<u64, Failure> {
    if id == 0 {
        Err(Failure::Declined)
    } else {
        Ok(id)
    }
}

/// An objective that is not measured.
pub const API: Objective = Objective::new("api")
    .success_rate(99.9)
    .latency(Duration::from_millis(250), 99.0)
    .cancelled(CountAs::Ignored)
    .expected(CountAs::Failure)
    .min_failures(5)
    .all_failed(2);

/// A function that promises something.
#[monitored(objective = API)]
pub fn promise() {}

/// A `const fn`, which could not be monitored.
#[monitored]
pub const fn constant() -> u64 {
    7
}

/// A type with a monitored block.
pub struct Orders;

#[monitored(err(Debug))]
impl Orders {
    /// A method.
    #[monitored(args(id))]
    pub async fn load(&self, id: u64) -> u64 {
        id
    }

    /// A method that is left alone.
    #[monitored(skip)]
    pub fn count(&self) -> usize {
        0
    }
}

#[cfg(test)]
mod tests {
    use monitor_runtime::Secret;

    use super::{Orders, constant, find};

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
