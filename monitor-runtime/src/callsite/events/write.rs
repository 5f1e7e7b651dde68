//! Writes the completion event of a call, and records on its span that it did not succeed, or was slow.

use std::time::Duration;

use tracing::Level;
use tracing::field::Value;
use tracing_core::metadata::Kind;

use super::metadata::LogSite;
use super::values::{set_declared, with_values};
use super::{CallSpan, Completion, EVENT_FIELDS, Events, PANIC_FIELDS, asked, is_telling, telling};
use crate::base::clock::milliseconds;
use crate::base::fields::{FieldValue, clashes};
use crate::base::outcome::Outcome;
use crate::base::verdict::Shown;
use crate::callsite::Site;

impl Events {
    /// Writes the completion event inside the span, and records on it that the call failed or was slow.
    ///
    /// Returns `true` if the event reports a failure at level `WARN` or above.
    pub(crate) fn close(
        &self,
        site: &'static Site,
        span: &CallSpan,
        completion: &Completion<'_>,
    ) -> bool {
        !is_telling() && telling(|| self.tell(site, span, completion))
    }

    fn tell(&self, site: &'static Site, span: &CallSpan, completion: &Completion<'_>) -> bool {
        let duration_ms = completion.seconds.map(milliseconds);
        let reported = site.log && self.write(site, span, completion, duration_ms);
        // After the event, which has both itself. Of a call that succeeded the span tells everything by its
        // end, and for some layers one more visit costs as much as the line.
        let is_plain = completion.outcome == Outcome::Ok && !completion.slow;
        let Some(span) = span.opened().filter(|_| !is_plain) else {
            return reported;
        };
        let metadata = self.span.metadata();
        let result = completion.outcome.as_str();
        with_values(metadata, |values| {
            // In the order of SPAN_FIELDS; absent values keep what they were.
            values[0] = Some(&result);
            values[1] = duration_ms.as_ref().map(|duration_ms| duration_ms as _);
            span.record_all(&metadata.fields().value_set_all(values));
        });
        reported
    }

    /// Writes the completion event of a call that succeeded in time and has no value to show. For code that is
    /// [`telling`].
    pub(crate) fn write_plain(
        &self,
        site: &'static Site,
        span: &CallSpan,
        seconds: Option<f64>,
        fields: Option<&[FieldValue]>,
    ) {
        if !self.finished.enabled() {
            return;
        }
        let message = self.messages.ok();
        let function = site.function();
        let result = Outcome::Ok.as_str();
        let duration_ms = seconds.map(milliseconds);
        let metadata = self.finished.metadata();
        with_values(metadata, |values| {
            // In the order of EVENT_FIELDS.
            values[0] = Some(&message);
            values[1] = Some(&function);
            values[2] = Some(&result);
            values[3] = duration_ms.as_ref().map(|duration_ms| duration_ms as _);
            let others = [site.ret_level.is_some(), site.slow.is_some()].map(usize::from);
            let others = EVENT_FIELDS.len() + others[0] + others[1];
            set_declared(values, others, fields);
            let values = metadata.fields().value_set_all(values);
            span.event(metadata, &values);
        });
    }

    /// Returns `true` if a panic that ends a call would be shown.
    pub(crate) fn panic_enabled(&self) -> bool {
        asked(|| self.panicked.enabled())
    }

    /// Returns `true` if no subscriber shows any line of the function, not even an ERROR. Only valid once they are
    /// registered.
    pub(crate) fn is_hidden(&self) -> bool {
        self.panicked.known() == Some(false)
    }

    fn event(&self, site: &'static Site, completion: &Completion<'_>) -> &'static LogSite {
        match completion.outcome {
            // `err(..)` sets the level of errors. A panic is a bug, so it is always an `ERROR`.
            Outcome::Panic if completion.told_panic().is_some() => {
                self.panicked_in_full.get_or_init(|| {
                    let names = EVENT_FIELDS.into_iter().chain(PANIC_FIELDS);
                    let names: Vec<_> = names.chain(beside_a_panic(site)).collect();
                    LogSite::leak(site, Level::ERROR, Kind::EVENT, names.leak())
                })
            }
            Outcome::Panic if completion.loud => self.panicked,
            Outcome::Error if completion.loud && site.error_log => self.failed,
            Outcome::Cancelled => self.warned,
            _ if completion.slow => self.warned,
            Outcome::Ok if completion.value.is_some() => self.returned.unwrap_or(self.finished),
            _ => self.finished,
        }
    }

    fn write(
        &self,
        site: &'static Site,
        span: &CallSpan,
        completion: &Completion<'_>,
        duration_ms: Option<f64>,
    ) -> bool {
        let event = self.event(site, completion);
        if !event.enabled() {
            return false;
        }
        let function = site.function();
        let message = self.messages.of_end(completion);
        let result = completion.outcome.as_str();
        let class = Some(completion.class).filter(|class| !class.is_empty());
        let is_cancelled = completion.outcome == Outcome::Cancelled;
        let (reason, class) = (
            class.filter(|_| is_cancelled),
            class.filter(|_| !is_cancelled),
        );
        let value = completion.value.map(Shown::text);
        let threshold_ms = site
            .slow
            .map(|limit| milliseconds(Duration::from_nanos(limit).as_secs_f64()));
        let panic = completion.told_panic();
        let panic = panic.map(|panic| (panic.thread.as_str(), panic.backtrace.as_deref()));
        let metadata = event.metadata();
        with_values(metadata, |values| {
            let own: [Option<&dyn Value>; EVENT_FIELDS.len()] = [
                Some(&message),
                Some(&function),
                Some(&result),
                duration_ms.as_ref().map(|duration_ms| duration_ms as _),
                completion.error.as_ref().map(|error| error as _),
                class.as_ref().map(|class| class as _),
                reason.as_ref().map(|reason| reason as _),
            ];
            values[..own.len()].copy_from_slice(&own);
            let mut at = own.len();
            if let Some((thread, backtrace)) = &panic {
                values[at] = Some(thread);
                values[at + 1] = backtrace.as_ref().map(|backtrace| backtrace as _);
                at += PANIC_FIELDS.len();
            } else {
                if site.ret_level.is_some() {
                    values[at] = value.as_ref().map(|value| value as _);
                    at += 1;
                }
                if let Some(threshold_ms) = &threshold_ms {
                    values[at] = completion.slow.then_some(threshold_ms);
                    at += 1;
                }
            }
            set_declared(values, at, completion.fields);
            let values = metadata.fields().value_set_all(values);
            span.event(metadata, &values);
        });
        completion.loud && *metadata.level() <= Level::WARN
    }
}

/// Returns the names of the fields that a function declares, on the line of a panic, which has fields of its own.
fn beside_a_panic(site: &Site) -> impl Iterator<Item = &'static str> {
    site.fields.iter().map(|name| {
        if PANIC_FIELDS.iter().any(|own| clashes(name, own)) {
            format!("{name}_").leak()
        } else {
            *name
        }
    })
}
