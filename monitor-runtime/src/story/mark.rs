//! Errors that came out of monitored functions, and how one is known again.

use std::sync::Arc;

use super::{HERE, Memory, REMEMBERED, Stretch, mark, now};
use crate::verdict::{ErrorView, Link};

/// An error that came out of a monitored function, and was told of.
#[derive(Clone)]
pub(super) struct Mark {
    /// The thread's clock of events when it came out.
    tick: u64,
    error: Arc<Known>,
}

/// What an error is known by.
struct Known {
    /// Part of its function's work, and not of a failure before: nobody was told of it as one.
    expected: bool,
    /// Whether there is an event of it, or would be if there were not too many.
    sent: bool,
    type_name: String,
    /// The name its `Debug` text begins with, which is what there is of a source's type.
    shown_type: Option<String>,
    text: String,
}

impl Known {
    fn of(view: &ErrorView<'_>, chain: &[Link]) -> Self {
        let (type_name, text) = chain.first().map_or_else(Default::default, |link| {
            (link.type_name.clone(), link.text.clone())
        });
        Self {
            expected: view.expected,
            sent: false,
            type_name,
            shown_type: view.shown_type(),
            text,
        }
    }

    /// Whether it is a link of a chain: the same text, and the same type as far as types are known.
    ///
    /// A transparent wrapper has the text of what is in it and another type; its `Debug` tells.
    fn is_in(&self, view: &ErrorView<'_>, chain: &[Link]) -> bool {
        let mut same_text = chain.iter().filter(|link| link.text == self.text);
        same_text.any(|link| {
            let Some(shown_type) = &self.shown_type else {
                return true;
            };
            link.type_name == self.type_name
                || link.type_name == *shown_type
                || view.may_hold(shown_type)
        })
    }
}

impl Stretch {
    /// Errors that came out of monitored functions during this stretch.
    #[cold]
    pub(super) fn marks(self) -> Vec<Mark> {
        HERE.try_with(|here| {
            let marks = here.marks.borrow();
            marks
                .iter()
                .filter(|mark| mark.tick > self.began)
                .cloned()
                .collect()
        })
        .unwrap_or_default()
    }
}

/// Which errors of a function are events.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Events {
    Never,
    /// Those that nobody expected, where they first come out.
    Failures,
    /// All that are none yet.
    Always,
}

/// An error that comes out of a function.
pub(crate) struct Arrival {
    /// Whether it comes out of monitored code for the first time.
    pub(crate) first: bool,
    /// Whether it is an event here.
    pub(crate) event: bool,
}

/// Says what an error that comes out of a function is, and remembers it.
///
/// Asked once by each function that returns `Err`, before its end moves the clock of events.
#[cold]
pub(crate) fn arrive(
    stretch: Stretch,
    memory: Option<&Memory>,
    view: &ErrorView<'_>,
    chain: &[Link],
    events: Events,
) -> Arrival {
    let now = now();
    let same = |mark: &Mark| mark.error.is_in(view, chain);
    // An expected error that a caller turns into a failure is told of as the caller's.
    let passed_on = |mark: &Mark| mark.tick == now && !mark.error.expected;
    // Marks of earlier polls may be of another thread, whose clock means nothing here.
    let marks = stretch.marks();
    let here = marks.iter().filter(|mark| passed_on(mark) || same(mark));
    let earlier = memory.into_iter().flat_map(|memory| memory.marks.iter());
    let known: Vec<&Mark> = here.chain(earlier.filter(|mark| same(mark))).collect();
    let first = known.is_empty();
    let sent = known.iter().any(|mark| mark.error.sent);
    let event = match events {
        Events::Never => false,
        Events::Failures => first && !view.expected,
        Events::Always => !sent,
    };
    let error = Arc::new(Known {
        expected: view.expected && first && !event,
        sent: sent || event,
        ..Known::of(view, chain)
    });
    mark();
    let _ = HERE.try_with(|here| {
        let mut marks = here.marks.borrow_mut();
        // The end of this call moves the clock to `now + 1`; the function around it looks there.
        marks.push_back(Mark {
            tick: now + 1,
            error,
        });
        if marks.len() > REMEMBERED {
            marks.pop_front();
        }
    });
    Arrival { first, event }
}
