//! The parts of a page as lines of text.

use super::exposition::{Part, Scrape};
use super::family::{Family, Format};
use super::function_families::line;
use super::text_format::push;
use super::{
    BUILD_INFO, BUSY, CALLS, CONCURRENT, DURATION, ERRORS, Number, POLLS, RuntimeFamily, SLOW_POLLS,
};

impl Scrape {
    /// Writes a little more; returns `false` behind the last series of a part.
    pub(super) fn write_lines(&mut self, out: &mut Vec<u8>) -> bool {
        let format = self.functions.format;
        let (more, family) = match self.part {
            Part::RuntimeFamily => {
                self.own_lines(out);
                return false;
            }
            Part::Calls => (self.functions.calls(self.next, out), &CALLS),
            Part::Errors => (self.functions.errors(self.next, out), &ERRORS),
            Part::Durations => (self.functions.durations(self.next, out), &DURATION),
            Part::Concurrent => (self.functions.concurrent(self.next, out), &CONCURRENT),
            Part::Busy => (self.functions.busy(self.next, out), &BUSY),
            Part::Polls => (self.functions.polls(self.next, out), &POLLS),
            Part::SlowPolls => (self.functions.slow_polls(self.next, out), &SLOW_POLLS),
            Part::ForeignFamilies => return self.others.next(&mut self.place, format, out),
            Part::End => {
                if format == Format::OpenMetrics {
                    push(out, "# EOF\n");
                }
                return false;
            }
            Part::Nothing => return false,
        };
        if !more {
            self.join_lines(family, out);
        }
        more
    }

    /// Writes the service's own series of the function family that ends here.
    fn join_lines(&self, family: &Family<'_>, out: &mut Vec<u8>) {
        let mut theirs = Vec::new();
        self.others
            .join(family, Self::names_a_function, |_, sample| {
                sample.write(&mut theirs);
            });
        // The first series of a family describes it, and there was none.
        if !theirs.is_empty() && self.next == 0 {
            family.describe(self.functions.format, out);
        }
        out.extend(theirs);
    }

    /// Prints the families of the process.
    fn own_lines(&self, out: &mut Vec<u8>) {
        let format = self.functions.format;
        BUILD_INFO.describe(format, out);
        line(out, BUILD_INFO.name, &self.build, 1);
        self.join_own(&BUILD_INFO, [&*self.build].into_iter(), |_, sample| {
            sample.write(out);
        });
        for RuntimeFamily { family, values } in &self.own {
            family.describe(format, out);
            for (labels, value) in values {
                match value {
                    Number::Count(count) => line(out, family.name, labels, *count),
                    Number::Measure(measure) => measure_line(out, family.name, labels, *measure),
                }
            }
            let labels = values.iter().map(|(labels, _)| &**labels);
            self.join_own(family, labels, |_, sample| sample.write(out));
        }
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
