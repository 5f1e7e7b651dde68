//! Names of types, by which readers recognize an error.

use std::error::Error;
use std::fmt::{self, Write as _};

use crate::base::unwind::caught;

/// Returns the name of an error's type, if its `Debug` text reveals it (`Variant { .. }`).
pub(super) fn type_of(error: &(dyn Error + '_)) -> Option<String> {
    let mut name = Name(String::new());
    let written = caught(|| write!(name, "{error:?}"));
    let known = written.is_some() && name.0.starts_with(char::is_uppercase);
    known.then_some(name.0)
}

/// A string that accepts a name and refuses what follows it.
struct Name(String);

impl fmt::Write for Name {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let end = more.find(|c: char| !c.is_alphanumeric() && c != '_');
        self.0.push_str(&more[..end.unwrap_or(more.len())]);
        if end.is_some() {
            Err(fmt::Error)
        } else {
            Ok(())
        }
    }
}

/// Shortens the path of a type: `app::db::DbError<u8>` → `DbError<u8>`. The path inside generics
/// stays.
pub(super) fn short_type(name: &str) -> String {
    let head = name.find(['<', ' ', '(', '[', '&']).unwrap_or(name.len());
    let start = name[..head].rfind("::").map_or(0, |at| at + 2);
    // `std::io::error::Error` is more specific than `Error`.
    let short = &name[start..];
    if short == "Error" {
        name.to_owned()
    } else {
        short.to_owned()
    }
}
