//! Lines of the service's own that tell of an error.

use futures_util::FutureExt;

use super::*;

fn events(seen: &Seen) -> Vec<String> {
    let title = |event: &sentry::protocol::Event<'_>| {
        let error = event.exception.last();
        let error = error.and_then(|error| error.value.clone());
        event.message.clone().or(error).unwrap_or_default()
    };
    seen.captures.iter().map(title).collect()
}

#[monitored]
fn logs_it(how: u8) -> u64 {
    let Err(error) = find(7) else { return 1 };
    match how {
        0 => tracing::error!(?error, "cannot find"),
        1 => tracing::error!(%error, "cannot find"),
        2 => tracing::error!("cannot find: {error}"),
        3 => tracing::error!(error = &error as &dyn Error, "cannot find"),
        4 => tracing::error!(error = ?AppError::from(error), "cannot find"),
        5 => tracing::error!("{:?}", anyhow::Error::from(error).context("outer")),
        _ => tracing::error!("something else is wrong"),
    }
    0
}

#[test]
fn a_line_on_an_error_that_sentry_has_is_a_breadcrumb() {
    for how in 0..6 {
        let (_, seen) = capture(|| logs_it(how));
        assert_eq!(events(&seen), ["no row with key 7"], "line {how}");
    }
    let (_, seen) = capture(|| logs_it(6));
    assert_eq!(
        events(&seen),
        ["no row with key 7", "something else is wrong"]
    );
}

#[monitored]
async fn logs_it_later() -> Result<(), AppError> {
    let found = find_later(7).await;
    pause().await;
    if let Err(error) = found {
        tracing::error!(%error, "cannot find");
    }
    Err(AppError::other())
}

#[test]
fn in_a_later_poll_too_and_it_is_a_breadcrumb_of_the_next_event() {
    let (_, seen) = run(capture_async(logs_it_later()));
    assert_eq!(
        events(&seen),
        ["no row with key 7", "no template for fallback"]
    );
    let crumbs = seen.captures[1].breadcrumbs.iter();
    let crumbs: Vec<_> = crumbs.filter_map(|crumb| crumb.message.clone()).collect();
    assert_eq!(crumbs, ["no row with key 7", "cannot find"]);
}

#[monitored(sentry = false)]
fn is_not_sent() -> Result<(), NotFound> {
    Err(NotFound(9))
}

#[monitored]
fn logs_what_is_not_sent() {
    if let Err(error) = is_not_sent() {
        tracing::error!(%error, "cannot find");
    }
}

#[test]
fn a_line_on_an_error_that_sentry_has_not_is_an_event() {
    let ((), seen) = capture(logs_what_is_not_sent);
    assert_eq!(events(&seen), ["cannot find"]);
}

#[test]
fn a_worker_that_logs_what_its_job_returned() {
    let ((), seen) = capture(|| {
        for key in 0..2 {
            if let Err(error) = find(key) {
                tracing::error!(%error, "the job failed");
            }
        }
        tracing::error!("no row with key 1");
        find(2).expect_err("no row");
        plain::by_question_mark().expect_err("no row");
        tracing::error!("no row with key 2");
    });
    let expected = [
        "no row with key 0",
        "no row with key 1",
        "no row with key 2",
        "no row with key 7",
        "no row with key 2",
    ];
    assert_eq!(events(&seen), expected);
}

#[test]
fn an_error_in_a_field_is_an_exception_with_its_sources() {
    let ((), seen) = capture(|| {
        let error = AppError::from(NotFound(3));
        tracing::error!(order = 3, err = &error as &dyn Error, "saving");
    });
    let [event] = &seen.captures[..] else {
        panic!("{:#?}", seen.captures)
    };
    assert_eq!(event.message.as_deref(), Some("saving"));
    let exceptions = event.exception.iter();
    let exceptions: Vec<_> = exceptions
        .map(|link| (link.ty.as_str(), link.value.as_deref().unwrap_or_default()))
        .collect();
    let expected = [
        ("NotFound", "no row with key 3"),
        ("Read", "the order cannot be read"),
    ];
    assert_eq!(exceptions, expected);
    assert!(event.exception[1].stacktrace.is_some());
    let ((), seen) = capture(|| tracing::error!(err = %NotFound(3), "saving"));
    assert!(seen.captures[0].exception.is_empty(), "text is text");
}

/// The actions of a function after it has logged an error.
#[derive(Clone, Copy, Debug)]
enum Then {
    Returns,
    Wraps,
    Recovers,
    ReturnsAnother,
    Panics,
}

#[monitored]
async fn logs_and(how: u8, waits: bool, then: Then) -> anyhow::Result<u64> {
    let error = NotFound(7);
    match how {
        0 => tracing::error!(?error, "cannot find"),
        1 => tracing::error!(%error, "cannot find"),
        2 => tracing::error!("cannot find: {error}"),
        3 => tracing::error!(error = &error as &dyn Error, "cannot find"),
        _ => tracing::error!("{error}"),
    }
    if waits {
        pause().await;
    }
    match then {
        Then::Returns => Err(error)?,
        Then::Wraps => Err(error).context("no row with key 7, of all keys"),
        Then::Recovers => Ok(0),
        Then::ReturnsAnother => Err(NotFound(70))?,
        Then::Panics => panic!("another bug"),
    }
}

#[test]
fn a_line_on_the_error_that_its_function_returns_is_a_breadcrumb() {
    for how in 0..5 {
        for waits in [false, true] {
            let (_, seen) = run(capture_async(logs_and(how, waits, Then::Returns)));
            assert_eq!(events(&seen), ["no row with key 7"], "line {how}");
            let crumbs = seen.captures[0].breadcrumbs.iter();
            assert_eq!(crumbs.count(), 1, "line {how}");
            let exception = seen.captures[0].exception.last().expect("an error's");
            assert_eq!(exception.ty, "NotFound", "line {how}");
        }
    }
}

#[test]
fn a_line_on_anything_else_is_an_event() {
    for (then, wanted) in [
        (Then::Wraps, &["no row with key 7, of all keys"][..]),
        (Then::Recovers, &[]),
        (Then::ReturnsAnother, &["no row with key 70"]),
        (Then::Panics, &["another bug"]),
    ] {
        for waits in [false, true] {
            let call = std::panic::AssertUnwindSafe(logs_and(1, waits, then));
            let (_, seen) = run(capture_async(call.catch_unwind()));
            let events = events(&seen);
            let (line, rest) = events.split_first().expect("the line's");
            assert_eq!(
                (line.as_str(), rest),
                ("cannot find", &to_owned(wanted)[..]),
                "{then:?}"
            );
        }
    }
    let cancelled = async { logs_and(1, true, Then::Returns).now_or_never() };
    let (_, seen) = run(capture_async(cancelled));
    assert_eq!(events(&seen), ["cannot find"]);
}

fn to_owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[monitored(sentry = false)]
fn logs_and_is_not_sent() -> Result<u64, NotFound> {
    let error = NotFound(7);
    tracing::error!(%error, "cannot find");
    Err(error)
}

#[monitored]
fn returns_what_another_function_logged() -> Result<u64, NotFound> {
    let _ = logs_and_recovers();
    Err(NotFound(7))
}

#[monitored]
fn logs_and_recovers() -> u64 {
    tracing::error!(error = %NotFound(7), "cannot find");
    0
}

#[monitored]
fn logs_each_attempt() -> Result<u64, NotFound> {
    for _ in 0..3 {
        tracing::error!(error = %NotFound(7), "cannot find");
    }
    Err(NotFound(7))
}

/// Another error with the text of the first, as a source.
#[monitored]
fn logs_one_of_two_with_a_source() -> Result<u64, AppError> {
    let error = AppError::from(NotFound(6));
    tracing::error!(error = &error as &dyn Error, "cannot find");
    Err(AppError::from(NotFound(7)))
}

#[test]
fn one_line_goes_for_one_error_of_the_same_function() {
    let (_, seen) = capture(logs_and_is_not_sent);
    assert_eq!(events(&seen), ["cannot find"]);
    let (_, seen) = capture(returns_what_another_function_logged);
    assert_eq!(events(&seen), ["cannot find", "no row with key 7"]);
    let (_, seen) = capture(logs_each_attempt);
    assert_eq!(
        events(&seen),
        ["cannot find", "cannot find", "no row with key 7"]
    );
    let (_, seen) = capture(logs_one_of_two_with_a_source);
    assert_eq!(events(&seen), ["cannot find", "the order cannot be read"]);
}
