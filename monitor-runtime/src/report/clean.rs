//! The last look at an event before it leaves: secrets of whoever wrote into it are hidden.

use sentry::Breadcrumb;
use sentry::protocol::{Context, Event, Map, Value};

use crate::redact::{HIDDEN, is_secret, without_logins};

/// Hides what is secret by its name, and the logins of URLs, wherever code of the user's put them.
pub(super) fn clean(event: &mut Event<'static>) {
    let exceptions = event.exception.values.iter_mut();
    let texts = exceptions.filter_map(|exception| exception.value.as_mut());
    texts.chain(event.message.as_mut()).for_each(shown);
    event.breadcrumbs.values.iter_mut().for_each(breadcrumb);
    map(&mut event.extra);
    strings(&mut event.tags);
    for context in event.contexts.values_mut() {
        if let Context::Other(values) = context {
            map(values);
        }
    }
    if let Some(request) = &mut event.request {
        strings(&mut request.headers);
        request.cookies.take();
    }
}

fn breadcrumb(breadcrumb: &mut Breadcrumb) {
    breadcrumb.message.iter_mut().for_each(shown);
    map(&mut breadcrumb.data);
}

fn shown(text: &mut String) {
    *text = without_logins(std::mem::take(text));
}

fn strings(values: &mut Map<String, String>) {
    for (name, value) in values {
        if is_secret(name) {
            HIDDEN.clone_into(value);
        } else {
            shown(value);
        }
    }
}

fn map(values: &mut Map<String, Value>) {
    values.iter_mut().for_each(named);
}

fn named((name, value): (&String, &mut Value)) {
    if !is_secret(name) {
        return nested(value);
    }
    *value = HIDDEN.into();
}

fn nested(value: &mut Value) {
    match value {
        Value::String(text) => shown(text),
        Value::Array(values) => values.iter_mut().for_each(nested),
        Value::Object(values) => values.iter_mut().for_each(named),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
