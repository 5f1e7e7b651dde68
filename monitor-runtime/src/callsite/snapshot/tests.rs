//! Sums of what one thread counts.

mod fine;

use super::*;
use crate::callsite::Site;
use crate::callsite::counters::Shard;

/// A call that takes a quarter of what 64 bits hold.
const LONG: u64 = 1 << 62;

fn ticks(source: &Source) -> u128 {
    let mut tally = Snapshot::default();
    tally.read(std::slice::from_ref(source));
    tally.ticks(Outcome::Ok)
}

#[test]
fn the_sum_of_durations_outlives_64_bits() {
    static SITE: Site = Site::new(|| "", "m");
    let shard = Shard::claim(&SITE, 0);
    let source = Source::new(&SITE, 0);
    for calls in 1..=1000 {
        shard.started();
        shard.ended(Outcome::Ok, None, LONG, None);
        assert_eq!(ticks(&source), calls * u128::from(LONG));
    }
}

#[test]
fn the_short_way_may_pass_a_half_that_it_does_not_note() {
    static SITE: Site = Site::new(|| "", "m");
    let shard = Shard::claim(&SITE, 0);
    let source = Source::new(&SITE, 0);
    let mut sum = 0;
    for _ in 0..10 {
        for _ in 0..3 {
            shard.started();
            shard.ended_quickly(LONG - 1);
            sum += u128::from(LONG - 1);
            assert_eq!(ticks(&source), sum);
            shard.started();
            shard.ended(Outcome::Ok, None, 7, None);
            sum += 7;
            assert_eq!(ticks(&source), sum);
        }
    }
}
