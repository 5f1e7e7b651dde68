//! The span of one call.

use std::mem;

use tracing::span::Id;
use tracing::{Dispatch, Span};

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
    Open(Span),
}

impl CallSpan {
    pub(crate) fn new(span: Span) -> Self {
        Self(if span.is_disabled() {
            State::None
        } else {
            State::Open(span)
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

    /// Returns the span of a call that has been left, and opens it first if necessary; `None` if it has
    /// none.
    pub(crate) fn opened(
        &mut self,
        site: &'static Site,
        fields: Option<&[FieldValue]>,
    ) -> Option<&Span> {
        // A subscriber that was made the default of the thread meanwhile does not know the spans around it.
        if let State::Pending(place) = &self.0
            && own_subscriber::is_own()
        {
            open_own();
            self.0 = State::Open(pending::open_at(site, fields, place));
        }
        match &self.0 {
            State::Open(span) => Some(span),
            _ => None,
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
            State::Open(span) => {
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
        self.0 = State::Open(span);
    }

    /// Notes that the call is about to be left and to go on later, maybe elsewhere.
    pub(crate) fn wait(&self) {
        if matches!(self.0, State::Listed) {
            pending::wait();
        }
    }

    /// Leaves it.
    pub(crate) fn exit(&mut self, declared: &mut Option<Box<Declared>>) {
        if matches!(self.0, State::Listed) {
            self.0 = State::None;
            if let Some(call) = pending::exit() {
                *declared = call.declared;
                self.0 = match call.span {
                    None => State::Pending(call.place),
                    Some(span) => State::Open(span),
                };
            }
        }
        if let State::Open(span) = &self.0 {
            let exit = |(id, subscriber): (&Id, &Dispatch)| telling(|| subscriber.exit(id));
            unwind::quietly(|| span.with_subscriber(exit));
        }
    }
}

impl Default for CallSpan {
    fn default() -> Self {
        Self::none()
    }
}

impl Drop for CallSpan {
    fn drop(&mut self) {
        if let State::Open(_) | State::Pending(Place::Inside(_)) = self.0 {
            telling(|| self.0 = State::None);
        }
    }
}
