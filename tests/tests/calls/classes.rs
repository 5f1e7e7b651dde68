//! Tests classes of errors: by derive, by trait and by type, and their effect on log and events.

use monitor_runtime::{Class, Classify, monitored};
use monitor_tests::{log, pause, run, scrape};
use tracing::Level;

#[derive(Debug, thiserror::Error, Classify)]
enum Payment {
    #[error("the bank does not answer")]
    BankDown,
    #[error("declined: {0}")]
    #[monitor(expected)]
    Declined(&'static str),
    #[error("not stored")]
    #[monitor(class = "Storage")]
    Db {
        #[source]
        source: std::io::Error,
    },
    #[error(transparent)]
    #[monitor(transparent)]
    Order(#[from] OrderLost),
}

#[derive(Debug, thiserror::Error, Classify)]
#[error("the order is lost")]
struct OrderLost;

/// Shows nothing of itself, and has a class all the same.
#[derive(Classify)]
#[monitor(expected)]
enum Mute<T> {
    #[monitor(transparent)]
    Inner(T),
    #[expect(dead_code, reason = "its arm is what is compiled")]
    r#Other,
}

/// `function_calls_total` of errors of a function that were counted: by class, those without under `""`.
fn errors(function: &str) -> Vec<(String, f64)> {
    log();
    let page = scrape();
    let labels = [("function", function), ("result", "error")];
    let found = page.find("function_calls_total", &labels);
    let class = |labels: &monitor_tests::Labels| labels.get("error").cloned().unwrap_or_default();
    found
        .map(|sample| (class(&sample.labels), sample.value))
        .filter(|(_, value)| *value > 0.0)
        .collect()
}

macro_rules! assert_errors {
    ($function:literal, [$(($class:literal, $count:literal)),*]) => {
        let expected: Vec<(String, f64)> = vec![$(($class.into(), $count.into())),*];
        assert_eq!(errors($function), expected, $function);
    };
}

#[monitored]
fn pay(error: Payment) -> Result<(), Payment> {
    Err(error)
}

#[monitored]
async fn pay_later(error: Payment) -> Result<(), Payment> {
    pause().await;
    Err(error)
}

#[test]
fn a_derived_error_is_counted_under_its_variant() {
    let db = || Payment::Db {
        source: std::io::Error::other("full"),
    };
    for error in [
        Payment::BankDown,
        Payment::Declined("a"),
        db(),
        OrderLost.into(),
    ] {
        let _ = pay(error);
    }
    for error in [Payment::Declined("b"), Payment::Declined("c")] {
        let _ = run(pay_later(error));
    }
    assert_errors!(
        "pay",
        [
            ("BankDown", 1),
            ("Declined", 1),
            ("OrderLost", 1),
            ("Storage", 1)
        ]
    );
    assert_errors!("pay_later", [("Declined", 2)]);
}

#[monitored]
fn mute(error: OrderLost) -> Result<(), Mute<OrderLost>> {
    Err(Mute::Inner(error))
}

#[monitored]
fn generic<E: Classify>(error: E) -> Result<(), E> {
    Err(error)
}

#[monitored]
fn open<E>(error: E) -> Result<(), E> {
    Err(error)
}

#[test]
fn a_class_is_seen_where_the_bounds_let_it() {
    let _ = (mute(OrderLost), generic(OrderLost), open(OrderLost));
    assert_errors!("mute", [("OrderLost", 1)]);
    assert_errors!("generic", [("OrderLost", 1)]);
    assert_errors!("open", [("", 1)]);
}

struct Level7;

impl Classify for Level7 {
    fn classify(&self) -> Class {
        Class::Error("seven \"quoted\"")
    }
}

#[monitored]
fn value() -> Level7 {
    Level7
}

#[monitored]
fn respond(status: u16) -> http::Response<String> {
    let mut response = http::Response::new("secret".to_owned());
    *response.status_mut() = http::StatusCode::from_u16(status).expect("a status");
    response
}

#[monitored]
async fn respond_or_reject(status: u16) -> Result<impl warp::Reply, warp::Rejection> {
    match status {
        0 => Err(warp::reject::not_found()),
        1 => Err(warp::reject::custom(Wrong)),
        status => Ok(http::StatusCode::from_u16(status).expect("a status")),
    }
}

type Inner = Result<u8, String>;
type Lent<'a> = &'a Inner;

#[monitored]
fn lent(inner: &Inner) -> Lent<'_> {
    inner
}

#[monitored]
fn in_a_box(inner: &Inner) -> Box<Inner> {
    Box::new(inner.clone())
}

#[monitored]
fn next(inner: &Inner) -> Option<Inner> {
    Some(inner.clone())
}

#[monitored(error_if = |next| matches!(next, Some(Err(_))))]
fn next_good(inner: &Inner) -> Option<Inner> {
    Some(inner.clone())
}

#[test]
fn a_result_inside_of_something_is_a_value() {
    let inner = Err("no".to_owned());
    assert!(lent(&inner).is_err() && in_a_box(&inner).is_err());
    assert!(next(&inner).is_some() && next_good(&inner).is_some());
    assert_errors!("lent", []);
    assert_errors!("in_a_box", []);
    assert_errors!("next", []);
    assert_errors!("next_good", [("", 1)]);
}

#[derive(Debug)]
struct Wrong;
impl warp::reject::Reject for Wrong {}

#[test]
fn a_value_can_be_an_error() {
    value();
    assert_errors!("value", [("seven \"quoted\"", 1)]);
    for status in [200, 404, 500, 503, 503, 599] {
        respond(status);
    }
    assert_errors!("respond", [("500", 1), ("503", 2), ("599", 1)]);
    for status in [0, 1, 200, 503] {
        let _ = run(respond_or_reject(status));
    }
    assert_errors!("respond_or_reject", [("503", 1), ("rejection", 1)]);
}

#[monitored]
fn inner(error: Payment) -> Result<(), Payment> {
    Err(error)
}

#[monitored]
fn outer(error: Payment) -> Result<(), Payment> {
    inner(error)
}

#[test]
fn an_expected_error_is_no_error_line() {
    let log = log();
    let _ = outer(Payment::Declined("no money left"));
    let _ = outer(Payment::BankDown);
    let lines = |text: &str| {
        let about = |event: &monitor_tests::Event| event.text("error") == text;
        log.events(about)
    };
    let declined = lines("declined: no money left");
    let found: Vec<_> = declined
        .iter()
        .map(|event| {
            (
                event.text("function"),
                event.level,
                event.text("error_class"),
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            ("inner", Level::INFO, "Declined"),
            ("outer", Level::INFO, "Declined")
        ]
    );
    let down = lines("the bank does not answer");
    let levels: Vec<_> = down.iter().map(|event| event.level).collect();
    assert!(levels.contains(&Level::ERROR), "{levels:?}");
    let secret = log.events(|event| format!("{event:?}").contains("secret"));
    assert!(secret.is_empty(), "{secret:?}");
}

#[monitored]
fn many(classes: &[&'static str], which: usize) -> Result<(), Named> {
    Err(Named(classes[which]))
}

struct Named(&'static str);

impl Classify for Named {
    fn classify(&self) -> Class {
        Class::Error(self.0)
    }
}

#[test]
fn classes_are_bounded_and_a_thread_that_ends_keeps_its_counts() {
    let names: Vec<&'static str> = (0..100).map(|n| &*format!("class{n}").leak()).collect();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..names.len()).for_each(|which| drop(many(&names, which))));
        }
    });
    let errors = errors("many");
    assert_eq!(errors.len(), 64, "{errors:?}");
    let sum: f64 = errors.iter().map(|(_, count)| count).sum();
    assert!((sum - 200.0).abs() < 0.5, "{sum}");
    let other = errors.iter().find(|(class, _)| class == "other");
    assert!(other.is_some_and(|(_, count)| *count >= 37.0), "{other:?}");
}

mod ok_errors;
