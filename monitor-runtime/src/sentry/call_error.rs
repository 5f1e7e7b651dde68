//! Events of errors that come out of monitored calls.

use sentry::protocol::Event;
use sentry::{Breadcrumb, Level};

use super::deliver;
use super::event::{exceptions, fingerprint, set_fields, set_scene};
use super::field_json::json;
use crate::base::fields::{FieldValue, Recorded};
use crate::base::verdict::Link;
use crate::callsite::Site;
use crate::context;
use crate::context::EventContext;
use crate::settings::sentry_level::SentryLevel;

/// Captures an error where it first came out of monitored code.
#[cold]
pub(crate) fn error(
    site: &'static Site,
    chain: &[Link],
    class: &str,
    recorded: Option<&Recorded>,
    scene: EventContext,
) {
    let exceptions = exceptions(chain, "monitored");
    let type_name = chain.first().map_or("", |link| link.type_name.as_str());
    let kind = if class.is_empty() { type_name } else { class };
    let mut event = Event {
        exception: exceptions.into(),
        level: level(site.sentry_level),
        fingerprint: fingerprint(site, kind),
        ..Event::default()
    };
    if !class.is_empty() {
        event.tags.insert("error_class".into(), class.to_owned());
    }
    set_scene(&mut event, scene, None);
    if let Some(recorded) = recorded {
        declare(&mut event, site, recorded);
    }
    deliver(event);
}

fn level(level: SentryLevel) -> Level {
    match level {
        SentryLevel::Debug => Level::Debug,
        SentryLevel::Info => Level::Info,
        SentryLevel::Warning => Level::Warning,
        SentryLevel::Error => Level::Error,
        SentryLevel::Fatal => Level::Fatal,
    }
}

/// Adds a breadcrumb for an error without an event, for later events of the functions around it.
pub(crate) fn unreported(site: &Site, text: &str, expected: bool) {
    let breadcrumb = Breadcrumb {
        ty: "error".into(),
        category: Some(site.function().to_owned()),
        level: if expected { Level::Info } else { Level::Error },
        message: Some(text.to_owned()),
        ..Breadcrumb::default()
    };
    context::keep_breadcrumb(breadcrumb);
}

/// Adds the values that a call recorded.
fn declare(event: &mut Event<'static>, site: &Site, recorded: &Recorded) {
    let shown = |value: &&FieldValue| **value != FieldValue::Empty;
    let fields = site.fields.iter().zip(recorded.fields());
    let fields = fields.filter(|(_, value)| shown(value));
    let values = fields.map(|(name, value)| ((*name).to_owned(), json(value)));
    set_fields(event, values.collect());
    let tags = site.tags.iter().zip(recorded.tags());
    let tags = tags.filter(|(_, value)| shown(value));
    event
        .tags
        .extend(tags.map(|(name, value)| ((*name).to_owned(), value.to_string())));
    if !recorded.fingerprint().is_empty() {
        let parts = recorded.fingerprint().iter();
        let parts = parts.map(|part| part.to_string().into());
        event.fingerprint = parts.collect();
    }
}
