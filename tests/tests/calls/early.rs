//! Calls made before `start()`: they are on the first page.

use std::panic::catch_unwind;

use monitor_runtime::monitored;
use monitor_tests::{Counts, alone, log, poll, run, scrape};

#[monitored(fields(answer = 42))]
fn early(fail: bool) -> Result<(), &'static str> {
    if fail { Err("too early") } else { Ok(()) }
}

#[monitored]
fn early_panic() {
    panic!("much too early");
}

#[monitored]
async fn early_future() {
    monitor_tests::pause().await;
}

#[test]
fn calls_before_the_start_are_kept() {
    alone!();
    early(false).expect("ok");
    early(true).expect_err("an error");
    let thread = std::thread::spawn(|| {
        early(false).expect("ok");
        catch_unwind(early_panic).expect_err("it panics");
    });
    thread.join().expect("the thread ends");
    run(early_future());
    let mut cancelled = Box::pin(early_future());
    assert!(poll(cancelled.as_mut()).is_pending());
    drop(cancelled);
    let mut pending = Box::pin(early_future());
    assert!(poll(pending.as_mut()).is_pending());

    // A later subscriber sees later calls.
    let log = log();
    assert!(log.completions("early").is_empty(), "nothing listened");
    let page = scrape();
    let both = Counts {
        error: 1,
        timed_error: 1,
        ..Counts::oks(2)
    };
    assert_eq!(page.counts("early"), both, "by two threads, one ended");
    assert_eq!(page.counts("early_panic"), Counts::panics(1));
    let three = Counts {
        cancelled: 1,
        timed_cancelled: 1,
        concurrent: 1,
        ..Counts::oks(1)
    };
    assert_eq!(page.counts("early_future"), three, "one still runs");
    for (function, result) in [("early", "ok"), ("early_panic", "error")] {
        let sum = page.sum(function, result);
        let sane = sum > 0.0 && sum < 10.0;
        assert!(sane, "{function} was timed before the start: {sum} s");
    }

    assert!(poll(pending.as_mut()).is_ready());
    assert_eq!(scrape().counts("early_future").ok, 2, "it ends after it");
    let event = log.completion("early_future");
    assert_eq!(event.text("result"), "ok", "a call begun before the start");
    early(false).expect("ok");
    let event = log.completion("early");
    assert_eq!(event.fields["answer"], 42, "a call after the start");
}
