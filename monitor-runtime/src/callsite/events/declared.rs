//! The values that a call brings along for its span: fields, parent, and spans it follows from.

use tracing::Span;
use tracing::span::Id;

use crate::base::fields::{FieldValue, Recorded};

/// The values of `fields`, `args`, `parent` and `follows_from`.
#[derive(Default)]
pub(crate) struct Declared {
    pub(crate) recorded: Option<Recorded>,
    pub(crate) parent: Parent,
    pub(crate) causes: Vec<Id>,
}

/// The parent of a span.
#[derive(Default)]
pub(crate) enum Parent {
    /// The span that is current when it is opened.
    #[default]
    Current,
    Span(Id),
    Root,
}

impl Declared {
    pub(crate) fn fields(&self) -> Option<&[FieldValue]> {
        Some(&self.recorded.as_ref()?.fields)
    }

    /// Returns `true` if its span has nothing to do with other spans but the current one.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.parent, Parent::Current) && self.causes.is_empty()
    }

    pub(super) fn follow(&self, span: &Span) {
        for cause in &self.causes {
            span.follows_from(cause);
        }
    }
}
