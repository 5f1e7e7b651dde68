//! Ids of traces and spans: random bytes, shown in hexadecimal.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hasher};

/// Identifies a trace: 16 bytes, not all of them zero; shown as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(pub(super) [u8; 16]);

/// Identifies a span of a trace: 8 bytes, not all of them zero; shown as 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(pub(super) [u8; 8]);

/// The ids that every log line needs, small enough to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ids {
    pub(crate) trace: TraceId,
    pub(crate) span: SpanId,
    pub(crate) sampled: bool,
    /// `true` if the caller left the sampling decision to this service.
    pub(super) open: bool,
}

impl TraceId {
    /// Returns its bytes, the most significant first.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

impl SpanId {
    pub(super) fn random() -> Self {
        Self(random())
    }

    /// Returns its bytes, the most significant first.
    pub fn to_bytes(self) -> [u8; 8] {
        self.0
    }
}

/// Returns random bytes, not all zero, at the price of one hash.
///
/// Every `RandomState` has other keys. They come from the system's generator, once per thread.
pub(super) fn random() -> [u8; 8] {
    RandomState::new()
        .build_hasher()
        .finish()
        .max(1)
        .to_be_bytes()
}

/// Formats bytes as two digits each. A log line has 48 digits, for which `write!` would be too
/// slow.
pub(super) fn hexadecimal<const N: usize>(bytes: &[u8]) -> [u8; N] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [b'0'; N];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    text
}

macro_rules! shown_in_hexadecimal {
    ($($id:ident: $digits:literal)*) => {$(
        impl $id {
            pub(crate) fn digits(self) -> [u8; $digits] {
                hexadecimal(&self.0)
            }
        }
        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(str::from_utf8(&self.digits()).unwrap_or_default())
            }
        }
        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    )*};
}

shown_in_hexadecimal!(TraceId: 32 SpanId: 16);
