//! Remembers errors that came out of monitored functions, so that each is reported once.

use std::collections::VecDeque;
use std::sync::Arc;

use super::error_identity::Known;
use super::error_lines::Line;
use super::task_errors::{self, Tasks};
use super::{
    HERE, Here, REMEMBERED, Stretch, SuspendedContext, frames, mark, now, reported_errors, tick,
};
use crate::base::verdict::{ErrorView, Link};
use crate::callsite::Site;
use crate::context::sentry_types::Uuid;

/// An error that came out of a monitored function, or a source of such errors.
#[derive(Clone)]
pub(super) struct SeenError {
    /// The thread's clock of events when it came out, or came back with its future.
    pub(super) tick: u64,
    pub(super) origin: Origin,
}

/// Origin of the errors that a mark stands for.
#[derive(Clone)]
pub(super) enum Origin {
    Call(Arc<Known>),
    Tasks(Arc<Tasks>),
    Line(Arc<Line>),
}

impl Origin {
    fn tasks(&self) -> Option<&Arc<Tasks>> {
        match self {
            Self::Tasks(tasks) => Some(tasks),
            Self::Call(_) | Self::Line(_) => None,
        }
    }

    fn line(&self) -> Option<&Arc<Line>> {
        match self {
            Self::Line(line) => Some(line),
            Self::Call(_) | Self::Tasks(_) => None,
        }
    }

    /// Returns the errors that it stands for.
    pub(super) fn errors(&self) -> Vec<Arc<Known>> {
        match self {
            Self::Call(error) => vec![Arc::clone(error)],
            Self::Tasks(tasks) => tasks.recent(),
            Self::Line(_) => Vec::new(),
        }
    }

    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Call(one), Self::Call(other)) => Arc::ptr_eq(one, other),
            (Self::Tasks(one), Self::Tasks(other)) => Arc::ptr_eq(one, other),
            (Self::Line(one), Self::Line(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl Stretch {
    /// Returns the marks of this stretch, oldest first.
    #[cold]
    fn marks(self) -> Vec<SeenError> {
        let since = |here: &Here| {
            let marks = here.marks.borrow();
            let own = marks.iter().filter(|mark| mark.tick > self.began);
            own.cloned().collect()
        };
        HERE.try_with(since).unwrap_or_default()
    }
}

impl SuspendedContext {
    /// Keeps the marks of a stretch for the polls to come.
    pub(super) fn keep_marks(&mut self, stretch: Stretch) {
        for mark in stretch.marks() {
            let known = |kept: &SeenError| kept.origin.is(&mark.origin);
            if !self.marks.iter().any(known) {
                self.marks.push_back(mark);
            }
        }
        while self.marks.len() > REMEMBERED {
            self.marks.pop_front();
        }
    }

    /// Puts the marks of earlier polls on the thread that continues the call.
    pub(super) fn recall_marks(&self, here: &Here, stretch: Stretch) {
        let Ok(mut marks) = here.marks.try_borrow_mut() else {
            return;
        };
        for mark in &self.marks {
            marks.retain(|other| !other.origin.is(&mark.origin));
            SeenError::remember(&mut marks, stretch.began + 1, mark.origin.clone());
        }
    }
}

impl SeenError {
    pub(super) fn remember(marks: &mut VecDeque<Self>, tick: u64, origin: Origin) {
        marks.push_back(Self { tick, origin });
        while marks.len() > REMEMBERED {
            marks.pop_front();
        }
    }
}

impl Line {
    /// Remembers a line of the current function; `None` outside all functions.
    pub(crate) fn remember(event: Uuid, texts: Vec<String>, chain: Vec<Link>) -> Option<Arc<Self>> {
        let line = Arc::new(Self::new(event, texts, chain)?);
        let keep = |here: &Here| {
            let mut marks = here.marks.try_borrow_mut().ok()?;
            SeenError::remember(&mut marks, tick(), Origin::Line(Arc::clone(&line)));
            Some(())
        };
        HERE.try_with(keep).ok().flatten()?;
        mark();
        Some(line)
    }
}

impl Tasks {
    /// Returns the tasks of the running call. Outside all calls, returns those that the current
    /// task belongs to.
    pub(crate) fn of_this_call() -> Option<Arc<Self>> {
        let of = |here: &Here| {
            if frames::is_outside() {
                return here.tasks.borrow().clone();
            }
            let began = frames().last().map_or(0, |frame| frame.began);
            let mut marks = here.marks.borrow_mut();
            let own = marks.iter().filter(|mark| mark.tick > began);
            if let Some(known) = own.rev().find_map(|mark| mark.origin.tasks()) {
                return Some(Arc::clone(known));
            }
            let new = Arc::<Self>::default();
            let tick = tick();
            SeenError::remember(&mut marks, tick, Origin::Tasks(Arc::clone(&new)));
            Some(new)
        };
        let tasks = HERE.try_with(of).ok().flatten();
        mark();
        tasks
    }
}

/// The events a function makes of its errors.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Events {
    Never,
    /// Failures that are not expected, where they first come out.
    Failures,
    /// All errors that are not events yet.
    Always,
}

/// An error that comes out of a function.
pub(crate) struct Arrival {
    /// `true` if it comes out of monitored code for the first time.
    pub(crate) first: bool,
    /// `true` if it becomes an event here.
    pub(crate) event: bool,
    /// `true` if the line of this function reports it: the first function around it that writes one.
    pub(crate) loud: bool,
    /// A line of the function that has reported it already, and whose event waits.
    pub(crate) line: Option<Arc<Line>>,
}

/// Decides whether an error that comes out of a function is a new one, and remembers it.
///
/// Called once for each function that returns an error, before its end moves the clock of events.
#[cold]
pub(crate) fn arrive(
    site: &'static Site,
    stretch: Stretch,
    view: &ErrorView<'_>,
    chain: &[Link],
    events: Events,
) -> Arrival {
    let next = Known::new(view, chain);
    // An error without a text of its own stands for the failure before it, if there was one.
    let wordless = view.is_wordless();
    let same = |error: &Arc<Known>| wordless && !error.expected || error.goes_on_as(view, &next);
    let marks = stretch.marks();
    let known = marks.iter().flat_map(|mark| mark.origin.errors());
    let known: Vec<Arc<Known>> = known.filter(same).collect();
    let first = known.is_empty();
    let sent = known.iter().any(|error| error.sent);
    let event = match events {
        Events::Never => false,
        Events::Failures => first && !view.expected,
        Events::Always => !sent,
    };
    let mut lines = marks.iter().rev().filter_map(|mark| mark.origin.line());
    let line = lines.find(|line| event && line.tells_of(&next, site));
    // The last one: an earlier failure with the same text may have had its line.
    let is_logged = known.last().is_some_and(|error| error.logged);
    let loud = !view.expected && !is_logged && site.tells_errors();
    let expected = view.expected && first;
    let logged = is_logged || loud || expected;
    let error = Arc::new(next.told(expected && !event, sent || event, logged));
    mark();
    let _ = HERE.try_with(|here| {
        if error.sent {
            reported_errors::note(here, &error);
        }
        task_errors::note(here, &error);
        // The end of this call moves the clock to `now + 1`; the function around it looks there.
        let (mut marks, tick) = (here.marks.borrow_mut(), now() + 1);
        SeenError::remember(&mut marks, tick, Origin::Call(error));
    });
    Arrival {
        first,
        event,
        loud,
        line: line.cloned(),
    }
}
