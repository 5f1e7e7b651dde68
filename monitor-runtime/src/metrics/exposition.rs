//! One scrape: all numbers are read at once, then printed chunk by chunk as the client takes them.

use std::sync::{Arc, Mutex, PoisonError};

use super::family::Format;
use super::foreign::{ForeignFamilies, Place};
use super::function_families::Functions;
use super::layout::Layout;
use super::protobuf::foreign::Gathered;
use super::protobuf::open::Open;
use super::sample::Sample;
use super::{Family, RuntimeFamily, Service};
use crate::callsite::Site;
use crate::settings::native_histograms::NativeHistograms;

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
    native: NativeHistograms,
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
            native: NativeHistograms::Off,
        }
    }

    /// Sets the histograms of pages as protobuf.
    #[doc(hidden)]
    #[must_use]
    pub fn native(self, native: NativeHistograms) -> Self {
        Self { native, ..self }
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
            functions: Functions::read(self.layout(), format, self.native),
            build: self.build.clone(),
            others: ForeignFamilies::new(others, own.iter().map(|own| own.family)),
            own,
            part: Part::RuntimeFamily,
            next: 0,
            place: Place::default(),
            open: None,
            gathered: Gathered::default(),
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
    pub(super) functions: Functions,
    pub(super) build: String,
    pub(super) own: Vec<RuntimeFamily>,
    pub(super) others: ForeignFamilies,
    pub(super) part: Part,
    /// The next series of that part.
    pub(super) next: usize,
    pub(super) place: Place,
    /// The message of protobuf that the next series is a part of.
    pub(super) open: Option<Open>,
    pub(super) gathered: Gathered,
}

/// The parts of a page, in their order.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Part {
    RuntimeFamily,
    Calls,
    Errors,
    Durations,
    Concurrent,
    Busy,
    Polls,
    SlowPolls,
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
        self.end_message(&mut chunk);
        Some(chunk)
    }
}

impl Part {
    /// Returns the part behind this one.
    fn then(self) -> Self {
        match self {
            Self::RuntimeFamily => Self::Calls,
            Self::Calls => Self::Errors,
            Self::Errors => Self::Durations,
            Self::Durations => Self::Concurrent,
            Self::Concurrent => Self::Busy,
            Self::Busy => Self::Polls,
            Self::Polls => Self::SlowPolls,
            Self::SlowPolls => Self::ForeignFamilies,
            Self::ForeignFamilies => Self::End,
            Self::End | Self::Nothing => Self::Nothing,
        }
    }
}

impl Scrape {
    /// Writes a little more. Behind the last series of a part it moves on to the next part.
    fn step(&mut self, out: &mut Vec<u8>) {
        let more = match self.functions.format {
            Format::Text | Format::OpenMetrics => self.write_lines(out),
            Format::Protobuf => self.write_messages(out),
        };
        self.next += 1;
        if !more {
            (self.part, self.next) = (self.part.then(), 0);
        }
    }

    /// Returns `true` for a sample with the labels of a function, as the runtime's own series have
    /// them.
    pub(super) fn names_a_function(sample: &Sample<'_>) -> bool {
        let labels = ["function", "module", "service_name"];
        labels.iter().all(|label| sample.has(label))
    }

    /// Passes on the service's own series of a runtime family, except those with the labels `ours`.
    pub(super) fn join_own<'l>(
        &self,
        family: &Family<'_>,
        ours: impl Iterator<Item = &'l str>,
        take: impl FnMut(&Family<'_>, &Sample<'_>),
    ) {
        let lines: Vec<String> = ours.map(|labels| format!("x{{{labels}}} 1")).collect();
        let ours: Vec<_> = lines.iter().flat_map(|line| Sample::parse(line)).collect();
        let is_ours = |sample: &Sample<'_>| ours.iter().any(|own| own.has_the_labels_of(sample));
        self.others.join(family, is_ours, take);
    }
}
