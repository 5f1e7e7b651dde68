use super::*;
#[test]
fn bounds_rise() {
    for bounds in [&BUCKETS[..], FAST_BUCKETS, SLOW_BUCKETS] {
        assert!(bounds.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
