//! Macros of a service's own by the names of harmless ones; each returns.

use super::*;
use std::panic::Location;

macro_rules! leave {
    ($way:expr) => {
        if let Way::Err = $way {
            return Err(io::Error::other("it went wrong"));
        }
    };
}
macro_rules! error {
    ($way:expr) => {
        leave!($way)
    };
}
macro_rules! warn {
    ($way:expr) => {
        leave!($way)
    };
}
macro_rules! info {
    ($way:expr) => {
        leave!($way)
    };
}
macro_rules! println {
    ($way:expr) => {
        leave!($way)
    };
}
macro_rules! vec {
    ($way:expr) => {
        leave!($way)
    };
}
macro_rules! assert {
    ($way:expr) => {
        leave!($way)
    };
}
macro_rules! format {
    ($way:expr) => {
        leave!($way)
    };
}
macro_rules! bail {
    ($way:expr) => {
        leave!($way)
    };
}
macro_rules! ensure {
    ($way:expr) => {
        leave!($way)
    };
}
macro_rules! by_path {
    ($way:expr) => {
        leave!($way)
    };
}
pub(crate) use by_path as dbg;

/// A box that is returned early.
macro_rules! give_up {
    ($way:expr) => {
        if let Way::Err = $way {
            return Box::pin(async { Err(io::Error::other("it went wrong")) });
        }
    };
}

macro_rules! functions {
    ($($name:ident $tracked:ident: $($macro:ident)::+;)*) => {$(
        #[monitored]
        fn $name(way: Way) -> io::Result<u8> {
            $($macro)::+!(way);
            way.go()
        }

        #[monitored]
        #[track_caller]
        fn $tracked(way: Way) -> io::Result<u8> {
            $($macro)::+!(way);
            way.go()
        }
    )*

    #[test]
    fn an_error_that_a_macro_returns_is_counted() {
        $(
            sync_ends(stringify!($name), $name);
            sync_ends(stringify!($tracked), $tracked);
        )*
    }};
}

functions! {
    leaves_error tracks_error: error;
    leaves_warn tracks_warn: warn;
    leaves_info tracks_info: info;
    leaves_println tracks_println: println;
    leaves_vec tracks_vec: vec;
    leaves_assert tracks_assert: assert;
    leaves_format tracks_format: format;
    leaves_bail tracks_bail: bail;
    leaves_ensure tracks_ensure: ensure;
    leaves_by_path tracks_by_path: self::dbg;
}

#[monitored]
async fn leaves_later(way: Way) -> io::Result<u8> {
    pause().await;
    error!(way);
    way.go()
}

#[monitored]
fn leaves_with_a_box(way: Way) -> Pin<Box<dyn Future<Output = io::Result<u8>>>> {
    give_up!(way);
    Box::pin(async move { way.walk().await })
}

#[test]
fn a_future_that_a_macro_leaves_is_counted() {
    async_ends("leaves_later", leaves_later);
    async_ends("leaves_with_a_box", leaves_with_a_box);
}

#[monitored]
#[track_caller]
fn tracks_with_a_macro(good: bool) -> io::Result<u32> {
    let line = Location::caller().line();
    std::assert!(line > 0, "at {line}");
    debug_assert_ne!(line, 0);
    if good {
        Ok(line)
    } else {
        Err(io::Error::other(std::format!("at {line}")))
    }
}

#[test]
fn a_harmless_macro_keeps_the_caller() {
    assert_eq!(tracks_with_a_macro(true).expect("ok"), line!());
    let failed = tracks_with_a_macro(false).expect_err("fails");
    assert_eq!(failed.to_string(), std::format!("at {}", line!() - 1));
}
