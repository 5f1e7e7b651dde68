//! Ids of traces and spans: random bytes, shown in hexadecimal.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::str::FromStr;
use std::sync::Arc;

/// Identifies a trace: 16 bytes, not all of them zero; shown as 32 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(pub(crate) [u8; 16]);

/// Identifies a span of a trace: 8 bytes, not all of them zero; shown as 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(pub(crate) [u8; 8]);

/// The ids that every log line needs, small enough to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ids {
    pub(crate) trace: TraceId,
    pub(crate) span: SpanId,
    /// `true` if the caller sampled it, or Sentry gets a transaction of it.
    pub(crate) sampled: bool,
    /// `true` if it is in the [share](super::share) that is exported.
    pub(crate) shared: bool,
    /// `true` if the caller left the sampling decision to this service.
    pub(crate) open: bool,
}

impl Ids {
    /// Returns `true` if the trace can be found somewhere: the caller, Sentry or a collector has it.
    pub(crate) fn is_recorded(&self) -> bool {
        self.sampled || self.shared
    }
}

/// The place of a local trace in its trace.
pub(crate) struct Origin {
    /// The trace, and the root's span in it.
    pub(crate) ids: Ids,
    /// The span in which the caller made the request.
    pub(crate) remote_parent: Option<SpanId>,
    /// The `tracestate`.
    pub(crate) state: Option<Arc<str>>,
}

impl TraceId {
    /// Returns its bytes, the most significant first.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0
    }
}

/// Parses 32 hexadecimal digits in lower case.
impl FromStr for TraceId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let digit = |byte: u8| u8::try_from((byte as char).to_digit(16)?).ok();
        let is_id = text.len() == 32 && !text.contains(|c: char| c.is_ascii_uppercase());
        let mut id = [0; 16];
        for (byte, pair) in id.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            let (high, low) = digit(pair[0]).zip(digit(pair[1])).ok_or(())?;
            *byte = high << 4 | low;
        }
        is_id.then_some(Self(id)).ok_or(())
    }
}

impl SpanId {
    pub(crate) fn random() -> Self {
        Self(random())
    }

    /// Returns the id of a span of the local trace whose root has this id, by its number.
    ///
    /// No generator is asked: neighbouring numbers are spread as by `SplitMix64`.
    #[inline]
    pub(crate) fn numbered(self, number: u64) -> Self {
        if number == 0 {
            return self;
        }
        let root = u64::from_be_bytes(self.0);
        // 2^64 divided by the golden ratio, then two rounds that mix all bits.
        let mut id = root.wrapping_add(number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        id = (id ^ (id >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        id = (id ^ (id >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        Self((id ^ (id >> 31)).max(1).to_be_bytes())
    }

    /// Returns its bytes, the most significant first.
    pub fn to_bytes(self) -> [u8; 8] {
        self.0
    }
}

/// Returns random bytes, not all zero, at the price of one hash.
///
/// Every `RandomState` has other keys. They come from the system's generator, once per thread.
pub(crate) fn random() -> [u8; 8] {
    RandomState::new()
        .build_hasher()
        .finish()
        .max(1)
        .to_be_bytes()
}

/// Formats bytes as two digits each. A log line has 48 digits, for which `write!` would be too
/// slow.
pub(crate) fn hexadecimal<const N: usize>(bytes: &[u8]) -> [u8; N] {
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
