//! Calls while they run, and how long they took.

use super::*;

#[monitored]
fn looks_at_itself() -> u64 {
    scrape().concurrent("looks_at_itself")
}

#[monitored]
async fn looks_at_itself_later() -> u64 {
    pause().await;
    scrape().concurrent("looks_at_itself_later")
}

#[monitored]
fn recursive(depth: u64) -> u64 {
    if depth == 0 {
        scrape().concurrent("recursive")
    } else {
        recursive(depth - 1)
    }
}

#[test]
fn a_running_call_is_in_flight() {
    assert_eq!(looks_at_itself(), 1, "the one that runs");
    assert_eq!(scrape().concurrent("looks_at_itself"), 0, "afterwards");
    assert_eq!(run(looks_at_itself_later()), 1, "the one that runs");
    assert_eq!(
        scrape().concurrent("looks_at_itself_later"),
        0,
        "afterwards"
    );
    assert_eq!(recursive(4), 5, "one per frame");
    assert_eq!(scrape().counts("recursive"), Counts::oks(5), "afterwards");
}

#[monitored]
fn naps() {
    std::thread::sleep(Duration::from_millis(60));
}

#[monitored]
async fn naps_and_fails() -> Result<(), &'static str> {
    tokio::time::sleep(Duration::from_millis(60)).await;
    Err("overslept")
}

#[monitored]
async fn naps_for_ever() {
    tokio::time::sleep(Duration::from_secs(60)).await;
}

/// One call that took at least 60 ms and at most as long as the test saw.
fn one_nap(function: &str, result: &str, seen: Duration) {
    let page = scrape();
    assert_eq!(page.count(function, result), 1, "{function} {result}");
    let sum = page.sum(function, result);
    // The clocks differ by less than a part in a thousand.
    let plausible = 0.059..=seen.as_secs_f64() * 1.001 + 0.001;
    assert!(
        plausible.contains(&sum),
        "{function} took {sum} s, not {plausible:?}"
    );
    let buckets = page.buckets(function, result);
    assert_eq!(buckets.len(), 18, "17 bounds and +Inf: {buckets:?}");
    for (bound, calls) in buckets {
        let expected = u64::from(sum <= bound);
        assert_eq!(calls, expected, "{function}, {sum} s in le={bound}");
    }
}

#[tokio::test]
async fn a_duration_is_in_its_bucket() {
    let began = Instant::now();
    naps();
    one_nap("naps", "ok", began.elapsed());
    let began = Instant::now();
    naps_and_fails().await.expect_err("it overslept");
    one_nap("naps_and_fails", "error", began.elapsed());
    let began = Instant::now();
    // It begins before the nap, however late this thread goes on.
    let mut call = Box::pin(naps_for_ever());
    assert!(poll(call.as_mut()).is_pending());
    tokio::time::sleep(Duration::from_millis(60)).await;
    drop(call);
    one_nap("naps_for_ever", "cancelled", began.elapsed());
}
