//! The JSON line of a call that succeeded, written from the call's own data.
//!
//! It is the line that [`JsonLayer`](super::JsonLayer) writes of the call's event. Where only the runtime's
//! own subscriber would see the event, neither the event nor the span has to be made.

use tracing::field::Field;
use tracing::level_filters::LevelFilter;
use tracing::{Subscriber, dispatcher};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::registry::LookupSpan;

use super::json::{Fields, close, push_ids, push_now, push_opened, write_line};
use super::json_text::{push_name, push_name_in_span, push_safely, push_str, push_value};
use super::{counter, export, late, places, queued_stdout};
use crate::base::clock::milliseconds;
use crate::base::fields::FieldValue;
use crate::callsite::Site;
use crate::callsite::events::pending::{PendingCall, Place, with_unopened};
use crate::callsite::events::{Events, OpensSpans, Prepared, Wanted, telling};
use crate::context::trace::asked;

/// A call that succeeded, and whose span was not opened.
pub(crate) struct EndedCall<'a> {
    pub(crate) site: &'static Site,
    pub(crate) events: &'static Events,
    pub(crate) place: &'a Place,
    pub(crate) fields: Option<&'a [FieldValue]>,
    /// `None` if calls are not timed.
    pub(crate) seconds: Option<f64>,
}

impl EndedCall<'_> {
    /// Returns `true` if lines of this thread are written as JSON and go nowhere else.
    pub(crate) fn is_direct() -> bool {
        late::is_json() && !export::is_wanted() && asked::raised() == LevelFilter::OFF
    }

    /// Writes its line, if the log shows it. Returns `false` if the subscriber has to see its event.
    pub(crate) fn write_line(&self) -> bool {
        if !Self::is_direct() {
            return false;
        }
        let metadata = match self.events.ok_line(self.site) {
            Wanted::Always(metadata) => metadata,
            Wanted::Never => return true,
            Wanted::Sometimes => return false,
        };
        if !places::admits(metadata, false) {
            counter::count(*metadata.level());
            return true;
        }
        let write = |around: &[PendingCall]| {
            dispatcher::get_default(|current| {
                let subscriber = current.downcast_ref::<OpensSpans>()?;
                let writer = || queued_stdout().make_writer_for(metadata);
                Some(write_line(writer, |line| {
                    self.push(line, around, subscriber);
                }))
            })
        };
        let Some(bytes) = telling(|| with_unopened(write)).flatten() else {
            return false;
        };
        counter::count(*metadata.level());
        places::count(metadata, false, bytes);
        true
    }

    fn push(&self, line: &mut Vec<u8>, around: &[PendingCall], subscriber: &OpensSpans) {
        let prepared = prepared(self.events, self.site);
        line.extend_from_slice(br#"{"timestamp":""#);
        push_now(line);
        line.extend_from_slice(&prepared.head);
        if let Some(seconds) = self.seconds {
            line.extend_from_slice(br#""duration_ms":"#);
            push_value(line, milliseconds(seconds));
            line.push(b',');
        }
        let fields = line.len();
        push_fields::<false>(line, (self.events, self.site), self.fields);
        let fields = fields..line.len();
        // The comma behind them goes with `close`.
        let fields = fields.start..fields.end.saturating_sub(1).max(fields.start);
        close(line, b'}');
        line.extend_from_slice(&prepared.target);
        push_ids(line);
        line.extend_from_slice(br#","spans":["#);
        push_around(line, self.place, around, subscriber);
        line.push(b'{');
        if prepared.names_in_span.is_some() {
            push_fields::<true>(line, (self.events, self.site), self.fields);
        } else if !fields.is_empty() {
            line.extend_from_within(fields);
            line.push(b',');
        }
        line.extend_from_slice(&prepared.span);
        line.pop();
        line.extend_from_slice(b"]}\n");
    }
}

/// Writes the spans around a call, each followed by a comma: those that are open, then those that are not.
fn push_around(line: &mut Vec<u8>, place: &Place, around: &[PendingCall], subscriber: &OpensSpans) {
    // A call that has waited elsewhere has its place there.
    let fixed = |place: &Place| !matches!(place, Place::Here);
    let (base, around) = if fixed(place) {
        (place, [].as_slice())
    } else if let Some(at) = around.iter().rposition(|call| fixed(&call.place)) {
        (&around[at].place, &around[at..])
    } else {
        (&Place::Here, around)
    };
    push_base(line, base, subscriber);
    for call in around {
        let Some(events) = call.site.events() else {
            continue;
        };
        line.push(b'{');
        push_fields::<true>(line, (events, call.site), call.fields());
        line.extend_from_slice(&prepared(events, call.site).span);
    }
}

/// Writes the spans of a place, from the root on, each followed by a comma.
fn push_base(line: &mut Vec<u8>, place: &Place, subscriber: &OpensSpans) {
    let Some(registry) = subscriber.registry() else {
        return;
    };
    let innermost = match place {
        Place::Here => registry.current_span().id().cloned(),
        Place::Root => None,
        Place::Inside(span) => span.id(),
    };
    if let Some(innermost) = innermost.and_then(|id| registry.span(&id)) {
        for span in innermost.scope().from_root() {
            push_opened(line, &span);
        }
    }
}

/// Writes the fields that a call declares, in its line or its span, each followed by a comma.
fn push_fields<const IN_SPAN: bool>(
    line: &mut Vec<u8>,
    (events, site): (&'static Events, &'static Site),
    fields: Option<&[FieldValue]>,
) {
    let Some(fields) = fields.filter(|fields| !fields.is_empty()) else {
        return;
    };
    let prepared = prepared(events, site);
    let in_span = prepared.names_in_span.as_ref().filter(|_| IN_SPAN);
    let names = in_span.unwrap_or(&prepared.names);
    for (at, (name, value)) in names.iter().zip(fields).enumerate() {
        let start = line.len();
        line.extend_from_slice(name);
        // A number is no secret: those of secret names are not recorded.
        match value {
            FieldValue::Bool(value) => push_value(line, value),
            FieldValue::Int(value) => push_value(line, value),
            FieldValue::Unsigned(value) => push_value(line, value),
            FieldValue::Float(value) => push_value(line, value),
            other => {
                line.truncate(start);
                if let Some(field) = events.declared_fields().nth(at) {
                    (other.as_value()).record(&field, &mut Fields::<IN_SPAN>(line));
                }
                continue;
            }
        }
        line.push(b',');
    }
}

fn prepared(events: &'static Events, site: &'static Site) -> &'static Prepared {
    events.prepared(site, |level, values| {
        let mut head = br#"","level":""#.to_vec();
        head.extend_from_slice(level.as_str().as_bytes());
        head.extend_from_slice(br#"","fields":{"#);
        for (name, value) in values {
            push_name(&mut head, name);
            push_safely(&mut head, name, |out| push_str(out, value));
            head.push(b',');
        }
        let mut target = br#","target":"#.to_vec();
        push_str(&mut target, site.log_target());
        let mut span = br#""name":"#.to_vec();
        push_str(&mut span, site.function());
        span.extend_from_slice(b"},");
        let names = names_of(events, push_name);
        let names_in_span = names_of(events, push_name_in_span);
        Prepared {
            head: head.into(),
            names_in_span: Some(names_in_span).filter(|other| *other != names),
            names,
            target: target.into(),
            span: span.into(),
        }
    })
}

/// Returns the names of the fields that a function declares, as `push` writes them.
fn names_of(events: &Events, push: impl Fn(&mut Vec<u8>, &str)) -> Box<[Box<[u8]>]> {
    let name = |field: Field| {
        let mut name = Vec::new();
        push(&mut name, field.name());
        name.into()
    };
    events.declared_fields().map(name).collect()
}
