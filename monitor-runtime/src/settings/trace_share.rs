//! The share of traces that are exported in full, by OpenTelemetry's consistent probability sampling.
//!
//! <https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/>.

/// Random values have 56 bits.
pub(crate) const RANDOM_BITS: u32 = 56;

/// The sampler that decides which traces belong to the share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TraceShare {
    /// `true` if a caller that has decided is followed.
    pub(crate) follows_caller: bool,
    /// The smallest random value of a trace in the share, from 0 (every trace) to 2^56 (none).
    pub(crate) threshold: u64,
}

impl TraceShare {
    pub(crate) const ALL: u64 = 0;
    pub(crate) const NONE: u64 = 1 << RANDOM_BITS;

    /// Returns the threshold of a ratio from 0 to 1.
    pub(crate) fn threshold(ratio: f64) -> u64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "from 0 to 2^56, which is exact"
        )]
        let threshold = ((1.0 - ratio) * Self::NONE as f64).round() as u64;
        threshold
    }

    /// Returns the threshold as the `th` of a `tracestate` has it: hexadecimal digits without the zeros at
    /// the end.
    pub(crate) fn digits(threshold: u64) -> String {
        let digits = format!("{threshold:014x}");
        let short = digits.trim_end_matches('0');
        if short.is_empty() { "0" } else { short }.to_owned()
    }
}

/// Every trace, unless a caller decided otherwise: OpenTelemetry's default.
impl Default for TraceShare {
    fn default() -> Self {
        Self {
            follows_caller: true,
            threshold: Self::ALL,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_has_the_threshold_of_the_specification() {
        let digits = |ratio| TraceShare::digits(TraceShare::threshold(ratio));
        assert_eq!(digits(1.0), "0");
        assert_eq!(digits(0.5), "8");
        assert_eq!(digits(0.25), "c");
        assert_eq!(digits(0.01), "fd70a3d70a3d7");
        assert_eq!(TraceShare::threshold(0.0), TraceShare::NONE);
    }
}
