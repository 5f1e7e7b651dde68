//! An error and its sources, as `exception.*`.
//!
//! <https://opentelemetry.io/docs/specs/semconv/exceptions/>.

use super::attributes::text;
use crate::otlp::messages::common::KeyValue;

/// Returns the attributes of an error: its type, if that is known, its text, and the sources below it in
/// place of a stack trace.
pub(super) fn exception<'t>(
    type_name: &str,
    message: &str,
    sources: impl Iterator<Item = &'t str>,
) -> Vec<KeyValue> {
    let mut attributes = Vec::with_capacity(3);
    if !type_name.is_empty() {
        attributes.push(text("exception.type", type_name));
    }
    attributes.push(text("exception.message", message));
    let mut chain = message.to_owned();
    for source in sources {
        chain.push_str("\nCaused by: ");
        chain.push_str(source);
    }
    if chain.len() > message.len() {
        attributes.push(text("exception.stacktrace", chain));
    }
    attributes
}
