//! The room without the feature `sentry`: panics have their lines in the log, and nothing is sent.

mod own_line;
mod panic_hook;
pub(crate) mod panic_lines;

use std::convert::Infallible;
use std::panic::PanicHookInfo;
use std::sync::Arc;
use std::time::Duration;

use tracing_subscriber::layer::Identity;

use crate::base::fields::Recorded;
use crate::base::rate_limit::Limit;
use crate::base::verdict::Link;
use crate::callsite::Site;
use crate::callsite::rate_limits::Kind;
use crate::context::{EventContext, Line};
use crate::settings::config::Config;

pub(crate) use own_line::{as_own, own_line};
pub(crate) use panic_hook::install_hook;

/// The destination of events, which never leads anywhere here.
#[derive(Clone, Copy)]
pub(crate) struct Destination;

impl Destination {
    pub(crate) fn is_own(self) -> bool {
        false
    }

    /// Returns the words for it in the line about the start.
    pub(crate) fn as_str(self) -> &'static str {
        "off: built without the feature `sentry`"
    }
}

/// Starts nothing.
pub(crate) fn start(_: &Config) -> Destination {
    Destination
}

pub(crate) fn stop(_: Duration, _: bool) {}

/// Returns `false`: nothing is sent.
pub(crate) fn is_on() -> bool {
    false
}

pub(crate) fn is_flushed() -> bool {
    true
}

pub(crate) fn hurry() {}

pub(crate) fn switch_off() {}

/// Returns the events so far, by result: none.
pub(crate) fn captures() -> [(&'static str, u64); 3] {
    ["sent", "suppressed", "dropped"].map(|result| (result, 0))
}

pub(crate) fn admits(_: &Site, _: Kind) -> bool {
    false
}

pub(crate) fn error(_: &Site, _: &[Link], _: &str, _: Option<&Recorded>, _: EventContext) {}

pub(crate) fn unreported(_: &Site, _: &str, _: bool) {}

pub(crate) fn withdraw(_: &Arc<Line>) {}

pub(crate) fn unhealthy(_: &str, _: &str, _: &Limit) {}

pub(crate) fn blocked_worker(_: &str, _: &str, _: Vec<(&str, String)>, _: EventContext, _: &Limit) {
}

pub(crate) fn request_failed(_: &str, _: &str, _: &str) {}

fn report_panic(_: &PanicHookInfo<'_>) {}

fn send_before_abort(_: Duration) {}

fn mute() {}

/// Returns the layer that does nothing.
pub(crate) fn sentry_layer() -> Identity {
    Identity::new()
}

/// A hub for a task, which never exists here.
pub(crate) enum TaskHub {}

impl TaskHub {
    pub(crate) fn fork() -> Option<Self> {
        None
    }

    pub(crate) fn enter(&self) -> Option<Infallible> {
        match *self {}
    }
}
