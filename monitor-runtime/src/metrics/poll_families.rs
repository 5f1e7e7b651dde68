//! Prints the families of futures' polls as text.

use super::function_families::{Functions, line};
use super::layout::Series;
use super::readings::Polls;
use super::text_format::{push, push_seconds};
use super::{BUSY, Family, POLLS, SLOW_POLLS};
use crate::base::clock;

impl Functions {
    /// Returns the polls of a series of a function that is `async`, with the index of the series; `None`
    /// behind the last one.
    pub(super) fn polls_at(&self, at: usize) -> Option<(usize, &Series, Polls)> {
        let index = *self.layout.futures.get(at)? as usize;
        let (series, reading) = self.at(index)?;
        Some((index, series, reading.polls?))
    }

    /// Returns the labels of such a series, and its polls. Describes the family before the first.
    fn future(&self, family: &Family<'_>, at: usize, out: &mut Vec<u8>) -> Option<(&str, Polls)> {
        let (_, series, polls) = self.polls_at(at)?;
        if at == 0 {
            family.describe(self.format, out);
        }
        Some((self.layout.labels(series), polls))
    }

    pub(super) fn busy(&self, at: usize, out: &mut Vec<u8>) -> bool {
        let Some((labels, polls)) = self.future(&BUSY, at, out) else {
            return false;
        };
        if let Some((busy, _)) = polls.timed {
            push(out, BUSY.name);
            push(out, "{");
            push(out, labels);
            push(out, "} ");
            push_seconds(out, clock::sum_in_seconds(busy));
            push(out, "\n");
        }
        true
    }

    pub(super) fn polls(&self, at: usize, out: &mut Vec<u8>) -> bool {
        let Some((labels, polls)) = self.future(&POLLS, at, out) else {
            return false;
        };
        line(out, POLLS.name, labels, polls.polls);
        true
    }

    pub(super) fn slow_polls(&self, at: usize, out: &mut Vec<u8>) -> bool {
        let Some((labels, polls)) = self.future(&SLOW_POLLS, at, out) else {
            return false;
        };
        if let Some((_, slow)) = polls.timed {
            line(out, SLOW_POLLS.name, labels, slow);
        }
        true
    }
}
