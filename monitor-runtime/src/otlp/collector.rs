//! One signal's endpoint: sends requests to it, again where that makes sense, and reads its answers.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#otlphttp-response>.

use std::borrow::Cow;
use std::io::Write;
use std::time::{Duration, SystemTime};

use flate2::Compression;
use flate2::write::GzEncoder;
use prost::Message;
use ureq::http::{HeaderMap, Response};

use super::counts::{Fate, begin, count};
use super::messages::{ExportResponse, RpcStatus};
use crate::base::outage::{Change, Outage};
use crate::base::post::Client;
use crate::base::redact::without_secrets;
use crate::base::verdict::cut;
use crate::logs::export::unexported;
use crate::settings::config::otlp::{Endpoint, Signal};
use crate::traces::random;

/// Bytes that are read of an answer.
const MAX_ANSWER: u64 = 4 * 1024 * 1024;
/// Requests that are made for one batch, and the time before the second; each further one waits twice as long.
const MAX_TRIES: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest time that the collector can ask the exporter to wait.
const MAX_PAUSE: Duration = Duration::from_secs(60);
/// Bytes of the collector's message that the log shows.
const MAX_MESSAGE: usize = 200;

/// The collector of one signal.
pub(super) struct Collector {
    signal: Signal,
    client: Client,
    url: String,
    headers: Vec<(String, String)>,
    has_gzip: bool,
    outage: Outage,
}

/// The result of one request.
pub(super) enum Answer {
    /// Taken, but for so many items, with the reason.
    Taken(u64, Option<Problem>),
    /// Not taken now, with the time after which another attempt makes sense if the collector named one.
    Later(Problem, Option<Duration>),
    /// Never taken.
    Never(Problem),
}

/// A reason for which not everything was taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) kind: String,
    /// The details, which may be different each time: numbers, ids of requests.
    pub(super) text: String,
}

impl Collector {
    pub(super) fn new(signal: Signal, endpoint: Endpoint) -> Self {
        begin(signal);
        Self {
            signal,
            client: Client::new(endpoint.transport, endpoint.url.starts_with("https:")),
            url: endpoint.url,
            headers: endpoint.headers,
            has_gzip: endpoint.has_gzip,
            outage: Outage::default(),
        }
    }

    /// Sends a request with so many items, and counts their fate. `pause` waits before another attempt, and returns
    /// `false` if the next one, which is then made at once, is the last that there is time for.
    ///
    /// Returns `false` if the collector could not be reached.
    pub(super) fn send(
        &mut self,
        body: Vec<u8>,
        items: u64,
        pause: impl Fn(Duration) -> bool,
    ) -> bool {
        let body = if self.has_gzip { zipped(&body) } else { body };
        let mut wait = FIRST_PAUSE;
        let mut is_last = false;
        for tries in 1.. {
            match unexported(|| self.post(&body)) {
                Answer::Taken(refused, reason) => {
                    let refused = refused.min(items);
                    count(self.signal, Fate::Sent, items - refused);
                    count(self.signal, Fate::Refused, refused);
                    self.note(reason);
                    return true;
                }
                Answer::Never(reason) => {
                    count(self.signal, Fate::Refused, items);
                    self.note(Some(reason));
                    return true;
                }
                Answer::Later(reason, named) => {
                    self.note(Some(reason));
                    let time = named.unwrap_or_else(|| with_jitter(wait)).min(MAX_PAUSE);
                    if is_last || tries == MAX_TRIES {
                        count(self.signal, Fate::Dropped, items);
                        return false;
                    }
                    is_last = !pause(time);
                    wait *= 2;
                }
            }
        }
        false
    }

    fn post(&self, body: &[u8]) -> Answer {
        let own = [
            ("content-type", "application/x-protobuf"),
            (
                "user-agent",
                concat!("monitor-runtime/", env!("CARGO_PKG_VERSION")),
            ),
        ];
        let encoding = self.has_gzip.then_some(("content-encoding", "gzip"));
        let given = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let headers = own.into_iter().chain(encoding).chain(given);
        match self.client.post(&self.url, headers, body, MAX_ANSWER) {
            Ok(answer) => read(&answer),
            Err(error) => {
                let kind = error.to_string();
                let text = String::new();
                Answer::Later(Problem { kind, text }, None)
            }
        }
    }

    /// Logs a problem when it begins or becomes one of another kind, and once when it is over.
    fn note(&mut self, problem: Option<Problem>) {
        let (kind, text) = match problem {
            Some(problem) => (Some(problem.kind), problem.text),
            None => (None, String::new()),
        };
        let Some(change) = self.outage.note(kind) else {
            return;
        };
        let tell = || self.tell(change, &text);
        match self.signal {
            // A line about lines would be exported, and could be the reason of the next one.
            Signal::Logs => unexported(tell),
            _ => tell(),
        }
    }

    fn tell(&self, change: Change, text: &str) {
        let signal = self.signal.as_str();
        match change {
            Change::Begun(kind) => tracing::warn!(
                signal,
                endpoint = self.url,
                problem = kind + text,
                "the OpenTelemetry collector does not take everything; what it does not take is counted in \
                 monitor_otlp_items_total"
            ),
            Change::Over => {
                tracing::info!(signal, "the OpenTelemetry collector takes everything again");
            }
        }
    }
}

pub(super) fn read(answer: &Response<Vec<u8>>) -> Answer {
    let status = answer.status();
    if status.is_success() {
        // An answer that cannot be read is a success, too: the status counts.
        let body = ExportResponse::decode(answer.body().as_slice()).unwrap_or_default();
        let partial = body.partial_success.unwrap_or_default();
        let refused = u64::try_from(partial.rejected).unwrap_or(0);
        // A message without refused items is a warning.
        let problem = (refused > 0 || !partial.error_message.is_empty()).then(|| {
            let message = shown(&partial.error_message);
            Problem {
                kind: "it does not take all".to_owned(),
                text: format!(" ({refused} refused): {message}"),
            }
        });
        return Answer::Taken(refused, problem);
    }
    let message = RpcStatus::decode(answer.body().as_slice()).unwrap_or_default();
    let message = shown(&message.message);
    let separator = if message.is_empty() { "" } else { ": " };
    let problem = Problem {
        kind: format!("it answered {status}"),
        text: format!("{separator}{message}"),
    };
    match status.as_u16() {
        429 | 502..=504 => Answer::Later(problem, retry_after(answer.headers())),
        _ => Answer::Never(problem),
    }
}

/// Returns the time of `Retry-After` (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get("retry-after")?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = httpdate::parse_http_date(value).ok()?;
    Some(at.duration_since(SystemTime::now()).unwrap_or_default())
}

/// Returns a text of the collector as the log shows it.
fn shown(text: &str) -> Cow<'_, str> {
    let mut text = without_secrets(text.to_owned());
    cut(&mut text, MAX_MESSAGE);
    text.into()
}

fn zipped(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory does not fail.
    let _ = encoder.write_all(body);
    encoder.finish().unwrap_or_default()
}

/// Returns a time between a half and the whole of one, so that many services do not come back at once.
fn with_jitter(time: Duration) -> Duration {
    let random = u32::from(u16::from_be_bytes([random()[0], random()[1]]));
    time / 2 + time / 2 * random / u32::from(u16::MAX)
}

#[cfg(test)]
mod tests;
