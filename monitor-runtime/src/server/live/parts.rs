//! The parts of the page that are not monitored functions: requests, health checks, objectives, the
//! log's filter, and the process.

use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use super::counts::Counts;
use super::print::{self, Changing};
use super::{Reading, milliseconds};
use crate::health::{Health, Selection};
use crate::logs;
use crate::metrics::process::Reader;
use crate::settings::buckets::HTTP_BUCKETS;
use crate::settings::config::PageLinks;
use crate::settings::log_filter;
use crate::{http, slo};

/// The interval between two reads of the parts that change slowly.
const SLOW: Duration = Duration::from_secs(10);
/// The most targets of the log that are listed.
const MAX_TARGETS: usize = 300;

/// The most places of the log that are listed.
const MAX_LOUDEST: usize = 10;

/// Sources of the parts that are not monitored functions.
#[derive(Default)]
pub(crate) struct Around {
    pub(crate) health: Option<Arc<Health>>,
    /// Returns a line for each incident.
    pub(crate) incidents: Option<Box<dyn Fn() -> Value + Send + Sync>>,
    pub(crate) process: Option<Reader>,
    pub(crate) links: PageLinks,
}

/// The parts as the latest document has them.
#[derive(Default)]
pub(super) struct Parts {
    routes: Changing,
    checks: Changing,
    blocked: Changing,
    health: Changing,
    incidents: Changing,
    objectives: Changing,
    level: Changing,
    loudest: Changing,
    targets: Changing,
    system: Changing,
    /// The time at which the parts that change slowly were read.
    looked: Option<Instant>,
}

impl Parts {
    /// Brings them up to date for a document.
    pub(super) fn refresh(&mut self, around: &Around, number: u64) {
        if let Some(health) = &around.health {
            self.read_health(health, number);
        }
        if let Some(incidents) = &around.incidents {
            let lines = incidents().to_string();
            self.incidents.set(0, &lines, number);
        }
        if let Some(reader) = &around.process {
            self.system.set(0, &system(reader), number);
        }
        let level = logs::log_filter().map(|now| {
            let left = now.reverts_in.map(|left| SystemTime::now() + left);
            json!({
                "filter": now.filter,
                "default": now.default,
                // Rounded to a second, so that it does not change with every document.
                "reverts_at": left.map(|at| milliseconds(at).div_ceil(1000) * 1000),
            })
        });
        self.level.set(0, &json!(level).to_string(), number);
        if self.looked.is_none_or(|looked| looked.elapsed() >= SLOW) {
            self.looked = Some(Instant::now());
            let mut targets = log_filter::targets();
            targets.truncate(MAX_TARGETS);
            self.targets.set(0, &json!(targets).to_string(), number);
            self.loudest.set(0, &loudest().to_string(), number);
            let objectives = serde_json::to_string(&slo::status());
            let objectives = objectives.expect("strings and numbers always serialise");
            self.objectives.set(0, &objectives, number);
        }
    }

    fn read_health(&mut self, health: &Health, number: u64) {
        let report = health.report(&Selection::default(), false);
        let report = serde_json::to_value(report).unwrap_or_default();
        let whole = json!([report["status"], report["output"]]);
        self.health.set(0, &whole.to_string(), number);
        let blocked = health.blocked_workers();
        let blocked = blocked
            .iter()
            .map(|worker| json!([worker.runtime, worker.worker, worker.to_string()]));
        let blocked = blocked.collect::<Value>().to_string();
        self.blocked.set(0, &blocked, number);
        let none = serde_json::Map::new();
        let checks = report["checks"].as_object().unwrap_or(&none);
        for (place, (name, entries)) in checks.iter().enumerate() {
            let entry = &entries[0];
            let check = json!([
                place,
                name,
                entry["status"],
                entry["critical"],
                entry["observedValue"],
                entry["output"],
            ]);
            self.checks.set(place, &check.to_string(), number);
        }
    }

    /// Prints the row of each method and route of the HTTP edge.
    pub(super) fn print_routes(&mut self, now: &Reading, bases: [&Reading; 2], number: u64) {
        let mut row = String::new();
        for (place, (traffic, counts)) in http::traffic::all().iter().zip(&now.routes).enumerate() {
            row.clear();
            let named = json!([
                place,
                traffic.method,
                traffic.route,
                counts.ended,
                counts.in_flight
            ]);
            let _ = write!(row, "{named}");
            row.pop();
            for base in bases {
                row.push(',');
                let none = Counts::default();
                let before = base.routes.get(place).map_or(&none, |before| before);
                print::window(&mut row, &counts.since(before), &HTTP_BUCKETS, None);
            }
            row.push(']');
            self.routes.set(place, &row, number);
        }
    }

    /// Prints what is new since a document.
    pub(super) fn print(&self, out: &mut String, known: u64) {
        self.routes.print(out, "routes", known);
        self.checks.print(out, "checks", known);
        self.health.print_one(out, "health", known);
        self.blocked.print_one(out, "blocked", known);
        self.incidents.print_one(out, "incidents", known);
        self.objectives.print_one(out, "objectives", known);
        self.level.print_one(out, "level", known);
        self.loudest.print_one(out, "loudest", known);
        self.targets.print_one(out, "targets", known);
        self.system.print_one(out, "system", known);
    }
}

/// Reads the counts of each method and route of the HTTP edge.
pub(super) fn read_routes(before: Option<&Reading>) -> Vec<Arc<Counts>> {
    let read = |(place, traffic): (usize, &Arc<http::traffic::Traffic>)| {
        let read = traffic.read();
        let counts = Counts {
            ended: read.ended,
            in_flight: read.in_flight,
            seconds: read.seconds,
            busy: None,
            buckets: read.buckets,
        };
        let before = before.and_then(|before| before.routes.get(place));
        match before.filter(|before| ***before == counts) {
            Some(before) => Arc::clone(before),
            None => Arc::new(counts),
        }
    };
    http::traffic::all().iter().enumerate().map(read).collect()
}

/// Returns the places that have written the most bytes of the log, and the bytes of all.
fn loudest() -> Value {
    let (places, bytes) = logs::places::loudest(MAX_LOUDEST);
    let row = |place: &logs::places::Volume| {
        let level = place.level.as_str();
        json!([level, place.target, place.source, place.lines, place.bytes])
    };
    json!([bytes, places.iter().map(row).collect::<Vec<_>>()])
}

/// Prints the process and the runtime of `start()`, in few digits.
fn system(reader: &Reader) -> String {
    let process = reader.process();
    let runtime = reader.runtime();
    let seconds = |seconds: f64| (seconds * 100.0).round() / 100.0;
    let busy = runtime.as_ref().map(|runtime| {
        let busy = runtime.each_worker.iter().map(|worker| worker.busy_seconds);
        seconds(busy.sum())
    });
    let system: Value = json!({
        "cpu_seconds": process.cpu_seconds.map(seconds),
        // Rounded to 64 KiB: smaller changes are noise.
        "resident_bytes": process.resident_bytes.map(|bytes| bytes >> 16 << 16),
        "open_fds": process.open_fds,
        "max_fds": process.max_fds,
        "threads": process.threads,
        "workers": runtime.as_ref().map(|runtime| runtime.workers),
        "tasks": runtime.as_ref().map(|runtime| runtime.alive_tasks),
        "queued": runtime.as_ref().map(|runtime| runtime.queued_tasks),
        "busy_seconds": busy,
    });
    system.to_string()
}
