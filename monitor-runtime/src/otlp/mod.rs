//! OTLP: traces, metrics and logs for an OpenTelemetry collector, where an endpoint is set.
//!
//! Each signal has a thread of its own, so that a collector that does not answer for one of them delays no
//! other. Traces and lines wait in queues that are bounded in bytes; metrics are read when they are due. The
//! messages are encoded on these threads, never by the code of a request.
//!
//! <https://opentelemetry.io/docs/specs/otlp/>.

mod collector;
mod counts;
mod encode;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod messages;
mod meter;
mod resource;
mod workers;

#[cfg(test)]
mod tests;

use std::io;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use self::counts::{Fate, count};
use self::messages::common::Resource;
use self::meter::Meter;
use self::resource::resource;
use self::workers::{Lines, Traces};
use crate::logs::export::LINES;
use crate::metrics::Page;
use crate::settings::config::Config;
use crate::settings::config::otlp::{OtlpSettings, Signal};
use crate::traces::export::ENDED;
use crate::traces::share;

pub(crate) use self::counts::items;

/// A running exporter.
#[derive(Default)]
pub(crate) struct Exporter {
    /// Dropped, it ends the thread of metrics, after one more export.
    meter: Mutex<Option<Sender<()>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// An exporter that can be started.
pub(crate) struct Plan {
    settings: OtlpSettings,
    resource: Resource,
}

impl Plan {
    /// Takes the settings.
    pub(crate) fn new(config: &mut Config) -> Self {
        Self {
            settings: std::mem::take(&mut config.otlp),
            resource: resource(config),
        }
    }

    /// Starts the threads of the signals that are exported. After an error none runs.
    ///
    /// `page` is the page of metrics.
    pub(crate) fn start(self, page: &Page) -> io::Result<Exporter> {
        let mut exporter = Exporter::default();
        let begun = self.begin(page, &mut exporter);
        begun.inspect_err(|_| exporter.stop(Duration::ZERO))?;
        Ok(exporter)
    }

    fn begin(self, page: &Page, exporter: &mut Exporter) -> io::Result<()> {
        let OtlpSettings {
            traces,
            metrics,
            logs,
            share,
            metric_interval,
            span_delay,
            line_delay,
        } = self.settings;
        if let Some(endpoint) = traces {
            let traces = Traces::new(endpoint, self.resource.clone(), span_delay);
            let turn = ENDED.open();
            exporter.spawn("otlp-traces", move || traces.run(turn))?;
            share::set(Some(share));
        }
        if let Some(endpoint) = metrics {
            let meter = Meter::new(
                endpoint,
                self.resource.clone(),
                metric_interval,
                Arc::clone(page),
            );
            let (stop, stopped) = mpsc::channel();
            exporter.meter = Mutex::new(Some(stop));
            exporter.spawn("otlp-metrics", move || meter.run(&stopped))?;
        }
        if let Some(endpoint) = logs {
            let lines = Lines::new(endpoint, self.resource, line_delay);
            let turn = LINES.open();
            exporter.spawn("otlp-logs", move || lines.run(turn))?;
        }
        Ok(())
    }
}

impl Exporter {
    fn spawn(&self, name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let thread = thread::Builder::new().name(name.into()).spawn(run)?;
        lock(&self.threads).push(thread);
        Ok(())
    }

    /// Sends what waits, for at most a time, and ends the threads. What is not sent by then is counted as
    /// dropped.
    pub(crate) fn stop(&self, timeout: Duration) {
        let began = Instant::now();
        let left = || timeout.saturating_sub(began.elapsed());
        drop(lock(&self.meter).take());
        // Both at once: a collector that does not answer for one of them delays no other.
        ENDED.hasten();
        LINES.hasten();
        ENDED.flushed(left());
        LINES.flushed(left());
        share::set(None);
        let spans: usize = ENDED
            .close()
            .iter()
            .map(|trace| workers::unsent_spans(trace))
            .sum();
        count(Signal::Traces, Fate::Dropped, spans as u64);
        count(Signal::Logs, Fate::Dropped, LINES.close().len() as u64);
        // The last export of metrics may be under way, and what was given up may be.
        for thread in lock(&self.threads).drain(..) {
            while !thread.is_finished() && !left().is_zero() {
                thread::sleep(Duration::from_millis(1));
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns `true` if nothing is on its way to the collector. Takes no lock: a process that crashes asks.
pub(crate) fn is_flushed() -> bool {
    ENDED.is_empty() && LINES.is_empty()
}

/// Exports nothing more, in a child process that has no threads. Only stores to atomics.
pub(crate) fn switch_off() {
    ENDED.switch_off();
    LINES.switch_off();
}
