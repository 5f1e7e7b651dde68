//! Spans of calls, and questions to the subscriber.

use tracing::field::Value;
use tracing::{Metadata, Span};

use super::declared::{Declared, Parent};
use super::telling::{CallSpan, is_telling, telling};
use crate::base::unwind;

pub(super) fn new_span(
    metadata: &'static Metadata<'static>,
    values: &[Option<&dyn Value>],
    declared: &Declared,
) -> CallSpan {
    let values = metadata.fields().value_set_all(values);
    let span = match &declared.parent {
        Parent::Current => Span::new(metadata, &values),
        Parent::Span(id) => Span::child_of(id.clone(), metadata, &values),
        Parent::Root => Span::new_root(metadata, &values),
    };
    declared.follow(&span);
    CallSpan::new(span)
}

/// Asks the subscriber, unless it already works for the runtime on this thread. A subscriber that
/// panics wants nothing.
pub(super) fn asked(ask: impl FnOnce() -> bool) -> bool {
    !is_telling() && unwind::quietly(|| telling(ask)).unwrap_or(false)
}
