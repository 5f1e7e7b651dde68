//! Collects the texts of an error and of its sources, each once.

use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::base::redact::without_secrets;
use crate::base::verdict::text_within;

/// The number of sources that are followed: an error may be its own source.
const MAX_LINKS: usize = 16;
/// Bytes of the text of one source.
const MAX_TEXT: usize = 8 * 1024;

/// Returns the texts of the sources of an error, outermost first, without those that an error
/// around them already contains.
pub(super) fn sources(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut next = source(error);
    // Most errors have no source, and then their own text is not needed here.
    if next.is_none() {
        return Vec::new();
    }
    let mut said = text_within(MAX_TEXT, format_args!("{error}"));
    let mut texts = Vec::new();
    for _ in 0..MAX_LINKS {
        let Some(error) = next else { break };
        let text = text_within(MAX_TEXT, format_args!("{error}"));
        if !said.contains(&text) {
            said.push('\n');
            said.push_str(&text);
            texts.push(without_secrets(text));
        }
        next = source(error);
    }
    texts
}

fn source<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let asked = catch_unwind(AssertUnwindSafe(|| error.source()));
    asked.unwrap_or_else(|payload| {
        // Dropping it could panic again.
        std::mem::forget(payload);
        None
    })
}
