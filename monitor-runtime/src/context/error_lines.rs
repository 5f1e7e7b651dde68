//! Holds back the events of the service's own ERROR lines until the call they are written in has
//! ended.
//!
//! A service often logs an error and returns it, which is one failure reported twice. So the event
//! of the line waits for a moment. If the function that wrote it returns the same error, only the
//! error becomes an event.

use std::sync::atomic::{AtomicBool, Ordering};

use super::error_identity::Known;
use super::innermost;
use crate::base::verdict::Link;
use crate::callsite::Site;
use crate::context::sentry_types::Uuid;

/// A line whose event waits.
pub(crate) struct Line {
    /// The id of its event.
    pub(crate) event: Uuid,
    /// The function that wrote it.
    site: &'static Site,
    /// Its message and its fields.
    texts: Vec<String>,
    /// The error among its fields, with its sources.
    chain: Vec<Link>,
    /// Set once its event is sent or withdrawn.
    settled: AtomicBool,
}

impl Line {
    /// Creates a line of the current function; `None` outside all functions.
    pub(super) fn new(event: Uuid, texts: Vec<String>, chain: Vec<Link>) -> Option<Self> {
        Some(Self {
            event,
            site: innermost()?,
            texts,
            chain,
            settled: AtomicBool::new(false),
        })
    }

    /// Returns `true` to one caller only: the sender of the event, or the error that replaces it.
    pub(crate) fn settle(&self) -> bool {
        !self.settled.swap(true, Ordering::AcqRel)
    }

    /// Returns `true` if it waits, and reports this error of the function that wrote it.
    pub(super) fn tells_of(&self, error: &Known, site: &'static Site) -> bool {
        let waits = !self.settled.load(Ordering::Acquire);
        waits
            && std::ptr::eq(self.site, site)
            && error.has_sources(&self.chain)
            && self.texts.iter().any(|text| error.is_told_by(text))
    }
}
