//! The innermost span of the trace context that the current thread works in.

use std::cell::Cell;

use super::TraceContext;
use crate::traces::{LocalTrace, SpanId, SpanKey};

/// The innermost span of the context that the thread works in.
// Most calls change its key alone, and most ids are never asked for.
#[derive(Clone, Copy)]
pub(crate) struct Innermost {
    /// The span itself; if it is one of the local trace, the first span of that, see [`id`](Self::id).
    root: SpanId,
    /// The span in the local trace, if there is one: this span, or the one around it.
    pub(super) key: SpanKey,
    /// `true` if it is the span in the local trace. A [child](TraceContext::child) is not.
    pub(super) is_recorded: bool,
}

impl Innermost {
    pub(super) const NONE: Self = Self {
        root: SpanId([0; 8]),
        key: SpanKey::ROOT,
        is_recorded: false,
    };

    /// Returns the state of a thread inside a context.
    pub(super) fn of(context: &TraceContext) -> Self {
        let span = context.ids.span;
        let local = context.local.as_ref();
        let known = local.map(|local| Self::new(&local.trace, local.key));
        match known {
            Some(known) if known.id() == span => known,
            other => Self {
                root: span,
                is_recorded: false,
                key: other.map_or(SpanKey::ROOT, |known| known.key),
            },
        }
    }

    /// Returns the state of a thread inside a span of a local trace.
    #[inline]
    pub(super) fn new(trace: &LocalTrace, key: SpanKey) -> Self {
        Self {
            root: trace.ids.span,
            key,
            is_recorded: true,
        }
    }

    /// Returns the id of the span.
    pub(super) fn id(self) -> SpanId {
        if self.is_recorded {
            self.root.numbered(self.key.number)
        } else {
            self.root
        }
    }
}

/// The [`Innermost`] of a thread. Its parts are apart, so that a call reads and writes those that it needs.
pub(crate) struct InnermostCell {
    root: Cell<SpanId>,
    number: Cell<u64>,
    slot: Cell<u32>,
    is_recorded: Cell<bool>,
}

impl InnermostCell {
    /// Returns that of a thread outside of all contexts.
    pub(crate) const fn new() -> Self {
        let Innermost {
            root,
            key,
            is_recorded,
        } = Innermost::NONE;
        Self {
            root: Cell::new(root),
            number: Cell::new(key.number),
            slot: Cell::new(key.slot),
            is_recorded: Cell::new(is_recorded),
        }
    }

    #[inline]
    pub(super) fn get(&self) -> Innermost {
        Innermost {
            root: self.root.get(),
            key: SpanKey {
                slot: self.slot.get(),
                number: self.number.get(),
            },
            is_recorded: self.is_recorded.get(),
        }
    }

    /// Returns the key of the span if it is the span in the local trace.
    #[inline]
    pub(super) fn recorded(&self) -> Option<SpanKey> {
        let key = || SpanKey {
            slot: self.slot.get(),
            number: self.number.get(),
        };
        self.is_recorded.get().then(key)
    }

    #[inline]
    pub(super) fn set(&self, innermost: Innermost) {
        self.root.set(innermost.root);
        self.is_recorded.set(innermost.is_recorded);
        self.move_to(innermost.key);
    }

    /// Moves to another span of the same local trace, from one that is recorded.
    #[inline]
    pub(super) fn move_to(&self, key: SpanKey) {
        self.number.set(key.number);
        self.slot.set(key.slot);
    }
}
