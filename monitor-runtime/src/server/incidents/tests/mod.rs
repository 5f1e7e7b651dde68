//! Incidents with clocks that the tests set.

mod compared;
mod kept;
mod sizes;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Moment;
use crate::base::clock;
use crate::health::{BlockingLimits, Check, Health};
use crate::server::live::{Around, Live};
use crate::traces::{Ids, Origin, SpanId, TraceId, random};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Lets the tests that make requests run one after the other: all share the lists of the process.
pub(in crate::server) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns a moment some time after another.
fn after(moment: Moment, time: Duration) -> Moment {
    let nanoseconds = u64::try_from(time.as_nanos()).expect("a short time");
    Moment {
        instant: moment.instant + time,
        system: moment.system + time,
        ticks: moment.ticks + clock::ticks_of(nanoseconds),
    }
}

fn health(checks: Vec<Check>) -> std::sync::Arc<Health> {
    let service = crate::health::Service {
        id: "shop".into(),
        version: "1.2.3".into(),
    };
    Health::new(service, checks, BlockingLimits::default()).expect("valid checks")
}

fn live(sites: &'static [&'static crate::callsite::Site]) -> Live {
    let sites = sites.iter().copied();
    Live::for_sites(&service(), Around::default(), sites)
}

fn service() -> crate::metrics::Service {
    crate::metrics::Service {
        name: "shop".into(),
        version: "1.2.3".into(),
        ..crate::metrics::Service::default()
    }
}

/// Returns the place of a local trace in a trace of its own.
fn origin() -> Origin {
    let mut trace = [1; 16];
    trace[..8].copy_from_slice(&random());
    let ids = Ids {
        trace: TraceId(trace),
        span: SpanId::random(),
        sampled: false,
        shared: false,
        open: false,
    };
    Origin {
        ids,
        remote_parent: None,
        state: None,
    }
}
