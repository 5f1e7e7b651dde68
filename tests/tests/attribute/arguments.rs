//! Tests what `args(..)` records of errors without a type, which may be lent.

use std::error::Error;
use std::io;

use monitor_runtime::monitored;
use monitor_runtime::testkit::{capture, capture_async};

#[monitored(args(lent, boxed, some, none))]
fn report(
    lent: &(dyn Error + Send + Sync),
    boxed: Box<dyn Error + '_>,
    some: Option<&dyn Error>,
    none: Option<&dyn Error>,
) -> usize {
    let shown = [lent.to_string(), boxed.to_string()];
    let maybe = [some, none].into_iter().flatten().map(ToString::to_string);
    shown.into_iter().chain(maybe).map(|text| text.len()).sum()
}

#[monitored(args(lent))]
async fn report_later(lent: &mut dyn Error) -> usize {
    lent.to_string().len()
}

/// An error that borrows.
#[derive(Debug)]
struct Lent<'a>(&'a str);

impl std::fmt::Display for Lent<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no {}", self.0)
    }
}

impl Error for Lent<'_> {}

#[tokio::test]
async fn errors_that_borrow_are_recorded_by_their_text() {
    let text = String::from("row");
    let error = io::Error::other("the disk is full");
    let (bytes, seen) = capture(|| {
        let lent = Lent(&text);
        report(&error, Box::new(Lent(&text)), Some(&lent), None)
    });
    assert_eq!(bytes, 28);
    seen.call("report")
        .assert_field("lent", "the disk is full")
        .assert_field("boxed", "no row")
        .assert_field("some", "no row")
        .assert_field("none", "");
    let mut lent = Lent(&text);
    let (_, seen) = capture_async(report_later(&mut lent)).await;
    seen.call("report_later").assert_field("lent", "no row");
}
