//! Lines that are written together.

use std::io;

use super::Sink;

/// Bytes beyond which a buffer is freed after a burst.
const MAX_KEPT_BYTES: usize = 1 << 20;

/// Whole lines, and the end of each of them.
#[derive(Default)]
pub(super) struct Batch {
    pub(super) bytes: Vec<u8>,
    pub(super) ends: Vec<usize>,
}

/// A batch, and the position up to which it is written.
#[derive(Default)]
pub(super) struct Writing {
    pub(super) batch: Batch,
    pub(super) written: usize,
    /// `true` if the last write ended inside a line that was then given up.
    pub(super) torn: bool,
}

impl Batch {
    pub(super) fn push(&mut self, line: &[u8]) {
        self.bytes.extend_from_slice(line);
        self.ends.push(self.bytes.len());
    }

    pub(super) fn clear(&mut self) {
        if self.bytes.capacity() > MAX_KEPT_BYTES {
            *self = Self::default();
        }
        self.bytes.clear();
        self.ends.clear();
    }
}

impl Writing {
    /// Writes the batch and returns the number of lines that were not written whole; `None` if the
    /// destination has no room now.
    ///
    /// A disk that was full may leave a line `torn`. The next write then begins with a line break.
    pub(super) fn write_to(&mut self, sink: &impl Sink) -> Option<u64> {
        while self.torn || self.written < self.batch.bytes.len() {
            let rest = if self.torn {
                b"\n"
            } else {
                &self.batch.bytes[self.written..]
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
        let ends = &self.batch.ends;
        // A line that lacks only its line break gets it from the next write.
        let whole = ends.partition_point(|end| *end <= self.written + 1);
        let lost = ends.len() - whole;
        self.torn |= self.written > 0 && ends[..whole].last() != Some(&self.written);
        self.batch.clear();
        self.written = 0;
        Some(lost as u64)
    }
}
