use super::*;

const STEP: Duration = Duration::from_secs(5);

fn count(failures: u64, calls: u64) -> Counts {
    Counts { calls, failures }
}

/// A process that counts for so many steps of 5 seconds; `each` is what a step adds.
fn past(steps: u32, each: impl Fn(u32) -> Counts) -> (Past, Instant, Counts) {
    let begun = Instant::now();
    let (mut past, mut total, mut now) = (Past::new(begun), Counts::default(), begun);
    for step in 1..=steps {
        now = begun + STEP * step;
        let new = each(step);
        total = count(total.failures + new.failures, total.calls + new.calls);
        past.remember(now, total);
    }
    (past, now, total)
}

#[test]
fn a_young_process_knows_all_it_did() {
    let (past, now, total) = past(10, |_| count(1, 4));
    for window in WINDOWS {
        assert_eq!(
            past.since(window, now, total),
            count(10, 40),
            "{}",
            window.name
        );
    }
}

#[test]
fn a_window_forgets_what_was_before_it() {
    // Two hours: failures in the first, none in the second.
    let (past, now, total) = past(1_440, |step| count(u64::from(step <= 720), 1));
    assert_eq!(past.since(M5, now, total), count(0, 60));
    let hour = past.since(H1, now, total);
    // A step of the window's, a minute, may come on top.
    assert!(
        hour.calls >= 720 && hour.calls <= 732 && hour.failures <= 12,
        "{hour:?}"
    );
    assert_eq!(past.since(H6, now, total), count(720, 1_440));
    assert_eq!(past.since(PERIOD, now, total), count(720, 1_440));
}

#[test]
fn memory_is_bounded() {
    let (past, ..) = past(200_000, |_| count(0, 1));
    for (window, samples) in &past.0 {
        assert!(samples.len() <= 62, "{}: {}", window.name, samples.len());
    }
}

#[test]
fn a_sleep_that_missed_samples_harms_nothing() {
    // A minute, which is a step of an hour's.
    let (mut past, now, total) = past(12, |_| count(1, 1));
    let later = now + Duration::from_secs(10 * 24 * 60 * 60);
    assert_eq!(past.since(H1, later, total), count(0, 0));
    past.remember(later, total);
    assert_eq!(past.since(H1, later, total), count(0, 0));
    assert_eq!(past.since(PERIOD, later, total), count(12, 12));
}
