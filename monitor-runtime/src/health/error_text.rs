//! The text of a failure: one line, of bounded length, safe to log and to send.

use std::any::Any;
use std::error::Error;
use std::fmt::{self, Write};
use std::iter;

use crate::base::redact::without_secrets;
use crate::base::unwind::Payload;
use crate::base::verdict::text;

/// The longest output of a check, in characters.
const MAX_CHARACTERS: usize = 500;

/// The number of sources that are followed; an error may be its own source.
const DEPTH: usize = 16;

/// Joins an error and its sources by `": "`.
///
/// A source that the text already ends with is not repeated: many error types both print their
/// source and return it.
pub(super) fn of_error(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    for cause in iter::successors(Some(error), |&cause| cause.source()).take(DEPTH) {
        let next = line(cause);
        if !text.ends_with(&next) {
            let joint = if text.is_empty() { "" } else { ": " };
            text = line(format_args!("{text}{joint}{next}"));
        }
    }
    if text.is_empty() {
        "failed without a message".to_owned()
    } else {
        text
    }
}

/// Returns the message of a panic.
pub(super) fn of_panic(payload: &(dyn Any + Send)) -> String {
    line(format_args!("panicked: {}", payload.message()))
}

/// Formats `value` as one line of at most [`MAX_CHARACTERS`] characters, without the secrets in it.
fn line(value: impl fmt::Display) -> String {
    let mut line = Line {
        text: String::new(),
        room: MAX_CHARACTERS,
    };
    // Before the text is cut: half of a secret is not recognized as one.
    let text = without_secrets(text(format_args!("{value}")));
    // An error only means that the line is full.
    let _ = line.write_str(&text);
    line.text
}

struct Line {
    text: String,
    room: usize,
}

impl Write for Line {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        for c in part.chars() {
            let c = match c {
                '\n' | '\r' | '\t' => ' ',
                c if c.is_control() => continue,
                c => c,
            };
            if self.room == 0 {
                self.text.pop();
                self.text.push('…');
                return Err(fmt::Error);
            }
            self.room -= 1;
            self.text.push(c);
        }
        Ok(())
    }
}
