//! A hash of numbers and names that the process has made itself, not its clients.

use std::hash::Hasher;

/// Spreads numbers over all bits of a hash: ids are small and follow each other, addresses end in zeros.
#[derive(Default)]
pub(crate) struct Spread(u64);

impl Spread {
    /// 2^64 divided by the golden ratio.
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
}

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        for word in words {
            self.write_u64(u64::from_le_bytes(*word));
        }
        for byte in rest {
            self.write_u64((*byte).into());
        }
    }

    fn write_u64(&mut self, number: u64) {
        let product = (self.0 ^ number).wrapping_mul(Self::FACTOR);
        // The upper bits of a product depend on all bits of its factors, the lower ones on few.
        self.0 = product ^ (product >> 32);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn finish(&self) -> u64 {
        // A map takes the lower bits first.
        self.0.wrapping_mul(Self::FACTOR).rotate_left(32)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::hash::{BuildHasher, BuildHasherDefault};

    use super::*;

    /// Returns the numbers of different values among 1024 hashes: of ten bits at the top, in the middle and at
    /// the bottom.
    fn places<T: std::hash::Hash>(keys: impl Iterator<Item = T>) -> [usize; 3] {
        let spread = BuildHasherDefault::<Spread>::new();
        let hashes: Vec<u64> = keys.take(1024).map(|key| spread.hash_one(key)).collect();
        assert_eq!(hashes.len(), 1024);
        let places = |shift: u32| {
            let places = hashes.iter().map(|hash| (hash >> shift) % 1024);
            places.collect::<HashSet<_>>().len()
        };
        [54, 32, 0].map(places)
    }

    #[test]
    fn numbers_addresses_and_similar_names_are_spread() {
        let letters = || (b'a'..=b'z').map(char::from);
        let pairs = || letters().flat_map(move |a| letters().map(move |b| (a, b)));
        let many = || pairs().flat_map(move |(a, b)| ['x', 'y'].map(|c| format!("{a}{b}{c}")));
        for different in [
            places(0_usize..),
            places((0x7F00_0000_0000_usize..).step_by(64)),
            places(many().map(|name| format!("/items/{name}"))),
            places(many().map(|name| format!("/v1/{name}s/all"))),
        ] {
            // As many as of random numbers, of which some 650 differ.
            assert!(different.iter().all(|count| *count > 550), "{different:?}");
        }
    }
}
