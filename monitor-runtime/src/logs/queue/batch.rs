//! Lines that are written together.

use std::io;
use std::mem;

use super::Sink;

/// Bytes beyond which a buffer is freed after a burst.
const MAX_KEPT_BYTES: usize = 1 << 20;
/// Lines of a burst for whose order a buffer is kept.
const MAX_KEPT_LINES: usize = 1 << 13;

/// Whole lines, with the end of each of them and the time at which it was added.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) bytes: Vec<u8>,
    pub(super) ends: Vec<usize>,
    times: Vec<u64>,
}

/// Lines on their way from the lanes to the writer.
#[derive(Default)]
pub(super) struct Taken {
    /// Lines in their order.
    pub(super) batch: Batch,
    /// The time up to which lines are in the batch.
    pub(super) until: u64,
    /// Lines to be merged; at first those that were too late for the last batch.
    pub(super) parts: Vec<Batch>,
    /// Empty batches, whose buffers are used again.
    spares: Vec<Batch>,
    /// The time, part and number of each line to be merged; empty between merges.
    order: Vec<(u64, usize, usize)>,
}

/// A batch, and the position up to which it is written.
#[derive(Default)]
pub(super) struct Writing {
    pub(super) taken: Taken,
    pub(super) written: usize,
    /// `true` if the last write ended inside a line that was then given up.
    pub(super) torn: bool,
}

impl Batch {
    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub(super) fn push(&mut self, time: u64, line: &[u8]) {
        self.bytes.extend_from_slice(line);
        self.ends.push(self.bytes.len());
        self.times.push(time);
    }

    fn line(&self, at: usize) -> &[u8] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.bytes[start..self.ends[at]]
    }

    pub(super) fn clear(&mut self) {
        if self.bytes.capacity() > MAX_KEPT_BYTES {
            *self = Self::default();
        }
        self.bytes.clear();
        self.ends.clear();
        self.times.clear();
    }
}

impl Taken {
    /// Returns an empty batch.
    pub(super) fn spare(&mut self) -> Batch {
        self.spares.pop().unwrap_or_default()
    }

    /// Moves the lines up to `until` into the batch, by their time. Lines of one part keep their order.
    pub(super) fn merge(&mut self) {
        let mut parts = mem::take(&mut self.parts);
        let times = parts.iter().enumerate().flat_map(|(part, lines)| {
            let times = lines.times.iter().enumerate();
            times.map(move |(line, time)| (*time, part, line))
        });
        let mut order = mem::take(&mut self.order);
        order.extend(times);
        order.sort_by_key(|(time, ..)| *time);
        let mut later = self.spare();
        for (time, part, line) in order.drain(..) {
            let to = if time <= self.until {
                &mut self.batch
            } else {
                &mut later
            };
            to.push(time, parts[part].line(line));
        }
        parts.iter_mut().for_each(Batch::clear);
        self.spares.append(&mut parts);
        if later.is_empty() {
            self.spares.push(later);
        } else {
            parts.push(later);
        }
        // Their buffers are used again.
        self.parts = parts;
        if order.capacity() <= MAX_KEPT_LINES {
            self.order = order;
        }
    }
}

impl Writing {
    /// Writes the batch and returns the number of lines that were not written whole; `None` if the
    /// destination has no room now.
    ///
    /// A disk that was full may leave a line `torn`. The next write then begins with a line break.
    pub(super) fn write_to(&mut self, sink: &impl Sink) -> Option<u64> {
        let batch = &mut self.taken.batch;
        while self.torn || self.written < batch.bytes.len() {
            let rest = if self.torn {
                b"\n"
            } else {
                &batch.bytes[self.written..]
            };
            match sink.write(rest) {
                Ok(0) => break,
                Ok(_) if self.torn => self.torn = false,
                Ok(written) => self.written += written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
                // The reader is gone; the next batch tries again.
                Err(_) => break,
            }
        }
        let ends = &batch.ends;
        // A line that lacks only its line break gets it from the next write.
        let whole = ends.partition_point(|end| *end <= self.written + 1);
        let lost = ends.len() - whole;
        self.torn |= self.written > 0 && ends[..whole].last() != Some(&self.written);
        batch.clear();
        self.written = 0;
        Some(lost as u64)
    }
}
