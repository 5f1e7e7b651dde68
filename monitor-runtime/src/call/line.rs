//! The line of a call that has ended.

use tracing::Level;

use crate::base::fields::FieldValue;
use crate::base::outcome::Outcome;
use crate::base::unwind;
use crate::callsite::Site;
use crate::callsite::events::{CallSpan, Completion, Events, is_telling, telling};
use crate::context::trace;
use crate::logs::EndedCall;
use crate::{logs, sentry};

/// Writes the line of a call that succeeded in time and has no value to show.
pub(super) fn write_plain(
    site: &'static Site,
    events: &'static Events,
    span: &mut CallSpan,
    seconds: Option<f64>,
    fields: Option<&[FieldValue]>,
) {
    // Without a line a span that is not open is needed no more.
    if !site.log {
        return;
    }
    if let Some(place) = span.pending_place() {
        let ended = EndedCall {
            site,
            events,
            place,
            fields,
            seconds,
        };
        if ended.write_line() {
            return;
        }
    }
    span.prepare(site, fields);
    let write = || events.write_plain(site, span, seconds, fields);
    sentry::own_line(site.level == Level::ERROR, || {
        if !is_telling() {
            telling(write);
        }
    });
}

/// Writes the line of a call that succeeded in time, has no value to show and is on no list any more, and leaves its
/// span.
// If the span is open, one guard against panics of the subscriber covers the line and the exit.
#[inline]
pub(super) fn write_plain_and_leave(
    site: &'static Site,
    events: &'static Events,
    span: &mut CallSpan,
    seconds: Option<f64>,
    fields: Option<&[FieldValue]>,
) {
    if span.pending_place().is_some() {
        unwind::quietly(|| write_plain(site, events, span, seconds, fields));
    } else if site.log {
        span.prepare(site, fields);
        let write = |span: &CallSpan| events.write_plain(site, span, seconds, fields);
        let is_error = site.level == Level::ERROR;
        span.exit_after(|span| sentry::as_own(is_error, || write(span)));
    } else {
        span.exit(&mut None);
    }
}

/// Writes the line of a call, and records its outcome on its span.
pub(super) fn write(
    site: &'static Site,
    events: &'static Events,
    span: &mut CallSpan,
    completion: &Completion<'_>,
) {
    let is_ok = completion.outcome == Outcome::Ok;
    if is_ok && !completion.slow && completion.value.is_none() {
        return write_plain(site, events, span, completion.seconds, completion.fields);
    }
    span.prepare(site, completion.fields);
    let is_error = !is_ok || site.ret_level == Some(Level::ERROR);
    let write = || {
        sentry::own_line(is_error, || {
            if events.close(site, span, completion) {
                trace::note_logged();
            }
        });
    };
    // A place that writes too much may leave out no line that tells of a problem.
    if is_ok && !completion.slow {
        write();
    } else {
        logs::places::exempt(write);
    }
}
