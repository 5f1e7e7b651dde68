//! One scrape: numbers read once, then printed chunk by chunk as somebody takes them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

use super::family::{Family, Format};
use super::layout::{Layout, Series};
use super::line::{escape, push, push_number};
use super::others::{Others, Place};
use super::readings::{Histogram, RESULTS, Reading, Readings};
use super::{BUILD_INFO, CALLS, CONCURRENT, Counter, DURATION, Service};
use crate::clock;
use crate::exemplar::Exemplar;
use crate::outcome::Outcome;
use crate::site::Site;

/// Bytes after which a chunk is handed on.
const CHUNK: usize = 64 * 1024;
/// Room for the series that takes a chunk beyond that.
const MARGIN: usize = 8 * 1024;

/// The page of a process: what of it stays the same from scrape to scrape.
pub struct Exposition {
    sites: Box<dyn Fn() -> Sites + Send + Sync>,
    service: String,
    build: String,
    layout: Mutex<Option<Arc<Layout>>>,
}

/// Annotated functions, as [`Exposition`] goes through them.
type Sites = Box<dyn Iterator<Item = &'static Site>>;

impl Exposition {
    /// The page of these functions, which may become more.
    pub(crate) fn new<S>(service: &Service, sites: impl Fn() -> S + Send + Sync + 'static) -> Self
    where
        S: Iterator<Item = &'static Site> + 'static,
    {
        Self {
            sites: Box::new(move || Box::new(sites())),
            service: service.label(),
            build: service.build(),
            layout: Mutex::new(None),
        }
    }

    /// The page of functions that are on no list: for measurements.
    #[doc(hidden)]
    pub fn of(sites: &'static [&'static Site]) -> Self {
        Self::new(&Service::default(), || sites.iter().copied())
    }

    /// Reads the numbers of a page of functions alone: for measurements.
    #[doc(hidden)]
    pub fn functions(&self, format: Format) -> Scrape {
        self.scrape(format, vec![], String::new())
    }

    /// Reads the numbers of one page; its chunks are printed as they are asked for.
    ///
    /// `others` are families that somebody else rendered, in text format 0.0.4.
    pub(crate) fn scrape(&self, format: Format, own: Vec<Counter>, others: String) -> Scrape {
        let layout = self.layout();
        Scrape {
            functions: Functions {
                readings: Readings::take(&layout, format == Format::OpenMetrics),
                layout,
                format,
                prefix: Vec::new(),
            },
            build: self.build.clone(),
            own,
            others: Others::new(others),
            part: Part::Own,
            next: 0,
            place: Place::default(),
        }
    }

    /// The layout; another one when there are more functions than before.
    fn layout(&self) -> Arc<Layout> {
        let mut layout = self.layout.lock().unwrap_or_else(PoisonError::into_inner);
        let count = (self.sites)().count();
        let known = layout.take().filter(|layout| layout.is_of(count));
        let new = || Arc::new(Layout::of((self.sites)(), &self.service));
        Arc::clone(layout.insert(known.unwrap_or_else(new)))
    }
}

/// A page being printed: an iterator over its chunks.
pub struct Scrape {
    functions: Functions,
    build: String,
    own: Vec<Counter>,
    others: Others,
    part: Part,
    /// The series of that part which is next.
    next: usize,
    place: Place,
}

/// The parts of a page, in their order.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Own,
    Calls,
    Durations,
    Concurrent,
    Others,
    End,
    Nothing,
}

impl Iterator for Scrape {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        if self.part == Part::Nothing {
            return None;
        }
        let mut chunk = Vec::with_capacity(CHUNK + MARGIN);
        while chunk.len() < CHUNK && self.part != Part::Nothing {
            self.step(&mut chunk);
        }
        Some(chunk)
    }
}

impl Scrape {
    /// Writes a little more, and goes on to the next part behind the last of one.
    fn step(&mut self, out: &mut Vec<u8>) {
        let format = self.functions.format;
        let (more, then) = match self.part {
            Part::Own => {
                self.own(out);
                (false, Part::Calls)
            }
            Part::Calls => (self.functions.calls(self.next, out), Part::Durations),
            Part::Durations => (self.functions.durations(self.next, out), Part::Concurrent),
            Part::Concurrent => (self.functions.concurrent(self.next, out), Part::Others),
            Part::Others => (self.others.next(&mut self.place, format, out), Part::End),
            Part::End => {
                if format == Format::OpenMetrics {
                    push(out, "# EOF\n");
                }
                (false, Part::Nothing)
            }
            Part::Nothing => return,
        };
        self.next += 1;
        if !more {
            (self.part, self.next) = (then, 0);
        }
    }

    /// What is of the process, not of a function.
    fn own(&self, out: &mut Vec<u8>) {
        let format = self.functions.format;
        BUILD_INFO.describe(format, out);
        line(out, BUILD_INFO.name, &self.build, 1);
        for Counter { family, values } in &self.own {
            family.describe(format, out);
            for (labels, value) in values {
                line(out, family.name, labels, *value);
            }
        }
    }
}

/// The families of functions, of which each method prints one series.
struct Functions {
    layout: Arc<Layout>,
    readings: Readings,
    format: Format,
    /// What the lines of one histogram begin with.
    prefix: Vec<u8>,
}

impl Functions {
    /// `None` behind the last series; describes the family before the first.
    fn series(
        &self,
        family: &Family<'_>,
        at: usize,
        out: &mut Vec<u8>,
    ) -> Option<(&Series, &Reading)> {
        let series = self.layout.series.get(at)?;
        if at == 0 {
            family.describe(self.format, out);
        }
        Some((series, self.readings.readings.get(at)?))
    }

    fn calls(&self, at: usize, out: &mut Vec<u8>) -> bool {
        let Some((series, reading)) = self.series(&CALLS, at, out) else {
            return false;
        };
        for (outcome, calls) in RESULTS.into_iter().zip(reading.calls) {
            // `ok` and `error` exist from the start, so that a rate sees the very first call.
            if calls > 0 || outcome != Outcome::Cancelled {
                begin(out, CALLS.name, &series.labels, outcome);
                end(out, calls);
            }
            if outcome == Outcome::Error {
                for (class, calls) in self.readings.classes(reading) {
                    begin(out, CALLS.name, &series.labels, outcome);
                    push(out, ",error=\"");
                    push(out, &escape(class));
                    push(out, "\"");
                    end(out, *calls);
                }
            }
        }
        true
    }

    fn durations(&mut self, at: usize, out: &mut Vec<u8>) -> bool {
        let mut prefix = std::mem::take(&mut self.prefix);
        let printed = self.series(&DURATION, at, out).map(|(series, reading)| {
            for (outcome, histogram) in self.readings.histograms(reading) {
                prefix.clear();
                push(&mut prefix, DURATION.name);
                begin(&mut prefix, "_bucket", &series.labels, outcome);
                push(&mut prefix, ",le=\"");
                self.histogram(series, outcome, histogram, &prefix, out);
            }
        });
        self.prefix = prefix;
        printed.is_some()
    }

    fn histogram(
        &self,
        series: &Series,
        outcome: Outcome,
        histogram: Histogram,
        prefix: &[u8],
        out: &mut Vec<u8>,
    ) {
        let ends = &self.layout.bounds(series).ends;
        let mut below = 0;
        let buckets = self.readings.buckets(histogram, ends.len());
        for (end, (calls, exemplar)) in ends.iter().zip(buckets) {
            below += calls;
            out.extend_from_slice(prefix);
            push(out, end);
            push_number(out, below);
            if let Some(exemplar) = exemplar {
                push_exemplar(out, exemplar);
            }
            out.push(b'\n');
        }
        push(out, DURATION.name);
        begin(out, "_sum", &series.labels, outcome);
        push(out, &format!("}} {}\n", clock::seconds(histogram.ticks)));
        push(out, DURATION.name);
        begin(out, "_count", &series.labels, outcome);
        end(out, below);
    }

    fn concurrent(&self, at: usize, out: &mut Vec<u8>) -> bool {
        let Some((series, reading)) = self.series(&CONCURRENT, at, out) else {
            return false;
        };
        line(out, CONCURRENT.name, &series.labels, reading.concurrent);
        true
    }
}

/// A whole line.
fn line(out: &mut Vec<u8>, name: &str, labels: &str, value: u64) {
    push(out, name);
    if labels.is_empty() {
        out.push(b' ');
        push_number(out, value);
        out.push(b'\n');
    } else {
        out.push(b'{');
        push(out, labels);
        end(out, value);
    }
}

/// A line up to its `result`, to which more labels may be added.
fn begin(out: &mut Vec<u8>, name: &str, labels: &str, outcome: Outcome) {
    for text in [name, "{", labels, ",result=\"", outcome.as_str(), "\""] {
        push(out, text);
    }
}

/// The rest of a line behind its labels.
fn end(out: &mut Vec<u8>, value: u64) {
    push(out, "} ");
    push_number(out, value);
    out.push(b'\n');
}

/// Appends an exemplar to a bucket's line, with the time its call ended in Unix seconds.
fn push_exemplar(out: &mut Vec<u8>, exemplar: &Exemplar) {
    let Exemplar {
        trace_id,
        seconds,
        at,
    } = exemplar;
    let trace_id = u128::from_be_bytes(*trace_id);
    let at = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (at, millis) = (at.as_secs(), at.subsec_millis());
    push(
        out,
        &format!(" # {{trace_id=\"{trace_id:032x}\"}} {seconds} {at}.{millis:03}"),
    );
}
