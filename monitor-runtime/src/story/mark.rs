//! Errors that came out of monitored functions.

use std::collections::VecDeque;
use std::sync::Arc;

use super::known::Known;
use super::{HERE, Here, Memory, REMEMBERED, Stretch, mark, now, told};
use crate::verdict::{ErrorView, Link};

/// An error that came out of a monitored function.
#[derive(Clone)]
pub(super) struct Mark {
    /// The thread's clock of events when it came out, or came back with its future.
    pub(super) tick: u64,
    pub(super) error: Arc<Known>,
}

impl Stretch {
    /// Returns the errors that came out of monitored functions during this stretch.
    #[cold]
    pub(super) fn marks(self) -> Vec<Mark> {
        let since = |here: &Here| {
            let marks = here.marks.borrow();
            let own = marks.iter().filter(|mark| mark.tick > self.began);
            own.cloned().collect()
        };
        HERE.try_with(since).unwrap_or_default()
    }
}

impl Memory {
    /// Keeps the errors of a stretch for the polls to come.
    pub(super) fn keep_marks(&mut self, stretch: Stretch) {
        for mark in stretch.marks() {
            let known = |kept: &Mark| Arc::ptr_eq(&kept.error, &mark.error);
            if !self.marks.iter().any(known) {
                self.marks.push_back(mark);
            }
        }
        while self.marks.len() > REMEMBERED {
            self.marks.pop_front();
        }
    }

    /// Puts the errors of earlier polls on the thread that goes on with the call.
    pub(super) fn recall_marks(&self, here: &Here, stretch: Stretch) {
        let Ok(mut marks) = here.marks.try_borrow_mut() else {
            return;
        };
        for mark in &self.marks {
            marks.retain(|other| !Arc::ptr_eq(&other.error, &mark.error));
            remember(&mut marks, stretch.began + 1, Arc::clone(&mark.error));
        }
    }
}

fn remember(marks: &mut VecDeque<Mark>, tick: u64, error: Arc<Known>) {
    marks.push_back(Mark { tick, error });
    while marks.len() > REMEMBERED {
        marks.pop_front();
    }
}

/// The events a function makes of its errors.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Events {
    Never,
    /// Failures that are not expected, where they first come out.
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

/// Decides whether an error that comes out of a function is a new one, and remembers it.
///
/// Called once for each function that returns an error, before its end moves the clock of events.
#[cold]
pub(crate) fn arrive(
    stretch: Stretch,
    view: &ErrorView<'_>,
    chain: &[Link],
    events: Events,
) -> Arrival {
    let next = Known::new(view, chain);
    // An error without words is the answer to the failure before it, if there was one.
    let wordless = view.is_wordless();
    let same =
        |mark: &&Mark| wordless && !mark.error.expected || mark.error.goes_on_as(view, &next);
    let marks = stretch.marks();
    let known: Vec<&Mark> = marks.iter().filter(same).collect();
    let first = known.is_empty();
    let sent = known.iter().any(|mark| mark.error.sent);
    let event = match events {
        Events::Never => false,
        Events::Failures => first && !view.expected,
        Events::Always => !sent,
    };
    let error = Arc::new(next.told(view.expected && first && !event, sent || event));
    mark();
    let _ = HERE.try_with(|here| {
        if error.sent {
            told::note(here, &error);
        }
        // The end of this call moves the clock to `now + 1`; the function around it looks there.
        remember(&mut here.marks.borrow_mut(), now() + 1, error);
    });
    Arrival { first, event }
}
