//! Hides secrets in events and transactions just before they leave, whether the runtime, the
//! service or an integration wrote them.

use sentry::Breadcrumb;
use sentry::Envelope;
use sentry::protocol::{
    Context, EnvelopeItem, Event, Exception, Frame, Map, Request, Transaction, User, Value,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::base::redact::{HIDDEN, hidden, is_secret, without_secrets};

/// Hides the secrets of an event, in every field that user code can set.
pub(super) fn clean(event: &mut Event<'static>) {
    event.exception.values.iter_mut().for_each(exception);
    let texts = [
        &mut event.message,
        &mut event.culprit,
        &mut event.transaction,
        &mut event.logger,
    ];
    texts.into_iter().flatten().for_each(shown);
    if let Some(entry) = &mut event.logentry {
        shown(&mut entry.message);
        entry.params.iter_mut().for_each(nested);
    }
    if event.fingerprint.iter().any(|part| hidden(part).is_some()) {
        let parts = event.fingerprint.iter();
        let clean = parts.map(|part| without_secrets(part.to_string()).into());
        event.fingerprint = clean.collect();
    }
    event.breadcrumbs.values.iter_mut().for_each(breadcrumb);
    map(&mut event.extra);
    strings(&mut event.tags);
    contexts(&mut event.contexts);
    request(&mut event.request);
    user(&mut event.user);
}

/// Hides the secrets of a transaction. Sentry's client has no hook for one, so the transport calls this.
pub(super) fn envelope(envelope: Envelope) -> Envelope {
    let is_transaction = |item: &EnvelopeItem| matches!(item, EnvelopeItem::Transaction(_));
    if !envelope.items().any(is_transaction) {
        return envelope;
    }
    let mut clean = Envelope::new().with_headers(envelope.headers().clone());
    for mut item in envelope.into_items() {
        if let EnvelopeItem::Transaction(sent) = &mut item {
            transaction(sent);
        }
        clean.add_item(item);
    }
    clean
}

fn transaction(transaction: &mut Transaction<'static>) {
    transaction.name.iter_mut().for_each(shown);
    map(&mut transaction.extra);
    strings(&mut transaction.tags);
    contexts(&mut transaction.contexts);
    request(&mut transaction.request);
    user(&mut transaction.user);
    for span in &mut transaction.spans {
        span.description.iter_mut().for_each(shown);
        map(&mut span.data);
        strings(&mut span.tags);
    }
}

fn exception(exception: &mut Exception) {
    exception.value.iter_mut().for_each(shown);
    if let Some(mechanism) = &mut exception.mechanism {
        mechanism.description.iter_mut().for_each(shown);
        map(&mut mechanism.data);
    }
    let stacks = [&mut exception.stacktrace, &mut exception.raw_stacktrace];
    let frames = stacks
        .into_iter()
        .flatten()
        .flat_map(|stack| &mut stack.frames);
    frames.for_each(|frame: &mut Frame| map(&mut frame.vars));
}

fn contexts(contexts: &mut Map<String, Context>) {
    for context in contexts.values_mut() {
        match context {
            Context::Other(values) => map(values),
            // The runtime itself writes only ids.
            Context::Trace(trace) => {
                trace.description.iter_mut().for_each(shown);
                map(&mut trace.data);
            }
            typed => *typed = whole(typed).unwrap_or_else(|| Context::Other(Map::new())),
        }
    }
}

fn request(request: &mut Option<Request>) {
    let Some(sent) = request else { return };
    sent.cookies.take();
    if let Some(query) = &mut sent.query_string {
        // More names are secret in a query than in running text.
        let clean = without_secrets(format!("?{query}"));
        clean.trim_start_matches('?').clone_into(query);
    }
    *request = whole(sent);
}

fn user(user: &mut Option<User>) {
    *user = user.as_ref().and_then(whole);
}

/// Hides the secrets in a value with many fields. Returns `None` if it has no form without them.
fn whole<T: Serialize + DeserializeOwned>(part: &T) -> Option<T> {
    let mut value = serde_json::to_value(part).ok()?;
    nested(&mut value);
    serde_json::from_value(value).ok()
}

fn breadcrumb(breadcrumb: &mut Breadcrumb) {
    breadcrumb.message.iter_mut().for_each(shown);
    map(&mut breadcrumb.data);
}

fn shown(text: &mut String) {
    if let Some(clean) = hidden(text) {
        *text = clean;
    }
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
