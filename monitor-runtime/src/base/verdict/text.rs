//! Texts of errors, bounded in length.

use std::cell::Cell;
use std::fmt;

use crate::base::unwind::caught;

/// The longest text of one link, in bytes; beyond it the text is cut.
pub(super) const MAX_TEXT: usize = 8 * 1024;

/// Formats user text, which may panic, return an error, or never end.
pub(crate) fn text(arguments: fmt::Arguments<'_>) -> String {
    text_within(MAX_TEXT, arguments)
}

/// The most texts that are formatted within one another on one thread.
const MAX_NESTED: usize = 8;

thread_local! {
    static NESTED: Cell<usize> = const { Cell::new(0) };
}

/// Formats user text of at most `most` bytes.
///
/// A `Debug` or `Display` may call a monitored function that records the very value. Beyond
/// [`MAX_NESTED`] levels the text is `…`.
pub(crate) fn text_within(most: usize, arguments: fmt::Arguments<'_>) -> String {
    let nested = NESTED.get();
    if nested == MAX_NESTED {
        return "…".to_owned();
    }
    NESTED.set(nested + 1);
    let text = formatted(most, arguments);
    NESTED.set(nested);
    text
}

fn formatted(most: usize, arguments: fmt::Arguments<'_>) -> String {
    let mut out = Bounded(String::new(), most);
    // An error means that the bound was reached or that the user's code failed. In both cases the
    // text so far stays.
    if caught(|| fmt::write(&mut out, arguments)).is_none() {
        out.0.push_str("<panicked while formatting>");
    }
    out.0
}

/// A string that stops growing at so many bytes.
struct Bounded(String, usize);

impl fmt::Write for Bounded {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        let room = self.1 - self.0.len().min(self.1);
        if more.len() <= room {
            self.0.push_str(more);
            return Ok(());
        }
        let end = (0..=room)
            .rev()
            .find(|at| more.is_char_boundary(*at))
            .unwrap_or(0);
        self.0.push_str(&more[..end]);
        self.0.push('…');
        Err(fmt::Error)
    }
}

/// Shortens a text that is too long, and says so with an ellipsis.
pub(crate) fn cut(text: &mut String, bytes: usize) {
    if text.len() > bytes {
        let end = (0..=bytes).rev().find(|at| text.is_char_boundary(*at));
        text.truncate(end.unwrap_or(0));
        text.push('…');
        text.shrink_to_fit();
    }
}
