//! Functions that an attribute must leave as they are, whose errors it may or may not know.

#![deny(warnings)]

use std::pin::Pin;
use std::rc::Rc;

use monitor_runtime::{Class, Classify, Objective, monitored};
use monitor_tests::scrape;

const KNOWN: Objective = Objective::new("known").success_rate(99.0);

mod errors {
    use super::Classify;

    #[derive(Debug, Classify)]
    pub(super) enum StoreError {
        Full,
        #[monitor(class = "gone")]
        Missing,
        #[monitor(ok)]
        Empty,
    }

    pub(super) type Result<T> = std::result::Result<T, StoreError>;

    /// Derives for an enum of these variants.
    macro_rules! variants {
        ($(tens: $($name:ident)*;)*) => {
            /// More classes than are shown beforehand.
            #[derive(Debug, Classify)]
            #[expect(dead_code, reason = "one is constructed")]
            pub(super) enum Many { $($($name,)*)* }
        };
    }
    variants! {
        tens: A0 A1 A2 A3 A4 A5 A6 A7 A8 A9;
        tens: B0 B1 B2 B3 B4 B5 B6 B7 B8 B9;
        tens: C0 C1 C2 C3 C4 C5 C6 C7 C8 C9;
        tens: D0 D1 D2 D3 D4;
    }
}

use errors::StoreError;

/// The classes of errors of a function on a page.
fn classes(function: &str) -> Vec<String> {
    let page = scrape();
    let of = [("function", function), ("result", "error")];
    let series = page.find("function_calls_total", &of);
    let classes = series.filter_map(|sample| sample.labels.get("error").cloned());
    let mut classes: Vec<String> = classes.collect();
    classes.sort();
    classes
}

#[monitored]
fn by_word() -> Result<(), StoreError> {
    Err(StoreError::Full)
}

#[monitored(objective = KNOWN)]
async fn by_path() -> Result<u64, errors::StoreError> {
    Err(errors::StoreError::Missing)
}

#[monitored]
fn by_alias() -> errors::Result<u64> {
    Err(StoreError::Empty)
}

#[monitored(objective = KNOWN)]
fn boxed() -> Result<(), Rc<StoreError>> {
    Ok(())
}

/// A parameter of the block, which the attribute on a method does not see.
struct Store<StoreError>(StoreError);

impl<StoreError: Copy> Store<StoreError> {
    #[monitored]
    fn shadowed(&self) -> Result<(), StoreError> {
        Err(self.0)
    }
}

struct Other<OtherError>(OtherError);

impl<OtherError: Copy> Other<OtherError> {
    #[monitored]
    fn generic(&self) -> Result<(), OtherError> {
        Err(self.0)
    }
}

trait Named {
    type Error;
}

impl Named for u8 {
    type Error = StoreError;
}

#[monitored]
impl<T: Named> Other<T> {
    fn associated(&self) -> Result<&Self, T::Error> {
        Ok(self)
    }

    #[expect(clippy::unused_self, reason = "a method whose error is `Self`")]
    fn itself(self) -> Result<(), Self> {
        Ok(())
    }
}

struct Lent<'a>(&'a str);

impl Classify for Lent<'_> {
    fn classify(&self) -> Class {
        Class::Error("lent")
    }
}

#[monitored(objective = KNOWN)]
fn lends(text: &str) -> Result<(), Lent<'_>> {
    Err(Lent(text))
}

struct Row;

#[monitored]
fn of_alias() -> errors::Result<Row> {
    Err(StoreError::Full)
}

#[monitored]
fn of_generic_alias<T, const N: usize>(rows: [T; N]) -> errors::Result<Option<[T; N]>> {
    Ok(Some(rows))
}

#[monitored]
fn by_future() -> impl Future<Output = Result<(), StoreError>> {
    async { Err(StoreError::Full) }
}

#[monitored]
fn by_boxed_future() -> Pin<Box<dyn Future<Output = Result<(), StoreError>>>> {
    Box::pin(async { Err(StoreError::Full) })
}

#[monitored]
fn of_many() -> Result<(), errors::Many> {
    Err(errors::Many::D4)
}

#[monitored]
fn io() -> std::io::Result<()> {
    Ok(())
}

#[monitored(objective = KNOWN)]
fn text() -> Result<(), String> {
    Ok(())
}

#[test]
fn classes_that_are_known_exist_before_the_first_call() {
    super::monitor();
    let known = ["by_word", "by_path", "by_alias", "boxed", "of_alias"];
    let more = ["of_generic_alias", "by_future", "by_boxed_future"];
    for function in known.into_iter().chain(more) {
        assert_eq!(classes(function), ["Full", "gone", "panic"], "{function}");
    }
    assert_eq!(classes("of_many").len(), 32 + 1, "{:?}", classes("of_many"));
    for function in ["lends", "text", "io", "Other<OtherError>::generic"] {
        assert!(
            classes(function).iter().all(|class| class == "panic"),
            "{function}"
        );
    }
    assert!(by_word().is_err() && monitor_tests::run(by_path()).is_err());
    assert!(by_alias().is_err() && boxed().is_ok() && text().is_ok());
    assert!(Store(1).shadowed().is_err() && Other(1).generic().is_err());
    assert!(Other(1u8).associated().is_ok_and(|other| other.0 == 1));
    assert!(Other(1u8).itself().is_ok());
    assert!(lends("x").is_err_and(|lent| lent.0 == "x"));
    assert!(of_alias().is_err() && of_generic_alias([1]).is_ok());
    assert!(monitor_tests::run(by_future()).is_err() && io().is_ok());
    assert!(monitor_tests::run(by_boxed_future()).is_err());
    let page = scrape();
    for (function, class) in [("by_word", "Full"), ("by_path", "gone"), ("lends", "lent")] {
        let labels = [("function", function), ("error", class)];
        let series = page.find("function_calls_total", &labels);
        let calls: Vec<u64> = series.map(monitor_tests::Sample::count).collect();
        assert_eq!(calls, [1], "{function}");
    }
    assert_eq!(classes("by_path"), ["Full", "gone", "panic"]);
    assert!(of_many().is_err_and(|error| format!("{error:?}") == "D4"));
    let many = classes("of_many");
    assert!(
        many.contains(&"D4".to_owned()) && many.len() == 34,
        "{many:?}"
    );
}
