//! The code of a library. It compiles with the feature `enable` of its user's `monitor-runtime`, and without.

use std::time::Duration;

use monitor_runtime::slo::CountAs;
use monitor_runtime::{Class, Classify, MonitorLabel, Objective, Secret, monitored};

/// An error with a class.
#[derive(Debug, Classify)]
pub enum Failure {
    /// Expected.
    #[monitor(expected)]
    Declined,
}

/// An error that classifies itself.
#[derive(Debug)]
pub struct Refused;

impl Classify for Refused {
    fn classify(&self) -> Class {
        Class::from(Some("refused")).expected()
    }
}

/// A label with a fixed set of values.
#[derive(Clone, Copy, MonitorLabel)]
pub enum Payment {
    /// By card.
    Card,
}

/// A function with a label of its own.
#[monitored(labels(kind))]
pub fn pay(kind: Payment) -> Result<(), Refused> {
    match kind {
        Payment::Card => Ok(()),
    }
}

/// A function with arguments that are recorded.
#[monitored(name = "other", args(id), fields(twice = id * 2), level = "debug")]
pub fn find(id: u64) -> Result<u64, Failure> {
    if id == 0 {
        Err(Failure::Declined)
    } else {
        Ok(id)
    }
}

/// A function with a secret and a rule for Sentry.
#[monitored(args(token), sentry(level = "warning"))]
pub fn log_in(token: &Secret<String>) -> Option<u64> {
    (!token.expose().is_empty()).then_some(7)
}

/// An objective.
pub const API: Objective = Objective::new("api")
    .success_rate(99.9)
    .latency(Duration::from_millis(250), 99.0)
    .cancelled(CountAs::Ignored)
    .expected(CountAs::Failure)
    .min_failures(5)
    .all_failed(2);

/// A function with an objective.
#[monitored(objective = API)]
pub fn promise() {}

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
