//! Durations against their buckets.

use std::sync::atomic::Ordering;

use crate::base::outcome::Outcome;
use crate::callsite::counters::fine::{
    Bounds, Fine, HIGHEST, LOWEST, ZERO_THRESHOLD, index, native_bounds,
};

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

#[test]
fn every_call_is_read_once() {
    static CLASSIC: [u64; 2] = [1_000, 1 << 20];
    let fine = Fine::new(&CLASSIC, 1_000);
    let count = |ticks| {
        let counter = fine.counter(Outcome::Ok, ticks);
        if let Some(quick) = fine.quick_counter(ticks) {
            assert!(std::ptr::eq(quick, counter), "{ticks}");
            assert!(ticks <= 1_000, "{ticks}");
        }
        counter.store(counter.load(Ordering::Relaxed) + 1, Ordering::Release);
    };
    let durations = || (0..60).flat_map(|octave| [1 << octave, (1_u64 << octave) + 1, 3 << octave]);
    durations().for_each(count);
    let (mut calls, mut last) = (0, None);
    fine.each(Outcome::Ok, |cell, here| {
        assert!(last < Some(cell), "{cell} after {last:?}");
        last = Some(cell);
        calls += here;
    });
    assert_eq!(calls, durations().count() as u64);
    fine.each(Outcome::Error, |_, _| panic!("no error"));
}

#[test]
fn a_quick_call_is_counted_where_any_other_is() {
    static CLASSIC: [u64; 3] = [700_000, 700_001, 1 << 30];
    let fine = Fine::new(&CLASSIC, 700_000);
    assert!(fine.quick_counter(600).is_none(), "the first of its result");
    let mut quick = 0;
    for ticks in (0..2_000).chain((0..9_000).map(|step| step * step / 100)) {
        let counter = fine.counter(Outcome::Ok, ticks);
        let before = counter.load(Ordering::Relaxed);
        let found = fine.quick_counter(ticks);
        let expected = before > 0 && ticks <= 700_000;
        assert_eq!(
            found.map(std::ptr::from_ref),
            expected.then_some(std::ptr::from_ref(counter)),
            "{ticks}"
        );
        quick += u64::from(expected);
        counter.store(before + 1, Ordering::Release);
    }
    assert!(quick > 9_000, "{quick}");
}
