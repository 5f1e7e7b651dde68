//! Reports the events that a throttle held back, in one event per throttle.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use sentry::Level;
use sentry::protocol::{Context, Event, Map};

use super::{deliver, event, layer, nanoseconds, off_thread, panic_event, quietly, request};
use crate::base::rate_limit::Throttle;
use crate::callsite;
use crate::callsite::Site;
use crate::callsite::rate_limits::Kind;
use crate::context::EventContext;

/// Interval at which a thread looks for events that were held back.
const INTERVAL: Duration = Duration::from_secs(5);

/// Starts the checks, which end when the returned sender is dropped. Without a thread, summaries
/// are sent only at the very end.
pub(super) fn start() -> Option<Sender<()>> {
    let (stop, stopped) = mpsc::channel::<()>();
    let run = move || {
        while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
            // Sentry runs user code.
            quietly(|| send(None));
        }
    };
    let spawned = thread::Builder::new()
        .name("monitor-sentry".into())
        .spawn(run);
    spawned.is_ok().then_some(stop)
}

/// Sends all summaries before the process ends. Those left at the deadline are not sent.
pub(super) fn send_all(deadline: Instant) {
    send(Some(deadline));
}

/// Sends the summaries that are due, or all of them if a `deadline` is given.
fn send(deadline: Option<Instant>) {
    let last = deadline.is_some();
    let in_time = || deadline.is_none_or(has_room_by);
    for site in callsite::all() {
        let throttle = site.throttle.unwrap_or(Throttle::DEFAULT);
        for (kind, limit) in site.limits().all() {
            if !in_time() {
                return;
            }
            if let Some(held_back) = limit.summary(throttle, nanoseconds(), last) {
                of_site(site, kind, held_back);
            }
        }
    }
    let others = layer::summaries(last).into_iter();
    let others = others.chain(request::summaries(last));
    for (what, held_back) in others.chain(panic_event::summary(last)) {
        if !in_time() {
            return;
        }
        deliver(event(&what, held_back));
    }
}

/// Waits for room among the events. Returns `false` at the deadline.
fn has_room_by(deadline: Instant) -> bool {
    while Instant::now() < deadline {
        if off_thread::supervise(off_thread::FLUSH_TIMEOUT) {
            return true;
        }
        thread::sleep(Duration::from_millis(1));
    }
    false
}

fn of_site(site: &'static Site, kind: Kind, held_back: (u64, u64)) {
    let class = match kind {
        Kind::Class(place) => site.classes().names().find(|(known, _)| *known == place),
        Kind::Unclassified | Kind::Panic => None,
    };
    let class = class.map(|(_, class)| class);
    let what = match (class, kind) {
        (Some(class), _) => format!("{} ({class})", site.function()),
        (None, Kind::Panic) => format!("panics of {}", site.function()),
        (None, _) => site.function().to_owned(),
    };
    let mut event = event(&what, held_back);
    let scene = EventContext {
        path: vec![site],
        ..EventContext::default()
    };
    event::set_scene(&mut event, scene, None);
    // Errors without a class are told apart by type, but counted together.
    event.fingerprint = event::fingerprint(site, class.unwrap_or("suppressed"));
    if let Some(class) = class {
        event.tags.insert("error_class".into(), class.to_owned());
    }
    deliver(event);
}

fn event(what: &str, (suppressed, nanoseconds): (u64, u64)) -> Event<'static> {
    let period = Duration::from_nanos(nanoseconds).as_secs_f64();
    let values = Map::from([
        ("suppressed".to_owned(), suppressed.into()),
        ("seconds".to_owned(), period.into()),
    ]);
    let mut event = Event {
        level: Level::Warning,
        message: Some(format!(
            "{what}: {suppressed} more events in {period:.0} s were suppressed"
        )),
        ..Event::default()
    };
    event
        .tags
        .insert("suppressed".into(), suppressed.to_string());
    let throttle = Context::Other(values);
    event.contexts.insert("throttle".into(), throttle);
    event
}
