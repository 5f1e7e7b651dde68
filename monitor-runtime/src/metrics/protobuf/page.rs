//! The parts of a page as messages.

use super::foreign::write_labels;
use super::labels::labels;
use super::open::Open;
use crate::metrics::BUILD_INFO;
use crate::metrics::exposition::{Part, Scrape};
use crate::metrics::family::Family;
use crate::metrics::foreign::Piece;
use crate::metrics::function_families::Functions;
use crate::metrics::runtime_families::RuntimeFamily;
use crate::metrics::{BUSY, CALLS, CONCURRENT, DURATION, ERRORS, POLLS, SLOW_POLLS};

impl Scrape {
    /// Writes a little more; returns `false` behind the last series of a part.
    pub(in crate::metrics) fn write_messages(&mut self, out: &mut Vec<u8>) -> bool {
        match self.part {
            Part::RuntimeFamily => {
                self.own_messages(out);
                false
            }
            Part::Calls => self.function_metrics(&CALLS, Functions::call_metrics, out),
            Part::Errors => self.function_metrics(&ERRORS, Functions::error_metrics, out),
            Part::Durations => self.function_metrics(&DURATION, Functions::duration_metrics, out),
            Part::Concurrent => {
                self.function_metrics(&CONCURRENT, Functions::concurrent_metrics, out)
            }
            Part::Busy => self.function_metrics(&BUSY, Functions::busy_metrics, out),
            Part::Polls => self.function_metrics(&POLLS, Functions::poll_metrics, out),
            Part::SlowPolls => {
                self.function_metrics(&SLOW_POLLS, Functions::slow_poll_metrics, out)
            }
            Part::ForeignFamilies => self.foreign_metrics(out),
            Part::End | Part::Nothing => false,
        }
    }

    /// Ends the message that is open, at the end of a family or chunk.
    pub(in crate::metrics) fn end_message(&mut self, out: &mut Vec<u8>) {
        if let Some(open) = self.open.take() {
            open.end(out);
        }
    }

    fn function_metrics(
        &mut self,
        family: &Family<'_>,
        write: fn(&Functions, usize, &mut Vec<u8>) -> bool,
        out: &mut Vec<u8>,
    ) -> bool {
        self.open.get_or_insert_with(|| Open::begin(family, out));
        let more = write(&self.functions, self.next, out);
        if !more {
            self.join_metrics(family, out);
            self.end_message(out);
        }
        more
    }

    /// Writes the service's own series of a function family.
    fn join_metrics(&mut self, family: &Family<'_>, out: &mut Vec<u8>) {
        let Self {
            others, gathered, ..
        } = self;
        others.join(family, Self::names_a_function, |family, sample| {
            gathered.add(family, sample, out);
        });
        gathered.finish(out);
    }

    fn own_messages(&self, out: &mut Vec<u8>) {
        let build = Open::begin(&BUILD_INFO, out);
        BUILD_INFO.write_metric(1.0, None, out, |out| labels(&self.build, out));
        self.join_own_metrics(&BUILD_INFO, [&*self.build].into_iter(), out);
        build.end(out);
        for RuntimeFamily { family, values } in &self.own {
            let open = Open::begin(family, out);
            for (text, value) in values {
                family.write_metric(value.as_f64(), None, out, |out| labels(text, out));
            }
            let ours = values.iter().map(|(labels, _)| &**labels);
            self.join_own_metrics(family, ours, out);
            open.end(out);
        }
    }

    /// Writes the service's own series of a runtime family, except those with the labels `ours`.
    fn join_own_metrics<'l>(
        &self,
        family: &Family<'_>,
        ours: impl Iterator<Item = &'l str>,
        out: &mut Vec<u8>,
    ) {
        self.join_own(family, ours, |family, sample| {
            family.write_metric(sample.value, None, out, |out| {
                write_labels(sample, None, out);
            });
        });
    }

    fn foreign_metrics(&mut self, out: &mut Vec<u8>) -> bool {
        let Some(piece) = self.others.piece(&mut self.place) else {
            return false;
        };
        match piece {
            Piece::Begin(family) => self.open = Some(Open::begin(&family, out)),
            Piece::Sample(family, sample) => {
                self.open.get_or_insert_with(|| Open::begin(&family, out));
                self.gathered.add(&family, &sample, out);
            }
            Piece::Nothing => {}
            Piece::End(family) => {
                self.open.get_or_insert_with(|| Open::begin(&family, out));
                self.gathered.finish(out);
                self.end_message(out);
            }
        }
        true
    }
}
