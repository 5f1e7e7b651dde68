//! One scrape: numbers read once, then printed chunk by chunk as somebody takes them.

use std::sync::{Arc, Mutex, PoisonError};

use super::family::Format;
use super::functions::{Functions, line};
use super::layout::Layout;
use super::line::push;
use super::others::{Others, Place};
use super::{BUILD_INFO, Number, Own, Service};
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
    pub(crate) fn scrape(&self, format: Format, own: Vec<Own>, others: String) -> Scrape {
        Scrape {
            functions: Functions::read(self.layout(), format),
            build: self.build.clone(),
            others: Others::new(others, own.iter().map(|own| own.family)),
            own,
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
    own: Vec<Own>,
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
        for Own { family, values } in &self.own {
            family.describe(format, out);
            for (labels, value) in values {
                match value {
                    Number::Count(count) => line(out, family.name, labels, *count),
                    Number::Measure(measure) => measure_line(out, family.name, labels, *measure),
                }
            }
        }
    }
}

/// A whole line, of a value that need not be whole.
fn measure_line(out: &mut Vec<u8>, name: &str, labels: &str, value: f64) {
    push(out, name);
    if !labels.is_empty() {
        push(out, &format!("{{{labels}}}"));
    }
    push(out, &format!(" {value}\n"));
}
