//! Makes events from errors, panics and log lines.

use std::borrow::Cow;
use std::path::Path;

use sentry::protocol::{
    Context, Event, Exception, Map, Mechanism, Stacktrace, TraceContext, Value,
};

use super::lines;
use crate::base::verdict::Link;
use crate::callsite::Site;
use crate::context::EventContext;
use crate::traces::Ids;

/// Prefixes of functions that are not in-app, if only their names are known: code that carries or
/// watches the call.
pub(super) const NOT_IN_APP: [&str; 12] = [
    "monitor_runtime::",
    "std::",
    "core::",
    "alloc::",
    "backtrace::",
    "futures_core::",
    "futures_util::",
    "hyper::",
    "hyper_util::",
    "tokio::",
    "tracing::",
    "warp::",
];

/// Paths of sources that are not in-app: the standard library, crates that cargo fetched, and this
/// crate.
const NOT_IN_APP_SOURCES: [&str; 5] = [
    "/rustc/",
    "/rustlib/src/",
    "/registry/src/",
    "/git/checkouts/",
    concat!(env!("CARGO_MANIFEST_DIR"), "/src/"),
];

/// The name that Sentry's client gives a function without a known name.
const UNKNOWN: &str = "<unknown>";

/// Sets an event's stack: on the outermost error, or on the thread that a message comes from.
pub(super) fn set_stack(event: &mut Event<'static>, mut stack: Option<Stacktrace>) {
    stack.iter_mut().for_each(mark_frames);
    if let Some(outermost) = event.exception.values.last_mut() {
        outermost.stacktrace = stack;
    } else if let Some(thread) = event.threads.values.last_mut() {
        thread.stacktrace = stack;
    }
}

/// Marks frames that are not in-app. An inlined function has a name without a path.
///
/// A frame of which only the address is known may be anything.
fn mark_frames(stack: &mut Stacktrace) {
    for frame in &mut stack.frames {
        if frame.function.as_deref() == Some(UNKNOWN) {
            frame.in_app = Some(false);
            continue;
        }
        let foreign = |path: &String| NOT_IN_APP_SOURCES.iter().any(|part| path.contains(part));
        // The path of a C library's source may be relative, and tells nothing.
        let path = frame.abs_path.as_ref();
        let known = path.filter(|path| Path::new(path).is_absolute());
        frame.in_app = known.map(|path| !foreign(path));
    }
}

/// Returns an error and its sources in Sentry's order: the last is shown first.
pub(super) fn exceptions(chain: &[Link], mechanism: &str) -> Vec<Exception> {
    let exceptions = chain.iter().rev().map(|link| Exception {
        ty: link.type_name.clone(),
        value: Some(link.text.clone()),
        ..Exception::default()
    });
    let mut exceptions: Vec<Exception> = exceptions.collect();
    if let Some(outermost) = exceptions.last_mut() {
        outermost.mechanism = Some(Mechanism {
            ty: mechanism.into(),
            handled: Some(true),
            ..Mechanism::default()
        });
    }
    exceptions
}

/// Returns the fingerprint that groups the errors of a function: by class, or by type if they have
/// none.
pub(super) fn fingerprint(site: &Site, kind: &str) -> Cow<'static, [Cow<'static, str>]> {
    let function = Cow::from(site.function().to_owned());
    vec![site.module().into(), function, kind.to_owned().into()].into()
}

/// A file and a line.
pub(super) type Place<'a> = (&'a str, u32);

/// Sets the origin of an event: the functions around it, its place, its trace and earlier
/// breadcrumbs.
///
/// Without a `place` it uses that of the innermost function, which is known even if there is no
/// time to look up names.
pub(super) fn set_scene(event: &mut Event<'static>, scene: EventContext, place: Option<Place<'_>>) {
    let functions: Vec<&str> = scene.path.iter().map(|site| site.function()).collect();
    if let (Some(first), Some(last)) = (functions.first(), functions.last()) {
        // Sentry's transaction is the entry point, and its culprit the place of the failure.
        event.transaction = Some((*first).to_owned());
        event.culprit = Some((*last).to_owned());
        event.tags.insert("function".into(), (*last).to_owned());
    }
    let innermost = scene.path.last();
    if let Some(site) = innermost {
        event.tags.insert("module".into(), site.module().to_owned());
    }
    let place = place.or_else(|| innermost.map(|site| site.location()));
    let place = place.map(|(file, line)| format!("{file}:{line}"));
    let path = [
        ("functions", innermost.map(|_| both_ends(&functions).into())),
        ("place", place.map(Value::from)),
    ];
    let path = path.map(|(name, value)| Some((name.to_owned(), value?)));
    let path: Map<String, Value> = path.into_iter().flatten().collect();
    if !path.is_empty() {
        event.contexts.insert("path".into(), Context::Other(path));
    }
    join(event, scene.trace.map(Ids::to_sentry));
    let mut breadcrumbs = scene.breadcrumbs;
    breadcrumbs.extend(lines::below_info());
    event.breadcrumbs = breadcrumbs.into();
}

/// The number of functions at either end of a path that an event shows: a recursive function has
/// many.
const ENDS: usize = 32;

fn both_ends(functions: &[&str]) -> Vec<String> {
    let (first, rest) = functions.split_at(ENDS.min(functions.len()));
    let (middle, last) = rest.split_at(rest.len().saturating_sub(ENDS));
    let left_out = (!middle.is_empty()).then(|| format!("… {} more", middle.len()));
    let owned = |function: &&str| (*function).to_owned();
    let (first, last) = (first.iter().map(owned), last.iter().map(owned));
    first.chain(left_out).chain(last).collect()
}

/// Makes an event part of a trace.
pub(super) fn join(event: &mut Event<'static>, trace: Option<TraceContext>) {
    let Some(trace) = trace else { return };
    let id = trace.trace_id.to_string();
    event.tags.insert("trace_id".into(), id);
    event.contexts.insert("trace".into(), trace.into());
}

/// Adds the fields of a log line to the event.
pub(super) fn set_fields(event: &mut Event<'static>, values: Map<String, Value>) {
    if !values.is_empty() {
        let values = Context::Other(values);
        event.contexts.insert("fields".into(), values);
    }
}

/// Sorts the breadcrumbs, as the last step before an event is sent: Sentry appends a scope's
/// breadcrumbs behind the runtime's.
pub(super) fn in_order(mut event: Event<'static>) -> Event<'static> {
    event
        .breadcrumbs
        .values
        .sort_by_key(|crumb| crumb.timestamp);
    event
}
