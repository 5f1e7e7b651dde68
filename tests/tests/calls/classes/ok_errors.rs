//! Errors that are declared to be ok, and errors that show what is in them.

use super::*;

/// An error with variants that are what a request asked for.
#[derive(Debug, thiserror::Error, Classify)]
enum Lookup {
    #[error("there is none")]
    #[monitor(ok)]
    NotFound,
    #[error("not for you")]
    #[monitor(expected)]
    Forbidden,
    #[error("the store is down")]
    Down,
    #[error(transparent)]
    #[monitor(transparent)]
    Inner(#[from] NotModified),
}

#[derive(Debug, thiserror::Error, Classify)]
#[error("nothing new")]
#[monitor(ok)]
struct NotModified;

/// Every variant but one is.
#[derive(Debug, Classify)]
#[monitor(ok)]
enum Skipped {
    Empty,
    #[monitor(expected)]
    Late,
}

#[monitored(sentry(always))]
fn look_up(error: Lookup) -> Result<(), Lookup> {
    Err(error)
}

#[monitored]
async fn skip_later(error: Skipped) -> Result<(), Skipped> {
    pause().await;
    Err(error)
}

#[test]
fn an_error_that_is_ok_is_counted_and_logged_as_ok() {
    let log = log();
    let before = scrape();
    let (looked, skipped) = (before.counts("look_up"), before.counts("skip_later"));
    for error in [Lookup::NotFound, Lookup::NotFound, NotModified.into()] {
        let _ = look_up(error);
    }
    let _ = run(skip_later(Skipped::Empty));
    let page = scrape();
    let (looked, skipped) = (
        page.counts("look_up").since(looked),
        page.counts("skip_later").since(skipped),
    );
    assert_eq!((looked.ok, looked.error), (3, 0));
    assert_eq!((skipped.ok, skipped.error), (1, 0));
    for function in ["look_up", "skip_later"] {
        let lines = log.completions(function);
        assert!(!lines.is_empty());
        for line in lines {
            assert_eq!(
                (line.level, line.text("result")),
                (Level::INFO, "ok"),
                "{line:?}"
            );
        }
    }

    let _ = look_up(Lookup::Forbidden);
    let _ = look_up(Lookup::Down);
    let _ = run(skip_later(Skipped::Late));
    assert_errors!("look_up", [("Down", 1), ("Forbidden", 1)]);
    assert_errors!("skip_later", [("Late", 1)]);
}

/// As in axum's example of an error made of `anyhow`.
#[derive(Classify)]
#[monitor(transparent)]
struct AppError(anyhow::Error);

#[derive(Debug, Classify)]
enum Wrapper {
    #[monitor(transparent)]
    Anyhow(anyhow::Error),
    #[monitor(transparent, expected)]
    Io {
        inner: std::io::Error,
    },
    #[monitor(transparent)]
    Local(Box<dyn std::error::Error>),
    #[monitor(transparent)]
    Text(String),
    #[monitor(transparent)]
    Classed(Box<OrderLost>),
    #[monitor(transparent)]
    Mute(Level7),
    Plain,
}

impl std::fmt::Debug for Level7 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Level7")
    }
}

#[monitored]
fn app_fails() -> Result<(), AppError> {
    Err(AppError(
        anyhow::anyhow!("it failed!").context("while it was served"),
    ))
}

#[monitored]
fn wrapper_fails(error: Wrapper) -> Result<(), Wrapper> {
    Err(error)
}

#[test]
fn a_transparent_error_shows_what_is_in_it() {
    let log = log();
    let _ = app_fails();
    assert_errors!("app_fails", [("AppError", 1)]);
    let text = |function: &str| {
        let lines = log.completions(function);
        lines.last().expect("a line").text("error").to_owned()
    };
    assert_eq!(text("app_fails"), "while it was served: it failed!");

    let wrappers = [
        (Wrapper::Anyhow(anyhow::anyhow!("any")), "any"),
        (
            Wrapper::Io {
                inner: std::io::Error::other("full"),
            },
            "full",
        ),
        (Wrapper::Local("local".into()), "local"),
        (Wrapper::Text("text".into()), "text"),
        (Wrapper::Classed(OrderLost.into()), "the order is lost"),
        (Wrapper::Mute(Level7), "Level7"),
        (Wrapper::Plain, "Plain"),
    ];
    for (error, expected) in wrappers {
        let _ = wrapper_fails(error);
        assert_eq!(text("wrapper_fails"), expected);
    }
    assert_errors!(
        "wrapper_fails",
        [
            ("Anyhow", 1),
            ("Io", 1),
            ("Local", 1),
            ("OrderLost", 1),
            ("Plain", 1),
            ("Text", 1),
            ("seven \"quoted\"", 1)
        ]
    );
}
