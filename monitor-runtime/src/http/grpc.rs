//! Finds the outcome of a gRPC call in the trailers of its HTTP response, which is always a 200.
//!
//! <https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>.

use std::io::IoSlice;
use std::time::Duration;

use bytes::Buf;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::grpc_web::Trailers;
use crate::base::status::Grpc;

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");
const GRPC_TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// The gRPC side of a request; empty for a request that is not gRPC.
#[derive(Default)]
pub(super) struct Call {
    /// The time that the client, or the server around the layer, waits for the call.
    timeout: Option<Duration>,
    answers: bool,
    status: Option<&'static Grpc>,
    /// The trailers of gRPC-Web, which stand at the end of the body.
    web: Option<Trailers>,
    /// `true` if some of the body could not be read.
    unread: bool,
}

impl Call {
    /// Begins a call. `server` is the time-out of a server around the layer.
    pub(super) fn begin(headers: &HeaderMap, server: Option<Duration>) -> Self {
        let timeout = is_grpc(headers).then(|| {
            let client = headers.get(GRPC_TIMEOUT).map(HeaderValue::as_bytes);
            [client.and_then(timeout), server]
                .into_iter()
                .flatten()
                .min()
        });
        Self {
            timeout: timeout.flatten(),
            ..Self::default()
        }
    }

    /// Notes the head of the response.
    pub(super) fn answered(&mut self, status: StatusCode, headers: &HeaderMap) {
        self.answers = is_grpc(headers) && status == StatusCode::OK;
        // A response without messages has its status here, and no trailers.
        self.status = status_of(headers).filter(|_| is_grpc(headers));
        let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
        let web = kind.and_then(|kind| kind.strip_prefix(b"application/grpc-web"));
        self.web = web.map(|kind| Trailers::new(kind.starts_with(b"-text")));
    }

    /// Returns `true` once the response is a gRPC response with a 200.
    pub(super) fn answers(&self) -> bool {
        self.answers
    }

    /// Notes the trailers behind the body.
    pub(super) fn trailed(&mut self, trailers: &HeaderMap) {
        if self.answers {
            self.status = status_of(trailers).or(self.status);
        }
    }

    /// Looks for the trailers of gRPC-Web in a piece of the body.
    pub(super) fn sent(&mut self, data: &impl Buf) {
        let Some(web) = &mut self.web else { return };
        let mut slices = [IoSlice::new(&[]); 16];
        let filled = data.chunks_vectored(&mut slices);
        let slices = &slices[..filled];
        if slices.iter().map(|slice| slice.len()).sum::<usize>() < data.remaining() {
            self.web = None;
            self.unread = true;
            return;
        }
        let found = slices.iter().filter_map(|slice| web.read(slice)).last();
        self.status = found.or(self.status);
    }

    /// Returns the status, if it has come yet.
    pub(super) fn status(&self) -> Option<&'static Grpc> {
        self.status
    }

    /// Returns the status of a call whose response is complete. Without a status, every client sees
    /// a failure.
    pub(super) fn of_complete(&self) -> Option<&'static Grpc> {
        let missing = self.answers && !self.unread;
        self.status.or(missing.then_some(Grpc::UNKNOWN))
    }

    /// Returns the status of a call that was dropped before its response was complete, `elapsed`
    /// after its start. Past its deadline it is `DEADLINE_EXCEEDED`, whether the server or the
    /// client dropped it.
    pub(super) fn of_dropped(&self, elapsed: Duration) -> Option<&'static Grpc> {
        if self.is_late(elapsed) {
            Some(Grpc::DEADLINE_EXCEEDED)
        } else {
            self.status
        }
    }

    /// Returns `true` if the call is past its deadline `elapsed` after its start.
    pub(super) fn is_late(&self, elapsed: Duration) -> bool {
        // The client's clock started earlier, by the time that the request took to arrive.
        let is_late = |timeout: Duration| elapsed + timeout / 10 >= timeout;
        self.timeout.is_some_and(is_late)
    }
}

/// Returns `true` for headers of gRPC or gRPC-Web.
fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

fn status_of(headers: &HeaderMap) -> Option<&'static Grpc> {
    headers
        .get(GRPC_STATUS)
        .map(|value| Grpc::parse(value.as_bytes()))
}

/// Parses a time-out such as `50m`: up to eight digits, and a unit.
fn timeout(value: &[u8]) -> Option<Duration> {
    let (unit, digits) = value.split_last()?;
    if !(1..=8).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some(match unit {
        b'H' => Duration::from_secs(number * 3600),
        b'M' => Duration::from_secs(number * 60),
        b'S' => Duration::from_secs(number),
        b'm' => Duration::from_millis(number),
        b'u' => Duration::from_micros(number),
        b'n' => Duration::from_nanos(number),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_its_name() {
        let names = ["0", "5", "13", "16", "17", "-1", "soon", ""];
        let names = names.map(|number| Grpc::parse(number.as_bytes()).name);
        let expected = [
            "OK",
            "NOT_FOUND",
            "INTERNAL",
            "UNAUTHENTICATED",
            "UNKNOWN",
            "UNKNOWN",
            "UNKNOWN",
            "UNKNOWN",
        ];
        assert_eq!(names, expected);
        assert!(status_of(&HeaderMap::new()).is_none());
    }

    #[test]
    fn a_timeout_is_a_number_and_a_unit() {
        let cases = [
            ("50m", Some(Duration::from_millis(50))),
            ("1S", Some(Duration::from_secs(1))),
            ("2M", Some(Duration::from_secs(120))),
            ("99999999H", Some(Duration::from_secs(99_999_999 * 3600))),
            ("7u", Some(Duration::from_micros(7))),
            ("7n", Some(Duration::from_nanos(7))),
            ("100000000S", None),
            ("S", None),
            ("", None),
            ("+1S", None),
            ("1.5S", None),
            ("1s", None),
        ];
        for (value, expected) in cases {
            assert_eq!(timeout(value.as_bytes()), expected, "{value}");
        }
    }
}
