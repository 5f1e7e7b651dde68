//! Sentry: the client, and the events that monitored code makes.

mod panic;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use sentry::integrations::panic::PanicIntegration;
use sentry::integrations::{backtrace, contexts, debug_images};
use sentry::protocol::{Context, Event, Exception, Value};
use sentry::{Client, ClientOptions, Hub, Scope};

pub(crate) use panic::{install_hook, quietly};

use crate::config::Config;
use crate::fields::Recorded;
use crate::site::Site;
use crate::verdict::Link;
use crate::{testkit, trace_context};

/// The client in use; ours, or the one the user bound before `start()`.
static CLIENT: RwLock<Option<Reporter>> = RwLock::new(None);
/// Whether there is one: all that a call that succeeds ever asks.
static ON: AtomicBool = AtomicBool::new(false);

#[derive(Clone)]
struct Reporter {
    client: Arc<Client>,
    service: Arc<str>,
    /// The user's client with the panic integration reports panics itself.
    panics: bool,
}

/// Whether errors and panics are sent anywhere.
#[inline]
pub(crate) fn is_on() -> bool {
    ON.load(Ordering::Relaxed) || testkit::is_active()
}

fn reporter() -> Option<Reporter> {
    if !is_on() {
        return None;
    }
    CLIENT
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

fn set(reporter: Option<Reporter>) -> Option<Reporter> {
    let mut slot = CLIENT.write().unwrap_or_else(PoisonError::into_inner);
    ON.store(reporter.is_some(), Ordering::Relaxed);
    std::mem::replace(&mut *slot, reporter)
}

/// Where events go.
pub(crate) enum Destination {
    /// To the DSN of the configuration.
    Dsn,
    /// To the client that was there before.
    Existing,
    /// Nowhere: no DSN.
    Nowhere,
}

/// Begins to report, to the user's own client if one is bound, else to the DSN.
pub(crate) fn start(config: &Config) -> Destination {
    let service: Arc<str> = config.service_name.as_str().into();
    if let Some(client) = Hub::main().client().filter(|client| client.is_enabled()) {
        let reports_panics = || sentry::with_integration(|_: &PanicIntegration, _| true);
        let panics = !Hub::run(Hub::main(), reports_panics);
        set(Some(Reporter {
            client,
            service,
            panics,
        }));
        return Destination::Existing;
    }
    let Some(dsn) = config.sentry_dsn.clone() else {
        return Destination::Nowhere;
    };
    let mut options = ClientOptions::new()
        .release(config.release.clone())
        .environment(config.environment.clone())
        .send_default_pii(false)
        .attach_stacktrace(true)
        // Sentry's own 30 drop events in a burst that a loopback or a near server could take.
        .transport_channel_capacity(1000)
        // Named one by one: the default set has the panic hook that flushes while unwinding.
        .default_integrations(false)
        .add_integration(backtrace::AttachStacktraceIntegration)
        .add_integration(debug_images::DebugImagesIntegration::default())
        .add_integration(contexts::ContextIntegration::default())
        .add_integration(backtrace::ProcessStacktraceIntegration)
        .in_app_exclude(["monitor_runtime", "std", "core", "tokio", "hyper", "warp"]);
    options.dsn = Some(dsn);
    if let Some(rate) = config.traces_sample_rate {
        options = options.traces_sample_rate(rate);
    }
    let client = Arc::new(Client::from(sentry::apply_defaults(options)));
    // Threads copy the main hub; this one has a copy already.
    Hub::main().bind_client(Some(Arc::clone(&client)));
    Hub::current().bind_client(Some(Arc::clone(&client)));
    set(Some(Reporter {
        client,
        service,
        panics: true,
    }));
    Destination::Dsn
}

/// Sends what is queued, for at most `deadline`, and stops reporting; blocks.
pub(crate) fn stop(deadline: Duration, ours: bool) {
    if let Some(reporter) = set(None) {
        if ours {
            reporter.client.close(Some(deadline));
            Hub::main().bind_client(None);
        } else {
            reporter.client.flush(Some(deadline));
        }
    }
}

/// Captures an error where it first came out of monitored code.
pub(crate) fn error(site: &Site, chain: &[Link], class: &str, fields: Option<&[Recorded]>) {
    // Sentry shows the last exception first: the outermost error comes last.
    let exceptions = chain.iter().rev().map(|link| Exception {
        ty: link.type_name.clone(),
        value: Some(link.text.clone()),
        ..Exception::default()
    });
    let mut event = Event {
        exception: exceptions.collect::<Vec<_>>().into(),
        level: site.sentry_level,
        ..Event::default()
    };
    if !class.is_empty() {
        event.tags.insert("error_class".into(), class.to_owned());
    }
    deliver(event, Some(site), fields);
}

/// Hands an event to a test that captures, or else to Sentry.
fn deliver(mut event: Event<'static>, site: Option<&Site>, fields: Option<&[Recorded]>) {
    if let Some(site) = site {
        let function = site.function().to_owned();
        event.transaction = Some(function.clone());
        event.tags.insert("function".into(), function);
        event.tags.insert("module".into(), site.module().to_owned());
        declare(&mut event, site, fields.unwrap_or_default());
    }
    trace_context::describe(&mut event);
    let Some(mut event) = testkit::captured(event) else {
        return;
    };
    if let Some(reporter) = reporter() {
        let service = reporter.service.to_string();
        event.tags.insert("service".into(), service);
        reporter.hub().capture_event(event);
    }
}

impl Reporter {
    /// The hub of the caller, with its scope; one of our own where it has no client.
    ///
    /// A thread that was there before `start()` has a hub without a client.
    fn hub(&self) -> Arc<Hub> {
        // A thread that ends may have no hub any more, and Sentry panics when asked for it.
        let current = quietly(Hub::current);
        if let Some(current) = current.filter(|hub| hub.client().is_some()) {
            return current;
        }
        let scope = Arc::new(Scope::default());
        Arc::new(Hub::new(Some(Arc::clone(&self.client)), scope))
    }
}

/// Puts what a call recorded where it belongs: fields, then tags, then the fingerprint.
fn declare(event: &mut Event<'static>, site: &Site, recorded: &[Recorded]) {
    let shown = |value: &&Recorded| **value != Recorded::Empty;
    let (fields, rest) = recorded.split_at(site.fields.len().min(recorded.len()));
    let (tags, fingerprint) = rest.split_at(site.tags.len().min(rest.len()));
    let fields = site
        .fields
        .iter()
        .zip(fields)
        .filter(|(_, value)| shown(value));
    let values = fields.map(|(name, value)| ((*name).to_owned(), json(value)));
    let values: sentry::protocol::Map<String, Value> = values.collect();
    if !values.is_empty() {
        event
            .contexts
            .insert("fields".into(), Context::Other(values));
    }
    let tags = site.tags.iter().zip(tags).filter(|(_, value)| shown(value));
    event
        .tags
        .extend(tags.map(|(name, value)| ((*name).to_owned(), value.to_string())));
    if !fingerprint.is_empty() {
        let parts = fingerprint.iter().map(|part| part.to_string().into());
        event.fingerprint = parts.collect();
    }
}

fn json(value: &Recorded) -> Value {
    match value {
        Recorded::Bool(value) => (*value).into(),
        Recorded::Int(value) => (*value).into(),
        Recorded::Unsigned(value) => (*value).into(),
        Recorded::Float(value) => (*value).into(),
        other => other.to_string().into(),
    }
}
