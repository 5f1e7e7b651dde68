//! The values that a call brings along for its span: fields, parent, and spans it follows from.

use tracing::Span;
use tracing::span::Id;

use crate::base::fields::{FieldValue, Recorded};
use crate::base::pool::Pool;

/// The values of `fields`, `args`, `parent` and `follows_from`.
#[derive(Default)]
pub(crate) struct Declared {
    pub(crate) recorded: Recorded,
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

thread_local! {
    static BOXES: Pool<Declared> = const { Pool::new() };
}

impl Declared {
    /// Returns an empty one, in a box that this thread has kept if there is one.
    pub(crate) fn boxed() -> Box<Self> {
        let kept = BOXES.try_with(Pool::take).ok().flatten();
        kept.unwrap_or_default()
    }

    /// Drops the values, and keeps the box with the room for them.
    pub(crate) fn discard(mut boxed: Box<Self>) {
        boxed.recorded.clear();
        boxed.parent = Parent::Current;
        boxed.causes = Vec::new();
        let _ = BOXES.try_with(|boxes| boxes.keep(boxed));
    }

    pub(crate) fn fields(&self) -> &[FieldValue] {
        self.recorded.fields()
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
