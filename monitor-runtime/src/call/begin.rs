//! Begins calls, with and without labels, fields and a clock.

use super::future::State;
use super::guard::Open;
use crate::call::start::Start;
use crate::call::{Full, Quick};
use crate::callsite::Site;

impl Site {
    /// Begins a call without declared values.
    #[inline]
    pub fn begin(&'static self) -> Open {
        plain(self)
    }

    /// Begins a call of a function with `latency = false`; it ends in [`run_untimed`](super::run::run_untimed).
    #[inline]
    pub fn begin_untimed(&'static self) -> Open {
        untimed(self)
    }

    /// Returns the state of a call that begins when it is polled.
    #[inline]
    pub fn wait(&'static self) -> State {
        State::new(self.start(), true)
    }

    /// Returns the state of a future whose function has `latency = false`.
    #[inline]
    pub fn wait_untimed(&'static self) -> State {
        State::new(self.start(), false)
    }
}

/// Calls with declared values.
impl Start {
    /// Begins the call.
    #[inline]
    pub fn begin(self) -> Open {
        if self.declared.is_some() {
            any(self)
        } else {
            labelled(self.site, self.lane)
        }
    }

    /// Begins a call of a function with `latency = false`; it ends in [`run_untimed`](super::run::run_untimed).
    #[inline]
    pub fn begin_untimed(self) -> Open {
        any(self)
    }

    /// Returns the state of a call that begins when it is polled.
    #[inline]
    pub fn wait(self) -> State {
        State::new(self, true)
    }

    /// Returns the state of a future whose function has `latency = false`.
    #[inline]
    pub fn wait_untimed(self) -> State {
        State::new(self, false)
    }
}

/// Begins a call without labels or fields, timed in place.
#[inline(never)]
pub(crate) fn plain(site: &'static Site) -> Open {
    match Quick::begin_plainly(site, 0) {
        Some(quick) => Open::quick(quick),
        None => otherwise(site, 0),
    }
}

/// Begins a call with labels.
#[inline(never)]
fn labelled(site: &'static Site, lane: usize) -> Open {
    match Quick::begin_plainly(site, lane) {
        Some(quick) => Open::quick(quick),
        None => otherwise(site, lane),
    }
}

#[inline(never)]
fn untimed(site: &'static Site) -> Open {
    match Quick::begin_untimed(site) {
        Some(quick) => Open::quick(quick),
        None => otherwise(site, 0),
    }
}

#[inline(never)]
fn otherwise(site: &'static Site, lane: usize) -> Open {
    any(Start {
        site,
        lane,
        declared: None,
    })
}

/// Begins a call of any kind.
#[inline(never)]
pub(crate) fn any(start: Start) -> Open {
    if start.declared.is_none()
        && let Some(quick) = Quick::begin(start.site, start.lane)
    {
        return Open::quick(quick);
    }
    in_full(start)
}

#[cold]
#[inline(never)]
fn in_full(start: Start) -> Open {
    Quick::claim(&start).map_or_else(|| Open::full(Full::begin(start)), Open::quick)
}
