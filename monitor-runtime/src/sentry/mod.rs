//! Sentry: one event for each failure, with the trail that led to it.
//!
//! [`Builder::start`](crate::Builder::start) starts a client where `SENTRY_DSN` is set and the process has none. A service with a
//! subscriber of its own adds [`sentry_layer`], so that its log lines become breadcrumbs and its `ERROR` lines events.
//!
//! ```
//! use tracing_subscriber::layer::SubscriberExt;
//!
//! let subscriber = tracing_subscriber::registry().with(monitor_runtime::sentry::sentry_layer());
//! # drop(subscriber);
//! ```

mod call_error;
mod counts;
mod crash;
mod deliver;
mod destination;
mod event;
mod field_json;
mod health;
mod layer;
mod lines;
mod mailbox;
mod off_thread;
mod own_line;
mod panic_event;
mod panic_hook;
pub(crate) mod panic_lines;
mod request;
mod sampling;
mod scope;
mod scrub;
mod spans;
mod stack;
mod summary;
mod task_hub;
mod trace_context;
mod transport;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use sentry::integrations::panic::PanicIntegration;
use sentry::integrations::{backtrace, contexts, debug_images};
use sentry::{Client, ClientOptions, Hub};

pub(crate) use crate::base::unwind::quietly;
pub(crate) use call_error::{error, unreported};
pub(crate) use counts::captures;
use crash::CAPTURING;
pub(crate) use crash::{hurry, is_flushed, switch_off};
use deliver::deliver;
pub(crate) use deliver::{accept_events, withdraw};
pub(crate) use destination::Destination;
pub(crate) use health::{blocked_worker, unhealthy};
use layer::mute;
pub use layer::{SentryLayer, sentry_layer};
pub(crate) use own_line::{as_own, own_line};
use panic_event::{report_panic, send_before_abort};
pub(crate) use panic_hook::install_hook;
pub(crate) use request::request_failed;
pub(crate) use sampling::sampled;
pub(crate) use spans::add_spans;
pub(crate) use task_hub::TaskHub;

use self::scope::Snapshot;
use self::stack::Hurry;
use crate::base::rate_limit::Throttle;
use crate::callsite::Site;
use crate::callsite::rate_limits::Kind;
use crate::context;
use crate::context::capture;
use crate::context::trace::Sampling;
use crate::settings::config::Config;
use crate::settings::traces_sampler::TracesSampler;

/// The client in use: one that `start()` made, or one that the service bound before `start()`.
static CLIENT: RwLock<Option<Reporter>> = RwLock::new(None);
/// `true` if there is a client. A successful call reads nothing else of Sentry.
static ON: AtomicBool = AtomicBool::new(false);

#[derive(Clone)]
struct Reporter {
    client: Arc<Client>,
    service: Arc<str>,
    /// `true` if this crate reports panics. A client of the service with the panic integration does
    /// so itself.
    panics: bool,
    /// `true` if `start()` made the client and its transport.
    ours: bool,
    sampler: TracesSampler,
    /// Dropping the last of them ends the summaries.
    _summaries: Option<Sender<()>>,
}

/// Returns `true` if errors and panics are sent to Sentry or to a test's capture.
#[inline]
pub(crate) fn is_on() -> bool {
    ON.load(Ordering::Relaxed) || capture::is_active()
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

/// Begins to report, to the service's own client if one is bound, else to the DSN.
pub(crate) fn start(config: &Config) -> Destination {
    let service: Arc<str> = config.service_name.as_str().into();
    if let Some(client) = Hub::main().client().filter(|client| client.is_enabled()) {
        let reports_panics = || sentry::with_integration(|_: &PanicIntegration, _| true);
        let panics = !Hub::run(Hub::main(), reports_panics);
        begin(Reporter {
            client,
            service,
            panics,
            ours: false,
            sampler: config.traces_sampler,
            _summaries: summary::start(),
        });
        return Destination::Existing;
    }
    let Some(dsn) = config.sentry_dsn.clone() else {
        return Destination::Nowhere;
    };
    let mut options = options(config);
    options.dsn = Some(dsn);
    if let Some(rate) = config.traces_sample_rate {
        options = options.traces_sample_rate(rate);
    }
    let client = Arc::new(Client::from(sentry::apply_defaults(options)));
    // Threads copy the main hub; this one has copied it already.
    Hub::main().bind_client(Some(Arc::clone(&client)));
    Hub::current().bind_client(Some(Arc::clone(&client)));
    begin(Reporter {
        client,
        service,
        panics: true,
        ours: true,
        sampler: config.traces_sampler,
        _summaries: summary::start(),
    });
    Destination::Dsn
}

fn begin(reporter: Reporter) {
    accept_events();
    Sampling::set(sampling::context(reporter.client.options()));
    set(Some(reporter));
    stack::load_symbols();
}

fn options(config: &Config) -> ClientOptions {
    ClientOptions::new()
        .release(config.release.clone())
        .environment(config.environment.clone())
        .send_default_pii(false)
        .attach_stacktrace(true)
        .transport(transport::Factory)
        // Inside a call a breadcrumb belongs to the call, not to the thread.
        .before_breadcrumb(context::keep_breadcrumb)
        .before_send(|event| {
            // Applied here, so that data from the service's scopes is included.
            let mut event = event::in_order(event);
            scrub::clean(&mut event);
            Some(event)
        })
        // Listed one by one, because the default set includes the panic hook that flushes while
        // unwinding.
        .default_integrations(false)
        .add_integration(backtrace::AttachStacktraceIntegration)
        .add_integration(debug_images::DebugImagesIntegration::default())
        .add_integration(contexts::ContextIntegration::default())
        .add_integration(backtrace::ProcessStacktraceIntegration)
        .in_app_exclude(event::NOT_IN_APP)
}

/// Sends what is queued, for at most `deadline`, and stops reporting. Blocks.
pub(crate) fn stop(deadline: Duration, ours: bool) {
    let began = Instant::now();
    if is_on() {
        summary::send_all(began + deadline);
    }
    settle(deadline.saturating_sub(began.elapsed()));
    off_thread::dismiss();
    Sampling::set(None);
    let Some(reporter) = set(None) else { return };
    let left = deadline.saturating_sub(began.elapsed());
    let client = Arc::clone(&reporter.client);
    if ours {
        client.close(Some(left));
        Hub::main().bind_client(None);
        return;
    }
    // Sentry's own transport waits for room in its queue before it looks at the time.
    let (done, flushed) = mpsc::channel::<()>();
    let flush = move || {
        client.flush(Some(left));
        drop(done);
    };
    let spawned = thread::Builder::new()
        .name("monitor-flush".into())
        .spawn(flush);
    if spawned.is_ok() {
        let _ = flushed.recv_timeout(left);
    }
}

/// Waits for events that are being made. Half of the time is for the names in their stacks; after
/// that, events are sent without names.
fn settle(deadline: Duration) {
    let began = Instant::now();
    let mut hurry = None;
    while !CAPTURING.is_none() && began.elapsed() < deadline {
        off_thread::release();
        off_thread::supervise(off_thread::FLUSH_TIMEOUT);
        if hurry.is_none() && began.elapsed() > deadline / 2 {
            hurry = Some(Hurry::begin());
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// Returns `true` if one more event of this function and kind is to be sent now.
pub(crate) fn admits(site: &Site, kind: Kind) -> bool {
    if !site.sentry || !is_on() {
        return false;
    }
    // A test's capture sees every event, unless the attribute itself sets a throttle.
    if capture::is_active() && site.throttle.is_none() {
        return true;
    }
    let throttle = site.throttle.unwrap_or(Throttle::DEFAULT);
    let admitted = site.limits().get(kind).admit(throttle, nanoseconds());
    if !admitted {
        counts::suppressed();
    }
    admitted
}

/// Returns the nanoseconds since its first call.
fn nanoseconds() -> u64 {
    static EPOCH: OnceLock<Instant> = OnceLock::new();
    let since = EPOCH.get_or_init(Instant::now).elapsed();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// Returns a hub for a task or a request: a copy of the current scope, independent from then on.
/// `None` if Sentry is off.
pub(crate) fn fork() -> Option<Arc<Hub>> {
    if !ON.load(Ordering::Relaxed) {
        return None;
    }
    let client = reporter()?.client;
    let hub = match Snapshot::take() {
        // Waiting for a lock that this thread may hold could last for ever.
        Snapshot::Locked(_) => Snapshot::None,
        other => other,
    };
    quietly(|| hub.into_hub(&client))
}

/// Runs Sentry code on the thread for events; a shutdown waits for it.
pub(crate) fn run_apart(code: impl FnOnce() + Send + 'static) {
    let capturing = CAPTURING.begin();
    off_thread::run(move || {
        let _capturing = capturing;
        code();
    });
}
