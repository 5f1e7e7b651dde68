//! One scrape: all numbers are read at once, then printed chunk by chunk as the client takes them.

use std::sync::{Arc, Mutex, PoisonError};

use super::family::{Family, Format};
use super::foreign::{ForeignFamilies, Place};
use super::function_families::{Functions, line};
use super::layout::Layout;
use super::sample::Sample;
use super::text_format::push;
use super::{BUILD_INFO, CALLS, CONCURRENT, DURATION, ERRORS, Number, RuntimeFamily, Service};
use crate::callsite::Site;

/// Bytes after which a chunk is passed on.
const CHUNK: usize = 64 * 1024;
/// Room for the series with which a chunk exceeds that.
const MARGIN: usize = 8 * 1024;

/// The page of a process: the parts that stay the same from scrape to scrape.
pub struct Exposition {
    sites: Box<dyn Fn() -> Sites + Send + Sync>,
    service: String,
    build: String,
    layout: Mutex<Option<Arc<Layout>>>,
}

/// Annotated functions, as [`Exposition`] iterates over them.
type Sites = Box<dyn Iterator<Item = &'static Site>>;

impl Exposition {
    /// Creates the page of these functions, of which there may be more later.
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

    /// Creates the page of functions that are on no list: for measurements.
    #[doc(hidden)]
    pub fn from_sites(sites: &'static [&'static Site]) -> Self {
        Self::new(&Service::default(), || sites.iter().copied())
    }

    /// Reads the numbers of a page of functions alone: for measurements.
    #[doc(hidden)]
    pub fn functions(&self, format: Format) -> Scrape {
        self.scrape(format, vec![], String::new())
    }

    /// Reads the numbers of one page. Its chunks are printed as the client takes them.
    ///
    /// `others` are families that another exporter rendered, in text format 0.0.4.
    pub(crate) fn scrape(&self, format: Format, own: Vec<RuntimeFamily>, others: String) -> Scrape {
        Scrape {
            functions: Functions::read(self.layout(), format),
            build: self.build.clone(),
            others: ForeignFamilies::new(others, own.iter().map(|own| own.family)),
            own,
            part: Part::RuntimeFamily,
            next: 0,
            place: Place::default(),
        }
    }

    /// Returns the layout, and makes a new one if there are more functions than before.
    fn layout(&self) -> Arc<Layout> {
        let mut layout = self.layout.lock().unwrap_or_else(PoisonError::into_inner);
        let count = (self.sites)().count();
        let known = layout.take().filter(|layout| layout.is_of(count));
        let new = || Arc::new(Layout::new((self.sites)(), &self.service));
        Arc::clone(layout.insert(known.unwrap_or_else(new)))
    }
}

/// A page being printed: an iterator over its chunks.
pub struct Scrape {
    functions: Functions,
    build: String,
    own: Vec<RuntimeFamily>,
    others: ForeignFamilies,
    part: Part,
    /// The next series of that part.
    next: usize,
    place: Place,
}

/// The parts of a page, in their order.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    RuntimeFamily,
    Calls,
    Errors,
    Durations,
    Concurrent,
    ForeignFamilies,
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
    /// Writes a little more. Behind the last series of a part it moves on to the next part.
    fn step(&mut self, out: &mut Vec<u8>) {
        let format = self.functions.format;
        let (more, then) = match self.part {
            Part::RuntimeFamily => {
                self.own(out);
                (false, Part::Calls)
            }
            Part::Calls => (self.functions.calls(self.next, out), Part::Errors),
            Part::Errors => (self.functions.errors(self.next, out), Part::Durations),
            Part::Durations => (self.functions.durations(self.next, out), Part::Concurrent),
            Part::Concurrent => (
                self.functions.concurrent(self.next, out),
                Part::ForeignFamilies,
            ),
            Part::ForeignFamilies => (self.others.next(&mut self.place, format, out), Part::End),
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
            self.join(out);
            (self.part, self.next) = (then, 0);
        }
    }

    /// Writes the service's own series of the function family that ends here.
    fn join(&self, out: &mut Vec<u8>) {
        let family: &Family<'_> = match self.part {
            Part::Calls => &CALLS,
            Part::Errors => &ERRORS,
            Part::Durations => &DURATION,
            Part::Concurrent => &CONCURRENT,
            Part::RuntimeFamily | Part::ForeignFamilies | Part::End | Part::Nothing => return,
        };
        let mut theirs = Vec::new();
        let has_ours = |sample: &Sample<'_>| {
            let labels = ["function", "module", "service_name"];
            labels.iter().all(|label| sample.has(label))
        };
        self.others.join(family, has_ours, &mut theirs);
        // The first series of a family describes it, and there was none.
        if !theirs.is_empty() && self.next == 1 {
            family.describe(self.functions.format, out);
        }
        out.extend(theirs);
    }

    /// Prints the families of the process.
    fn own(&self, out: &mut Vec<u8>) {
        let format = self.functions.format;
        BUILD_INFO.describe(format, out);
        line(out, BUILD_INFO.name, &self.build, 1);
        self.join_own(&BUILD_INFO, [&*self.build].into_iter(), out);
        for RuntimeFamily { family, values } in &self.own {
            family.describe(format, out);
            for (labels, value) in values {
                match value {
                    Number::Count(count) => line(out, family.name, labels, *count),
                    Number::Measure(measure) => measure_line(out, family.name, labels, *measure),
                }
            }
            let labels = values.iter().map(|(labels, _)| &**labels);
            self.join_own(family, labels, out);
        }
    }

    /// Prints the service's own series of a runtime family, except those with the labels `ours`.
    fn join_own<'l>(
        &self,
        family: &Family<'_>,
        ours: impl Iterator<Item = &'l str>,
        out: &mut Vec<u8>,
    ) {
        let lines: Vec<String> = ours.map(|labels| format!("x{{{labels}}} 1")).collect();
        let ours: Vec<_> = lines.iter().flat_map(|line| Sample::parse(line)).collect();
        let is_ours = |sample: &Sample<'_>| ours.iter().any(|own| own.has_the_labels_of(sample));
        self.others.join(family, is_ours, out);
    }
}

/// Writes a whole line, of a value that need not be an integer.
fn measure_line(out: &mut Vec<u8>, name: &str, labels: &str, value: f64) {
    push(out, name);
    if !labels.is_empty() {
        push(out, &format!("{{{labels}}}"));
    }
    push(out, &format!(" {value}\n"));
}
