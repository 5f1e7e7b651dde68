//! Everything compiles without the feature `enable`, and nothing happens.

#![forbid(unsafe_code)]
#![deny(warnings)]

use std::time::Duration;

use monitor_runtime::slo::CountAs;
use monitor_runtime::{MonitorError, Objective, monitored};

/// An error with classes nobody asks for.
#[derive(Debug, MonitorError)]
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

/// Nobody looks whether it is kept.
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
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};
    use std::time::Duration;

    use monitor_runtime::{Builder, Check, Heartbeat, LogFormat, Secret};

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

    #[test]
    fn the_runtime_does_nothing() {
        let check = Check::new("never", async || Err::<(), _>("it is never run"));
        let heartbeat = Heartbeat::new("importer", Duration::from_secs(1));
        let builder: Builder = monitor_runtime::builder!();
        let monitor = builder
            .service_name("nobody")
            .addr("this is no address, and nobody minds")
            .log_format(LogFormat::Json)
            .drain(Duration::from_secs(5))
            .redact(["iban"])
            .runbook_url("this is none either")
            .trace_url("nor this")
            .source_url("nor this")
            .check_with(monitor_runtime::slo::check())
            .check_with(check.critical().interval(Duration::from_secs(1)))
            .check_with(Check::tcp("queue", "no target").failures(3).group("work"))
            .check_with(heartbeat.check())
            .watchdog(None)
            .start_blocking()
            .expect("there is nothing that could fail");
        assert_eq!(monitor.addr(), None);
        assert_eq!(monitor.watch_runtime("other"), Ok(()));
        heartbeat.beat();
        heartbeat.finish();
        let mut drained = pin!(monitor.drained());
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(drained.as_mut().poll(&mut context), Poll::Pending);
        monitor.shutdown_blocking();
    }
}
