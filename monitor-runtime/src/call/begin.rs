//! Begins calls, with and without labels, fields and a clock.

use super::guard::CallGuard;
use crate::call::start::Start;
use crate::call::{FastCall, FullCall};
use crate::callsite::Site;

impl Site {
    /// Begins a call without declared values.
    #[inline]
    pub fn begin(&'static self) -> CallGuard {
        plain(self)
    }

    /// Begins a call of a function with `latency = false`, whose end is not timed either.
    #[inline]
    pub fn begin_untimed(&'static self) -> CallGuard {
        untimed(self)
    }
}

/// Calls with declared values.
impl Start {
    /// Begins the call.
    #[inline]
    pub fn begin(self) -> CallGuard {
        if self.declared.is_some() {
            any(self)
        } else {
            labelled(self.site, self.label_set)
        }
    }

    /// Begins a call of a function with `latency = false`, whose end is not timed either.
    #[inline]
    pub fn begin_untimed(self) -> CallGuard {
        any(self)
    }
}

/// Begins a call without labels or fields, timed in place.
#[inline(never)]
fn plain(site: &'static Site) -> CallGuard {
    plain_in_place(site)
}

#[inline]
pub(crate) fn plain_in_place(site: &'static Site) -> CallGuard {
    match FastCall::begin_plainly(site, 0) {
        Some(quick) => CallGuard::quick(quick),
        None => otherwise(site, 0),
    }
}

/// Begins a call with labels.
#[inline(never)]
fn labelled(site: &'static Site, label_set: usize) -> CallGuard {
    match FastCall::begin_plainly(site, label_set) {
        Some(quick) => CallGuard::quick(quick),
        None => otherwise(site, label_set),
    }
}

#[inline(never)]
fn untimed(site: &'static Site) -> CallGuard {
    match FastCall::begin_untimed(site) {
        Some(quick) => CallGuard::quick(quick),
        None => otherwise(site, 0),
    }
}

#[inline(never)]
fn otherwise(site: &'static Site, label_set: usize) -> CallGuard {
    if let Some(diverted) = FastCall::begin_diverted(site, label_set) {
        return CallGuard::quick(diverted);
    }
    any(Start {
        site,
        label_set,
        declared: None,
    })
}

/// Begins a call of any kind.
#[inline(never)]
pub(crate) fn any(start: Start) -> CallGuard {
    if start.declared.is_none()
        && let Some(quick) = FastCall::begin(start.site, start.label_set)
    {
        return CallGuard::quick(quick);
    }
    if !start.site.is_watched() {
        return in_full(start);
    }
    FastCall::begin_logged(start).map_or_else(in_full, CallGuard::quick)
}

#[cold]
#[inline(never)]
fn in_full(start: Start) -> CallGuard {
    FastCall::claim(&start)
        .map_or_else(|| CallGuard::full(FullCall::begin(start)), CallGuard::quick)
}
