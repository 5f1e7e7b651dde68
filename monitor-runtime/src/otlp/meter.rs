//! The thread that exports metrics: it reads the page of metrics when that is due.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::mem;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use prost::Message;

use super::collector::Collector;
use super::counts::{Fate, count};
use super::encode::points::{self, Times};
use super::encode::{SCHEMA_URL, nanoseconds, scope};
use super::messages::common::Resource;
use super::messages::metrics::{
    ExportMetricsServiceRequest, Metric, ResourceMetrics, ScopeMetrics,
};
use crate::base::unwind::quietly;
use crate::metrics::points::{Described, Point, PointKind, read};
use crate::metrics::{Format, Page};
use crate::settings::config::otlp::{Endpoint, Signal};

/// Points of one request, at most: some 300 bytes each.
const MAX_POINTS: u64 = 2000;

/// The exporter of metrics.
pub(super) struct Meter {
    collector: Collector,
    resource: Resource,
    interval: Duration,
    page: Page,
    starts: Starts,
}

/// The start of each series: a time at which it was 0.
///
/// A series that the first export has begins with the process. One that a later export has for the first time was
/// not there at the export before it. So `rate()` sees the first increment of a series.
struct Starts {
    hasher: RandomState,
    /// By the hash of the family and the labels, as of the last export.
    known: HashMap<u64, u64>,
    /// The series that the export under way has seen.
    seen: HashMap<u64, u64>,
    /// The start of a series that is new.
    new: u64,
}

/// The starts that the last exporter knew: counters go on where another one starts in the same process.
static LAST: Mutex<Option<Starts>> = Mutex::new(None);

impl Starts {
    /// Returns the starts that the last exporter of this process knew, if there was one.
    fn take() -> Self {
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        last.take().unwrap_or_else(|| Self {
            hasher: RandomState::new(),
            known: HashMap::new(),
            seen: HashMap::new(),
            new: nanoseconds(SystemTime::now()),
        })
    }

    /// Keeps them for the next exporter.
    fn keep(self) {
        *LAST.lock().unwrap_or_else(PoisonError::into_inner) = Some(self);
    }

    fn of(&mut self, family: &Described, point: &Point) -> u64 {
        let series = self.hasher.hash_one((&family.name, &point.labels));
        let start = self.known.get(&series).copied().unwrap_or(self.new);
        self.seen.insert(series, start);
        start
    }

    /// Ends an export that was made at a time.
    fn end(&mut self, now: u64) {
        self.known = mem::take(&mut self.seen);
        self.new = now;
    }
}

impl Meter {
    pub(super) fn new(
        endpoint: Endpoint,
        resource: Resource,
        interval: Duration,
        page: Page,
    ) -> Self {
        Self {
            collector: Collector::new(Signal::Metrics, endpoint),
            resource,
            interval,
            page,
            starts: Starts::take(),
        }
    }

    /// Exports at each interval, and once more when `stop` is closed.
    pub(super) fn run(mut self, stop: &Receiver<()>) {
        loop {
            let is_last = stop.recv_timeout(self.interval) != Err(RecvTimeoutError::Timeout);
            quietly(|| self.export(stop));
            if is_last {
                return self.starts.keep();
            }
        }
    }

    fn export(&mut self, stop: &Receiver<()>) {
        let now = nanoseconds(SystemTime::now());
        let page = (self.page)(Format::OpenMetrics);
        let mut batch = Batch::default();
        let Self {
            collector,
            resource,
            starts,
            ..
        } = self;
        let mut is_reached = true;
        let mut send = |batch: &mut Batch| {
            let items = mem::take(&mut batch.points);
            let metrics = mem::take(&mut batch.metrics);
            if !is_reached {
                // The rest of the page would wait as long again, and be as old.
                return count(Signal::Metrics, Fate::Dropped, items);
            }
            let body = request(resource, metrics).encode_to_vec();
            is_reached = collector.send(body, items, |time| {
                stop.recv_timeout(time) == Err(RecvTimeoutError::Timeout)
            });
        };
        read(page, |family, point| {
            let start = match family.kind {
                PointKind::Gauge => 0,
                _ => starts.of(family, &point),
            };
            batch.add(family, &point, Times { start, now });
            if batch.points == MAX_POINTS {
                send(&mut batch);
            }
        });
        if batch.points > 0 {
            send(&mut batch);
        }
        starts.end(now);
    }
}

/// The metrics of one request.
#[derive(Default)]
struct Batch {
    metrics: Vec<Metric>,
    /// The name of the last family, as the page has it.
    last: String,
    points: u64,
}

impl Batch {
    fn add(&mut self, family: &Described, point: &Point, times: Times) {
        if self.last != family.name || self.metrics.is_empty() {
            self.last.clone_from(&family.name);
            self.metrics.push(points::metric(family));
        }
        if let Some(metric) = self.metrics.last_mut() {
            points::add(metric, point, times);
            self.points += 1;
        }
    }
}

fn request(resource: &Resource, metrics: Vec<Metric>) -> impl Message + use<> {
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(resource.clone()),
            scope_metrics: vec![ScopeMetrics {
                scope: Some(scope()),
                metrics,
            }],
            schema_url: SCHEMA_URL.to_owned(),
        }],
    }
}
