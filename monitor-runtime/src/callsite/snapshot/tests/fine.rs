//! Durations against their buckets.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::base::outcome::Outcome;
use crate::callsite::counters::fine::bounds::{HIGHEST, LOWEST, ZERO_THRESHOLD, native_bounds};
use crate::callsite::counters::fine::{Bounds, Fine, index};

/// Ticks of a nanosecond.
fn ticks(seconds: &[f64]) -> Vec<u64> {
    let ticks = seconds.iter().map(|seconds| (seconds * 1e9).floor());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "less than 2^53"
    )]
    ticks.map(|ticks| ticks as u64).collect()
}

fn bounds(classic: &[f64]) -> Bounds {
    Bounds::new(&ticks(classic), &ticks(&native_bounds()))
}

/// Returns the native bucket of a duration as the definition of schema 3 has it, by exact powers.
fn expected(nanoseconds: u64) -> Option<i32> {
    #[expect(clippy::cast_precision_loss, reason = "less than 2^53")]
    let seconds = nanoseconds as f64 / 1e9;
    if seconds <= ZERO_THRESHOLD {
        return None;
    }
    let upper = |index: i32| 2_f64.powf(f64::from(index) / 8.0);
    let index = (LOWEST..=HIGHEST).find(|index| seconds <= upper(*index));
    Some(index.unwrap_or(HIGHEST + 1))
}

#[test]
fn a_bucket_is_that_of_the_exact_power() {
    let bounds = bounds(&[0.0005, 0.001, 1.0, 10.0]);
    let native = |nanoseconds| index(bounds.place(bounds.cell(nanoseconds)).1);
    let at_bounds = ticks(&native_bounds()).into_iter();
    let near = at_bounds.flat_map(|bound| [bound.saturating_sub(1), bound, bound + 1]);
    let spread = (0..2_000).map(|step: u64| 1 + (step * step * step) / 7 * 1_009);
    for nanoseconds in near.chain(spread).chain([0, 1, 2, u64::MAX >> 1]) {
        assert_eq!(
            native(nanoseconds),
            expected(nanoseconds),
            "{nanoseconds} ns"
        );
    }
    // Inclusive above, exclusive below: one second is 2^0.
    assert_eq!(native(1_000_000_000), Some(0));
    assert_eq!(native(1_000_000_001), Some(1));
    assert_eq!(native(500_000_000), Some(-8));
    assert_eq!(native(0), None);
}

#[test]
fn a_cell_lies_in_the_classic_bucket_of_its_durations() {
    let classic = [0.000_1, 0.25, 0.250_000_001, 0.3, 1.0, 7.5, 5_000.0];
    let bounds = bounds(&classic);
    let classic = ticks(&classic);
    for bound in [classic.clone(), ticks(&native_bounds())].concat() {
        for duration in [bound.saturating_sub(1), bound, bound + 1] {
            let bucket = classic.partition_point(|bound| *bound < duration);
            assert_eq!(bounds.place(bounds.cell(duration)).0, bucket, "{duration}");
        }
    }
}

#[test]
fn a_coarse_bucket_is_never_shown_as_faster() {
    let bounds = bounds(&[0.3, 1.0]);
    let native = [0, 1, 2].map(|bucket| index(bounds.native_of(bucket)));
    // 2^(-13/8) is 0.324.
    assert_eq!(native, [Some(-13), Some(0), Some(HIGHEST + 1)]);
}

/// Returns the calls by cell.
fn cells(fine: &Fine) -> BTreeMap<usize, u64> {
    let mut cells = BTreeMap::new();
    fine.each(Outcome::Ok, |cell, calls| {
        *cells.entry(cell).or_default() += calls;
    });
    cells.retain(|_, calls| *calls > 0);
    cells
}

#[test]
fn every_call_is_read_once_and_at_once() {
    static CLASSIC: [u64; 2] = [1_000, 1 << 20];
    let fine = Fine::new(&CLASSIC, 1_000);
    let durations = (0..60).flat_map(|octave| [1 << octave, (1_u64 << octave) + 1, 3 << octave]);
    let mut expected = BTreeMap::new();
    for ticks in durations.clone().chain([600; 5]).chain(durations) {
        fine.count_ok(ticks);
        *expected
            .entry(Bounds::beside(&CLASSIC).cell(ticks))
            .or_default() += 1;
        assert_eq!(cells(&fine), expected, "{ticks}");
    }
    fine.each(Outcome::Error, |_, _| panic!("no error"));
}

#[test]
fn a_quick_call_is_counted_where_any_other_is() {
    static CLASSIC: [u64; 3] = [700_000, 700_001, 1 << 30];
    let (quick, slow) = (Fine::new(&CLASSIC, 700_000), Fine::new(&CLASSIC, 0));
    for ticks in (0..2_000).chain((0..9_000).map(|step| step * step / 100)) {
        assert_eq!(quick.count_quickly(ticks), ticks <= 700_000, "{ticks}");
        if ticks <= 700_000 {
            slow.count_ok(ticks);
        }
    }
    assert_eq!(cells(&quick), cells(&slow));
}

#[test]
fn no_cell_falls_while_its_owner_counts() {
    static CLASSIC: [u64; 1] = [1 << 30];
    const CALLS: u64 = 2_000_000;
    let fine = Fine::new(&CLASSIC, 1 << 30);
    let ended = AtomicU64::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for call in 0..CALLS {
                // Now and then in one cell for a while, else from cell to cell.
                fine.count_ok(if call & 1024 == 0 {
                    500
                } else {
                    300 + call % 700
                });
                ended.store(call + 1, Ordering::Release);
            }
        });
        let mut before = BTreeMap::new();
        while ended.load(Ordering::Acquire) < CALLS {
            let at_least = ended.load(Ordering::Acquire);
            let now = cells(&fine);
            for (cell, calls) in &before {
                assert!(now.get(cell) >= Some(calls), "cell {cell} fell");
            }
            let all: u64 = now.values().sum();
            assert!(all >= at_least, "{all} of {at_least}");
            before = now;
        }
    });
    assert_eq!(cells(&fine).values().sum::<u64>(), CALLS);
}
