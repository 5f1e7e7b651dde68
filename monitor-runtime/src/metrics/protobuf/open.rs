//! A message that is being written.

use super::wire::delimit;
use crate::metrics::family::Family;

/// A message of a family that more series may be added to.
#[derive(Clone, Copy)]
pub(in crate::metrics) struct Open {
    start: usize,
    /// The start of its series.
    series: usize,
}

impl Open {
    pub(super) fn begin(family: &Family<'_>, out: &mut Vec<u8>) -> Self {
        let start = out.len();
        family.describe_in_message(out);
        Self {
            start,
            series: out.len(),
        }
    }

    /// Ends the message, or removes it if it has no series.
    pub(super) fn end(self, out: &mut Vec<u8>) {
        if out.len() == self.series {
            out.truncate(self.start);
        } else {
            delimit(out, self.start);
        }
    }
}
