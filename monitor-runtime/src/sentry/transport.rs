//! Sends envelopes to Sentry from a queue bounded in bytes, on a thread that no caller waits for.
//!
//! Sentry's own transports bound the number of events but not their size, have no time-out, and
//! wait for room in the queue when they flush. This one drops envelopes that do not fit, counts
//! those that do not arrive, and keeps a deadline. Envelopes, rate limits and answers are as in
//! <https://develop.sentry.dev/sdk/foundations/transport/>.

use std::cell::LazyCell;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use sentry::protocol::{EnvelopeItem, ItemContainer};
use sentry::transports::{RateLimiter, RateLimitingCategory};
use sentry::{Envelope, TransportFactory, TransportOptions};
use ureq::http::Response;

use super::crash::{One, UNSENT};
use super::mailbox::{Address, problem};
use super::{counts, off_thread, own_line, quietly, scrub, settle};
use crate::base::outage::{Change, Outage};
use crate::base::outbox::{Outbox, Turn};

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

struct Shared {
    envelopes: Outbox<QueuedEnvelope>,
    limits: Mutex<RateLimiter>,
}

/// A serialized envelope.
struct QueuedEnvelope {
    body: Vec<u8>,
    events: u64,
    _unsent: One,
}

impl Transport {
    fn start(options: &TransportOptions) -> Self {
        let shared = Arc::new(Shared {
            envelopes: Outbox::new(MAX_QUEUED_BYTES),
            limits: Mutex::default(),
        });
        let address = Address::new(options);
        let theirs = Arc::clone(&shared);
        let turn = shared.envelopes.open();
        let spawned = thread::Builder::new()
            .name("monitor-transport".into())
            .spawn(move || theirs.run(turn, address));
        if spawned.is_err() {
            // Without a thread nothing can be sent, and all is dropped.
            shared.close();
        }
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
        if !admits(&self.0.limits(), &envelope) {
            return counts::dropped(events);
        }
        let bytes = body.len();
        let envelope = QueuedEnvelope {
            body,
            events,
            _unsent: UNSENT.begin(),
        };
        if self.0.envelopes.put(envelope, bytes).is_err() {
            counts::dropped(events);
        }
    }

    fn flush(&self, timeout: Duration) -> bool {
        let began = Instant::now();
        // An earlier event may be on its way here, unless this is the thread that brings it.
        if !off_thread::is_here() {
            settle(timeout);
        }
        self.0
            .envelopes
            .flush(timeout.saturating_sub(began.elapsed()))
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
    fn limits(&self) -> MutexGuard<'_, RateLimiter> {
        self.limits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self) {
        for letter in self.envelopes.close() {
            counts::dropped(letter.events);
        }
    }

    fn run(&self, turn: Turn, address: Address) {
        // Opened by the first envelope. Problems with certificates are logged then.
        let mailbox = LazyCell::new(|| address.open());
        // Lines that an HTTP client logs about its errors would otherwise become events again.
        own_line::disown_thread();
        let mut outage = Outage::default();
        // One at a time: an answer may set a limit for those that wait.
        while let Some(letters) = self.envelopes.take(turn, 1, Duration::ZERO) {
            for letter in letters {
                let answer = mailbox.post(&letter.body);
                match problem(&answer) {
                    None => (0..letter.events).for_each(|_| counts::sent()),
                    Some(_) => counts::dropped(letter.events),
                }
                // The subscriber is not the runtime's code.
                let _ = quietly(|| tell(outage.note(problem(&answer))));
                if let Ok(answer) = answer {
                    self.obey(&answer);
                }
            }
            self.envelopes.sent(turn);
        }
    }

    /// Applies the rate limits of an answer, also to envelopes that wait already.
    fn obey<B>(&self, answer: &Response<B>) {
        let header = |name| answer.headers().get(name)?.to_str().ok();
        let mut limits = self.limits();
        if let Some(given) = header("x-sentry-rate-limits") {
            limits.update_from_sentry_header(given);
        } else if let Some(seconds) = header("retry-after") {
            limits.update_from_retry_after(seconds);
        } else if answer.status().as_u16() == 429 {
            limits.update_from_429();
        }
        if !limits.is_enabled(RateLimitingCategory::Error) {
            let events = self.envelopes.retain(|letter| letter.events == 0);
            counts::dropped(events.iter().map(|letter| letter.events).sum());
        }
    }
}

/// Returns `true` if Sentry has not set a rate limit for the contents of an envelope.
fn admits(limits: &RateLimiter, envelope: &Envelope) -> bool {
    let category = |item: &EnvelopeItem| match item {
        EnvelopeItem::Event(_) => RateLimitingCategory::Error,
        EnvelopeItem::SessionUpdate(_) | EnvelopeItem::SessionAggregates(_) => {
            RateLimitingCategory::Session
        }
        EnvelopeItem::Transaction(_) => RateLimitingCategory::Transaction,
        EnvelopeItem::Attachment(_) => RateLimitingCategory::Attachment,
        EnvelopeItem::ItemContainer(ItemContainer::Logs(_)) => RateLimitingCategory::LogItem,
        EnvelopeItem::ItemContainer(ItemContainer::Metrics(_)) => RateLimitingCategory::TraceMetric,
        _ => RateLimitingCategory::Any,
    };
    let mut items = envelope.items();
    items.all(|item| limits.is_enabled(category(item)))
}

/// Logs a problem of reaching Sentry when it begins or changes, and once when it is over.
fn tell(change: Option<Change>) {
    match change {
        None => {}
        Some(Change::Begun(problem)) => tracing::warn!(
            %problem,
            "Sentry does not accept events; they are dropped and counted in monitor_captures_total"
        ),
        Some(Change::Over) => tracing::info!("Sentry accepts events again"),
    }
}
