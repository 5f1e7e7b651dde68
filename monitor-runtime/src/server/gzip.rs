//! Compresses a page as it is made.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

/// The gzip stream of the chunks it is given, in chunks. Some may be empty.
pub struct Gzip<I> {
    /// `None` behind the last chunk.
    open: Option<(I, GzEncoder<Vec<u8>>)>,
}

impl<I> Gzip<I> {
    /// Compresses at the fastest level: a page mostly consists of similar lines with different
    /// numbers.
    pub fn new(chunks: I) -> Self {
        let encoder = GzEncoder::new(Vec::new(), Compression::fast());
        Self {
            open: Some((chunks, encoder)),
        }
    }
}

impl<I: Iterator<Item = Vec<u8>>> Iterator for Gzip<I> {
    type Item = Vec<u8>;

    fn next(&mut self) -> Option<Vec<u8>> {
        let (mut chunks, mut encoder) = self.open.take()?;
        let Some(chunk) = chunks.next() else {
            return Some(encoder.finish().expect("a Vec takes everything"));
        };
        encoder.write_all(&chunk).expect("a Vec takes everything");
        let done = std::mem::take(encoder.get_mut());
        self.open = Some((chunks, encoder));
        Some(done)
    }
}
