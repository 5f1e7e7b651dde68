//! The span of one call.

use std::mem;

use tracing::field::ValueSet;
use tracing::span::Id;
use tracing::{Dispatch, Event, Metadata, Span};

use super::declared::Declared;
use super::own_subscriber;
use super::pending::{self, PendingCall, Place, open_own};
use super::telling::telling;
use crate::base::fields::FieldValue;
use crate::base::unwind;
use crate::callsite::Site;

/// The span of a call. While it is entered, left and closed, the thread is marked: the subscriber
/// works for the runtime.
pub(crate) struct CallSpan(State);

enum State {
    None,
    /// Not needed yet.
    Pending(Place),
    /// On the list of this thread, see [`pending`].
    Listed,
    Open(Span, Entered),
}

/// `true` while this thread is in the span.
struct Entered(bool);

impl CallSpan {
    pub(crate) fn new(span: Span) -> Self {
        Self(if span.is_disabled() {
            State::None
        } else {
            State::Open(span, Entered(false))
        })
    }

    /// Returns the span of a call without one.
    pub(crate) const fn none() -> Self {
        Self(State::None)
    }

    /// Returns a span that is opened once the subscriber needs it.
    pub(crate) fn pending(place: Place) -> Self {
        Self(State::Pending(place))
    }

    /// Returns the span of the innermost call on the list of this thread.
    pub(crate) fn listed() -> Self {
        Self(State::Listed)
    }

    pub(crate) fn is_disabled(&self) -> bool {
        matches!(self.0, State::None)
    }

    /// Returns the place of a call that has been left, if its span is not open.
    pub(crate) fn pending_place(&self) -> Option<&Place> {
        match &self.0 {
            State::Pending(place) => Some(place),
            _ => None,
        }
    }

    /// Makes it ready for the line of a call that ends: opens it if that is necessary and possible, or the spans
    /// around a call without one, and leaves it if another span is above it, as after a call that returns one
    /// entered.
    pub(crate) fn prepare(&mut self, site: &'static Site, fields: Option<&[FieldValue]>) {
        match &self.0 {
            State::Open(span, Entered(true)) if !is_current(span) => self.exit(&mut None),
            // A subscriber that was made the default of the thread meanwhile does not know the spans around it.
            State::Pending(place) if own_subscriber::is_own() => {
                open_own();
                self.0 = State::Open(pending::open_at(site, fields, place), Entered(false));
            }
            State::None => open_own(),
            _ => {}
        }
    }

    /// Returns the span if it is open.
    pub(super) fn opened(&self) -> Option<&Span> {
        match &self.0 {
            State::Open(span, _) => Some(span),
            _ => None,
        }
    }

    /// Passes an event to the subscriber, inside the span.
    pub(super) fn event(&self, metadata: &'static Metadata<'static>, values: &ValueSet<'_>) {
        match &self.0 {
            // Each by itself: with a guard that leaves the span, a subscriber that panics at the event and at
            // the exit would end the process.
            State::Open(span, Entered(false)) => {
                let passed_on = |step: fn(&Dispatch, &Id)| {
                    unwind::quietly(|| {
                        span.with_subscriber(|(id, subscriber)| step(subscriber, id))
                    });
                };
                passed_on(Dispatch::enter);
                unwind::quietly(|| Event::dispatch(metadata, values));
                passed_on(Dispatch::exit);
            }
            _ => Event::dispatch(metadata, values),
        }
    }

    /// Enters it. Meanwhile the list of this thread may hold what the call declares.
    pub(crate) fn enter(&mut self, site: &'static Site, declared: &mut Option<Box<Declared>>) {
        match mem::replace(&mut self.0, State::Listed) {
            State::Pending(place) => {
                let call = PendingCall {
                    site,
                    declared: declared.take(),
                    place,
                    span: None,
                };
                if let Err(call) = pending::enter(call) {
                    let span = pending::open_at(site, call.fields(), &call.place);
                    *declared = call.declared;
                    self.enter_open(span);
                }
            }
            State::Open(span, _) => {
                open_own();
                self.enter_open(span);
            }
            other => self.0 = other,
        }
    }

    // A subscriber of the service may panic, which is no reason to lose a call.
    fn enter_open(&mut self, span: Span) {
        let enter = |(id, subscriber): (&Id, &Dispatch)| telling(|| subscriber.enter(id));
        unwind::quietly(|| span.with_subscriber(enter));
        self.0 = State::Open(span, Entered(true));
    }

    /// Notes that the call is about to be left and to go on later, maybe elsewhere.
    pub(crate) fn wait(&self) {
        if matches!(self.0, State::Listed) {
            pending::wait();
        }
    }

    /// Takes the call off the list of this thread. Its span stays entered if it is open.
    pub(crate) fn unlist(&mut self, declared: &mut Option<Box<Declared>>) {
        if matches!(self.0, State::Listed) {
            self.0 = State::None;
            if let Some(call) = pending::exit() {
                *declared = call.declared;
                self.0 = match call.span {
                    None => State::Pending(call.place),
                    Some(span) => State::Open(span, Entered(true)),
                };
            }
        }
    }

    /// Leaves it.
    pub(crate) fn exit(&mut self, declared: &mut Option<Box<Declared>>) {
        self.unlist(declared);
        if self.is_entered() {
            unwind::quietly(|| telling(|| self.exit_entered()));
        }
    }

    /// Writes the line of a call that has been taken off the list, and leaves its span.
    pub(crate) fn exit_after(&mut self, write: impl FnOnce(&Self)) {
        let both = || {
            write(self);
            self.exit_entered();
        };
        unwind::quietly(|| telling(both));
        // A subscriber that panicked at the line does not know of the exit yet.
        if self.is_entered() {
            self.exit(&mut None);
        }
    }

    fn is_entered(&self) -> bool {
        matches!(self.0, State::Open(_, Entered(true)))
    }

    fn exit_entered(&mut self) {
        // Noted first, so that it is not left again if the subscriber panics.
        if let State::Open(span, Entered(is_entered)) = &mut self.0
            && mem::take(is_entered)
        {
            span.with_subscriber(|(id, subscriber)| subscriber.exit(id));
        }
    }
}

/// Returns `true` if a span is the current one of its subscriber, and `false` if that panics.
fn is_current(span: &Span) -> bool {
    let is =
        |(id, subscriber): (&Id, &Dispatch)| telling(|| subscriber.current_span().id() == Some(id));
    unwind::quietly(|| span.with_subscriber(is)).flatten() == Some(true)
}

impl Default for CallSpan {
    fn default() -> Self {
        Self::none()
    }
}

/// Leaves it if it is entered, and closes it.
impl Drop for CallSpan {
    fn drop(&mut self) {
        if self.is_entered() {
            self.exit(&mut None);
        }
        if let State::Open(..) | State::Pending(Place::Inside(_)) = self.0 {
            // Also while a panic of the subscriber unwinds, in which a second one would end the process.
            unwind::quietly(|| telling(|| self.0 = State::None));
        }
    }
}
