//! The test kit, used as a user would: nothing is started, and tests run at the same time.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use monitor_runtime::testkit::{Capture, Seen, capture, capture_async};
use monitor_runtime::{Classify, monitored};
use tracing::Level;

#[derive(Debug, thiserror::Error, Classify)]
enum StoreError {
    #[error("no row with key {0}")]
    #[monitor(expected)]
    NotFound(u64),
    #[error("the disk is full")]
    Full(#[source] std::io::Error),
}

#[monitored(args(id))]
fn find(id: u64) -> Result<u64, StoreError> {
    match id {
        0..100 => Ok(id),
        100..200 => Err(StoreError::NotFound(id)),
        _ => Err(StoreError::Full(std::io::Error::other("28 bytes left"))),
    }
}

#[monitored]
fn double(id: u64) -> Result<u64, StoreError> {
    tracing::info!(id, "looking");
    Ok(find(id)? * 2)
}

#[monitored(level = "trace", log = false)]
async fn wait(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}

#[monitored]
fn explode() {
    panic!("boom {}", 7)
}

#[test]
fn calls_come_with_their_outcome_and_fields() {
    let (doubled, seen) = capture(|| double(21));
    assert_eq!(doubled.unwrap(), 42);
    seen.assert_calls(&[("find", "ok"), ("double", "ok")]);
    seen.call("find").assert_ok().assert_field("id", "21");
    assert_eq!(seen.call("double").module, module_path!());
    seen.assert_captured(&[]);
    let looking = seen.log_event("looking");
    assert_eq!(
        (looking.level, looking.field("id")),
        (Level::INFO, Some("21"))
    );
    assert_eq!(looking.spans[0].0, "double");
}

#[test]
fn an_error_is_captured_once_with_its_whole_chain() {
    let (_, seen) = capture(|| double(500));
    seen.assert_calls(&[("find", "error"), ("double", "error")]);
    seen.call("find")
        .assert_error("the disk is full: 28 bytes left")
        .assert_class("Full");
    seen.assert_captured(&["the disk is full: 28 bytes left"]);
    let errors: Vec<_> = seen
        .log
        .iter()
        .filter(|event| event.level == Level::ERROR)
        .collect();
    assert_eq!(errors.len(), 1, "{errors:#?}");
}

#[test]
fn an_expected_error_is_counted_and_not_captured() {
    let (_, seen) = capture(|| double(150));
    seen.call("double")
        .assert_error("no row with key 150")
        .assert_class("NotFound");
    seen.assert_captured(&[]);
}

#[test]
fn a_panic_is_a_call_and_a_capture() {
    let (caught, seen) = capture(|| catch_unwind(explode));
    assert!(caught.is_err());
    seen.call("explode").assert_panic("boom 7");
    seen.assert_captured(&["boom 7"]);
    assert_eq!(seen.captures[0].tags["function"], "explode");
}

#[tokio::test]
async fn futures_are_followed_between_their_polls() {
    let work = async {
        wait(5).await;
        double(1)
    };
    let (doubled, seen) = capture_async(work).await;
    assert_eq!(doubled.unwrap(), 2);
    seen.assert_calls(&[("wait", "ok"), ("find", "ok"), ("double", "ok")]);
    assert!(seen.call("wait").duration >= Duration::from_millis(5));

    let hurried = tokio::time::timeout(Duration::from_millis(1), wait(1000));
    let (_, seen) = capture_async(hurried).await;
    seen.call("wait").assert_cancelled();
}

#[tokio::test]
async fn captures_that_run_at_the_same_time_see_their_own() {
    let one = capture_async(async {
        wait(10).await;
        double(1)
    });
    let other = capture_async(async {
        wait(5).await;
        find(150)
    });
    let ((_, one), (_, other)) = futures_util::future::join(one, other).await;
    one.assert_calls(&[("wait", "ok"), ("find", "ok"), ("double", "ok")]);
    other.assert_calls(&[("wait", "ok"), ("find", "error")]);
}

#[test]
fn threads_take_a_capture_along() {
    let ((), seen) = capture(|| {
        let capture = Capture::current().expect("inside a capture");
        std::thread::scope(|scope| {
            scope.spawn(|| capture.scope(|| double(2)));
            scope.spawn(|| double(3));
        });
    });
    seen.assert_calls(&[("find", "ok"), ("double", "ok")]);
    assert!(Capture::current().is_none());
}

#[test]
fn an_assertion_that_fails_says_what_there_was() {
    fn message(check: impl FnOnce(&Seen)) -> String {
        let (_, seen) = capture(|| double(150));
        let failed = catch_unwind(AssertUnwindSafe(|| check(&seen))).expect_err("it must fail");
        failed
            .downcast_ref::<String>()
            .expect("a formatted message")
            .clone()
    }
    let said = message(|seen| _ = seen.call("fnd"));
    assert!(
        said.contains("0 calls of `fnd`") && said.contains("find error (NotFound) id=\"150\""),
        "{said}"
    );
    let said = message(|seen| _ = seen.call("find").assert_ok());
    assert!(
        said.contains("expected ok") && said.contains("no row with key 150"),
        "{said}"
    );
    let said = message(|seen| seen.assert_captured(&["no row"]));
    assert!(
        said.contains("expected captures [\"no row\"]; there were []"),
        "{said}"
    );
    let said = message(|seen| _ = seen.log_event("lookin for"));
    assert!(said.contains("INFO testkit: looking id=\"150\""), "{said}");
}

#[monitored]
async fn handle() {
    let (..) = tokio::join!(step("a", 3), step("b", 1));
    let late = tokio::time::timeout(Duration::from_millis(5), wait(60_000));
    assert!(late.await.is_err());
    let capture = Capture::current().expect("inside a capture");
    std::thread::spawn(move || capture.scope(|| find(1)))
        .join()
        .expect("no panic")
        .expect("a row");
    let caught = catch_unwind(explode);
    assert!(caught.is_err());
}

#[monitored(name = "step")]
async fn step(_: &str, milliseconds: u64) {
    wait(milliseconds).await;
    let _ = double(700);
}

#[monitored]
async fn in_time() {
    let late = tokio::time::timeout(Duration::from_millis(5), wait(60_000));
    assert!(late.await.is_err());
}

#[tokio::test]
async fn the_class_of_a_cancelled_call_is_the_reason() {
    let ((), seen) = capture_async(in_time()).await;
    seen.call("wait").assert_cancelled().assert_class("caller");
    assert_eq!(seen.call("wait").to_string(), "  wait cancelled (caller)");
    let given_up = async {
        let late = tokio::time::timeout(Duration::from_millis(5), wait(60_000));
        assert!(late.await.is_err());
    };
    let ((), seen) = capture_async(given_up).await;
    assert_eq!(seen.call("wait").assert_cancelled().class, None);
}

#[tokio::test]
async fn the_tree_shows_who_called_whom() {
    let ((), seen) = capture_async(handle()).await;
    let expected = "\
handle ok
  step ok
    wait ok
    double error
      find error
  step ok
    wait ok
    double error
      find error
  wait cancelled
  find ok
  explode error
";
    assert_eq!(seen.tree(), expected);
    let ((), seen) = capture(|| {
        let _ = find(1);
        let _ = double(2);
    });
    assert_eq!(seen.tree(), "find ok\ndouble ok\n  find ok\n");
}
