//! No caller waits for Sentry, and no event is lost for that.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use monitor_runtime::monitored;
use monitor_tests::alone;
use monitor_tests::process::{Sentry, wait_for};

/// Longer than any call of these takes on a busy machine, and shorter than what it would wait for.
const AT_ONCE: Duration = Duration::from_millis(150);

#[monitored(sentry(throttle = false))]
fn fails(text: &str) -> Result<(), String> {
    Err(text.to_owned())
}

#[monitored(sentry(throttle = false))]
fn panics() {
    panic!("on purpose")
}

fn has(sentry: &Sentry, text: &str) -> bool {
    let events = sentry.events();
    events.iter().any(|event| event.to_string().contains(text))
}

/// The shortest of a few: the machine may be busy with others.
fn shortest(mut call: impl FnMut()) -> Duration {
    let once = |_| {
        let began = Instant::now();
        call();
        began.elapsed()
    };
    (0..3).map(once).min().unwrap_or_default()
}

#[test]
fn calls_return_at_once_and_events_arrive() {
    alone!();
    let sentry = Sentry::start();
    let (jobs, todo) = mpsc::channel::<String>();
    let (done, ready) = mpsc::channel();
    // A worker that lives longer than one start, as those of a tokio runtime do.
    let worker = thread::spawn(move || {
        for job in todo {
            sentry::configure_scope(|scope| scope.set_tag("job", &job));
            let _ = fails(&job);
            done.send(()).expect("the test waits");
        }
    });
    for round in ["first", "second", "third"] {
        let builder = monitor_runtime::builder!().addr("off");
        let monitor = builder.sentry_dsn(sentry.dsn()).start_blocking();
        let monitor = monitor.expect("the runtime starts");
        // Symbols are being looked up meanwhile.
        let began = Instant::now();
        let _ = fails(&format!("at once in the {round} round"));
        assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
        jobs.send(format!("{round} job")).expect("the worker works");
        ready.recv().expect("it fails");
        monitor.shutdown_blocking();
        assert!(has(&sentry, &format!("at once in the {round} round")));
        assert!(has(&sentry, &format!("{round} job")), "of an older thread");
    }
    let jobs_of = sentry.events().into_iter();
    let jobs_of = jobs_of.filter(|event| event["tags"]["job"].is_string());
    assert_eq!(jobs_of.count(), 3, "with the scope of its thread");
    drop(jobs);
    worker.join().expect("no panic");
    lines_of_calls(&sentry);
    code_of_the_users_that_hangs(&sentry);
}

#[monitored(sentry(throttle = false))]
fn logs_and(then: impl FnOnce()) -> Result<(), String> {
    tracing::error!("the bank is gone");
    then();
    Err("the bank is gone".into())
}

/// The event of a line that a function returns as its error is the error's; that of a line in a call
/// which goes on is sent meanwhile.
fn lines_of_calls(sentry: &Sentry) {
    let tell = || {
        let events = sentry.events().into_iter();
        let of_bank = events.filter(|event| event.to_string().contains("the bank is gone"));
        let lines = of_bank.map(|event| event["message"].is_string());
        lines.collect::<Vec<_>>()
    };
    let builder = monitor_runtime::builder!().addr("off");
    let monitor = builder.sentry_dsn(sentry.dsn()).start_blocking();
    let monitor = monitor.expect("the runtime starts");
    let _ = logs_and(|| {});
    let client = sentry::Hub::main().client().expect("a client is bound");
    client.flush(Some(Duration::from_secs(20)));
    assert_eq!(tell(), [false], "the error's");
    let _ = logs_and(|| wait_for("the line", || (tell().len() > 1).then_some(())));
    monitor.shutdown_blocking();
    assert_eq!(tell(), [false, true, false], "the line's, then the error's");
}

fn code_of_the_users_that_hangs(sentry: &Sentry) {
    static HANG: AtomicBool = AtomicBool::new(true);
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let builder = monitor_runtime::builder!().addr("off");
    let monitor = builder.sentry_dsn(sentry.dsn()).start_blocking();
    let monitor = monitor.expect("the runtime starts");
    sentry::configure_scope(|scope| {
        scope.add_event_processor(|event| {
            if ASKED.fetch_add(1, Ordering::SeqCst) == 0 {
                while HANG.load(Ordering::SeqCst) {
                    thread::sleep(Duration::from_millis(10));
                }
            }
            Some(event)
        });
    });
    let _ = fails("held up");
    wait_for("the processor", || {
        (ASKED.load(Ordering::SeqCst) > 0).then_some(())
    });
    let quickly = shortest(|| drop(fails("behind it")));
    assert!(quickly < AT_ONCE, "{quickly:?}");
    let panicking = shortest(|| {
        thread::spawn(panics).join().expect_err("it panics");
    });
    assert!(panicking < AT_ONCE, "{panicking:?}");
    wait_for("the events behind it", || {
        // A later event finds that the thread hangs.
        let _ = fails("behind it, later");
        thread::sleep(Duration::from_millis(50));
        (has(sentry, "behind it") && has(sentry, "on purpose")).then_some(())
    });
    assert!(!has(sentry, "held up"));
    HANG.store(false, Ordering::SeqCst);
    wait_for("the event that was held up", || {
        has(sentry, "held up").then_some(())
    });

    // A scope is the one of the moment, though its event is made later.
    for tag in ["one", "two", "three"] {
        sentry::configure_scope(|scope| scope.set_tag("moment", tag));
        let _ = fails(&format!("moment {tag}"));
    }
    sentry::configure_scope(|scope| scope.set_tag("moment", "after"));
    let client = sentry::Hub::main().client().expect("a client is bound");
    client.flush(Some(Duration::from_secs(20)));
    monitor.shutdown_blocking();
    for tag in ["one", "two", "three"] {
        let events = sentry.events().into_iter();
        let text = format!("moment {tag}");
        let mut events =
            events.filter(|event| event["exception"]["values"][0]["value"] == text.as_str());
        let event = events.next().expect("the event");
        assert_eq!(event["tags"]["moment"], tag);
        let frames = event["exception"]["values"][0]["stacktrace"]["frames"].to_string();
        assert!(frames.contains("sentry::waits::fails"), "{frames}");
    }
}
