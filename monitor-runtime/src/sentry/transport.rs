//! Sends envelopes to Sentry from a queue bounded in bytes, on a thread that no caller waits for.
//!
//! Sentry's own transports bound the number of events but not their size, have no time-out, and
//! wait for room in the queue when they flush. This one drops envelopes that do not fit, counts
//! those that do not arrive, and keeps a deadline. Envelopes, rate limits and answers are as in
//! <https://develop.sentry.dev/sdk/foundations/transport/>.

use std::cell::LazyCell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use sentry::protocol::{EnvelopeItem, ItemContainer};
use sentry::transports::{RateLimiter, RateLimitingCategory};
use sentry::{Envelope, TransportFactory, TransportOptions};
use ureq::http::Response;

use super::mailbox::{Address, problem};
use super::{counts, off_thread, own_line, quietly, scrub, settle};

/// Bytes that may wait: a hundred large events, or a thousand small ones.
const MAX_QUEUED_BYTES: usize = 8 * 1024 * 1024;

/// Makes the transport of a client.
pub(super) struct Factory;

impl TransportFactory for Factory {
    fn create_transport_with_options(
        &self,
        options: TransportOptions,
    ) -> Arc<dyn sentry::Transport> {
        Arc::new(Transport::start(&options))
    }
}

struct Transport(Arc<Shared>);

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<QueuedEnvelope>,
    bytes: usize,
    sending: bool,
    closed: bool,
    limits: RateLimiter,
}

/// A serialized envelope.
struct QueuedEnvelope {
    body: Vec<u8>,
    events: u64,
    _unsent: Unsent,
}

/// Envelopes that Sentry has not answered. A process that crashes waits for them, and takes no
/// lock.
static UNSENT: AtomicUsize = AtomicUsize::new(0);

/// Returns `true` if nothing is on its way to Sentry.
pub(super) fn is_empty() -> bool {
    UNSENT.load(Ordering::Acquire) == 0
}

struct Unsent(());

impl Unsent {
    fn new() -> Self {
        UNSENT.fetch_add(1, Ordering::AcqRel);
        Self(())
    }
}

impl Drop for Unsent {
    fn drop(&mut self) {
        UNSENT.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Transport {
    fn start(options: &TransportOptions) -> Self {
        let shared = Arc::new(Shared::default());
        let address = Address::new(options);
        let theirs = Arc::clone(&shared);
        let spawned = thread::Builder::new()
            .name("monitor-transport".into())
            .spawn(move || theirs.run(address));
        // Without a thread nothing can be sent, and all is dropped.
        shared.lock().closed = spawned.is_err();
        Self(shared)
    }
}

impl sentry::Transport for Transport {
    fn send_envelope(&self, envelope: Envelope) {
        let events = u64::from(envelope.event().is_some());
        let envelope = scrub::envelope(envelope);
        let mut body = Vec::new();
        if envelope.to_writer(&mut body).is_err() {
            return counts::dropped(events);
        }
        let mut queue = self.0.lock();
        let fits = queue.bytes + body.len() <= MAX_QUEUED_BYTES;
        if queue.closed || !fits || !queue.is_welcome(&envelope) {
            return counts::dropped(events);
        }
        queue.bytes += body.len();
        queue.waiting.push_back(QueuedEnvelope {
            body,
            events,
            _unsent: Unsent::new(),
        });
        self.0.changed.notify_all();
    }

    fn flush(&self, timeout: Duration) -> bool {
        let began = Instant::now();
        // An earlier event may be on its way here, unless this is the thread that brings it.
        if !off_thread::is_here() {
            settle(timeout);
        }
        let timeout = timeout.saturating_sub(began.elapsed());
        let is_busy = |queue: &mut Queue| queue.sending || !queue.waiting.is_empty();
        let waited = self
            .0
            .changed
            .wait_timeout_while(self.0.lock(), timeout, is_busy);
        let waited = waited.unwrap_or_else(PoisonError::into_inner);
        !waited.1.timed_out()
    }

    fn shutdown(&self, timeout: Duration) -> bool {
        let flushed = self.flush(timeout);
        self.0.close();
        flushed
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        let mut queue = self.lock();
        queue.closed = true;
        queue.bytes = 0;
        for letter in queue.waiting.drain(..) {
            counts::dropped(letter.events);
        }
        self.changed.notify_all();
    }

    fn run(&self, address: Address) {
        // Opened by the first envelope. Problems with certificates are logged then.
        let mailbox = LazyCell::new(|| address.open());
        // Lines that an HTTP client logs about its errors would otherwise become events again.
        own_line::disown_thread();
        let mut trouble = DeliveryHealth::default();
        while let Some(letter) = self.next() {
            let answer = mailbox.post(&letter.body);
            match problem(&answer) {
                None => (0..letter.events).for_each(|_| counts::sent()),
                Some(_) => counts::dropped(letter.events),
            }
            // The subscriber is not the runtime's code.
            let _ = quietly(|| trouble.note(problem(&answer)));
            let mut queue = self.lock();
            queue.sending = false;
            if let Ok(answer) = answer {
                queue.obey(&answer);
            }
            self.changed.notify_all();
        }
    }

    /// Waits for an envelope; `None` when no more can come.
    fn next(&self) -> Option<QueuedEnvelope> {
        let idle = |queue: &mut Queue| queue.waiting.is_empty() && !queue.closed;
        let waited = self.changed.wait_while(self.lock(), idle);
        let mut queue = waited.unwrap_or_else(PoisonError::into_inner);
        let letter = queue.waiting.pop_front()?;
        queue.bytes -= letter.body.len();
        queue.sending = true;
        Some(letter)
    }
}

impl Queue {
    /// Returns `true` if Sentry has not set a rate limit for the contents of an envelope.
    fn is_welcome(&self, envelope: &Envelope) -> bool {
        let category = |item: &EnvelopeItem| match item {
            EnvelopeItem::Event(_) => RateLimitingCategory::Error,
            EnvelopeItem::SessionUpdate(_) | EnvelopeItem::SessionAggregates(_) => {
                RateLimitingCategory::Session
            }
            EnvelopeItem::Transaction(_) => RateLimitingCategory::Transaction,
            EnvelopeItem::Attachment(_) => RateLimitingCategory::Attachment,
            EnvelopeItem::ItemContainer(ItemContainer::Logs(_)) => RateLimitingCategory::LogItem,
            EnvelopeItem::ItemContainer(ItemContainer::Metrics(_)) => {
                RateLimitingCategory::TraceMetric
            }
            _ => RateLimitingCategory::Any,
        };
        let mut items = envelope.items();
        items.all(|item| self.limits.is_enabled(category(item)))
    }

    /// Applies the rate limits of an answer, also to envelopes that wait already.
    fn obey<B>(&mut self, answer: &Response<B>) {
        let header = |name| answer.headers().get(name)?.to_str().ok();
        if let Some(limits) = header("x-sentry-rate-limits") {
            self.limits.update_from_sentry_header(limits);
        } else if let Some(seconds) = header("retry-after") {
            self.limits.update_from_retry_after(seconds);
        } else if answer.status().as_u16() == 429 {
            self.limits.update_from_429();
        }
        if !self.limits.is_enabled(RateLimitingCategory::Error) {
            let (events, others): (VecDeque<_>, _) =
                self.waiting.drain(..).partition(|letter| letter.events > 0);
            self.waiting = others;
            self.bytes = self.waiting.iter().map(|letter| letter.body.len()).sum();
            counts::dropped(events.iter().map(|letter| letter.events).sum());
        }
    }
}

/// The current problem of reaching Sentry. It is logged when it begins or changes, and once when it
/// is over.
#[derive(Default)]
struct DeliveryHealth(Option<String>);

impl DeliveryHealth {
    fn note(&mut self, problem: Option<String>) {
        match &problem {
            _ if problem == self.0 => {}
            Some(problem) => tracing::warn!(
                %problem,
                "Sentry does not accept events; they are dropped and counted in monitor_captures_total"
            ),
            None => tracing::info!("Sentry accepts events again"),
        }
        self.0 = problem;
    }
}
