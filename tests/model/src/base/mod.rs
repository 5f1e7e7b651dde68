//! The room `base` of the runtime, as far as the counters use it.

#[path = "../../../../monitor-runtime/src/base/outcome.rs"]
#[expect(dead_code, reason = "the page names results")]
pub(crate) mod outcome;
pub(crate) mod sync;

pub(crate) mod clock {
    pub(crate) const fn is_tsc() -> bool {
        true
    }

    pub(crate) const fn unix_millis() -> u64 {
        0
    }

    pub(crate) fn in_ticks(seconds: &[f64]) -> Box<[u64]> {
        seconds
            .iter()
            .map(|seconds| (seconds * 1e9) as u64)
            .collect()
    }
}
