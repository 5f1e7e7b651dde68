//! gRPC's own status, which is behind a 200 of HTTP: <https://grpc.io/docs/guides/status-codes>.

use ::sentry::protocol::SpanStatus;
use http::{HeaderMap, HeaderName, header};

const GRPC_STATUS: HeaderName = HeaderName::from_static("grpc-status");

/// A status code of gRPC.
pub(super) struct Code {
    /// As OpenTelemetry's `rpc.response.status_code` has it.
    pub(super) name: &'static str,
    /// Whether the service has failed, and not its caller:
    /// <https://opentelemetry.io/docs/specs/semconv/rpc/grpc/>.
    pub(super) failed: bool,
    pub(super) span: SpanStatus,
}

const fn code(name: &'static str, failed: bool, span: SpanStatus) -> Code {
    Code { name, failed, span }
}

/// Each at the place of its number.
static CODES: [Code; 17] = [
    code("OK", false, SpanStatus::Ok),
    code("CANCELLED", false, SpanStatus::Cancelled),
    code("UNKNOWN", true, SpanStatus::UnknownError),
    code("INVALID_ARGUMENT", false, SpanStatus::InvalidArgument),
    code("DEADLINE_EXCEEDED", true, SpanStatus::DeadlineExceeded),
    code("NOT_FOUND", false, SpanStatus::NotFound),
    code("ALREADY_EXISTS", false, SpanStatus::AlreadyExists),
    code("PERMISSION_DENIED", false, SpanStatus::PermissionDenied),
    code("RESOURCE_EXHAUSTED", false, SpanStatus::ResourceExhausted),
    code("FAILED_PRECONDITION", false, SpanStatus::FailedPrecondition),
    code("ABORTED", false, SpanStatus::Aborted),
    code("OUT_OF_RANGE", false, SpanStatus::OutOfRange),
    code("UNIMPLEMENTED", true, SpanStatus::Unimplemented),
    code("INTERNAL", true, SpanStatus::InternalError),
    code("UNAVAILABLE", true, SpanStatus::Unavailable),
    code("DATA_LOSS", true, SpanStatus::DataLoss),
    code("UNAUTHENTICATED", false, SpanStatus::Unauthenticated),
];

/// Whether these are the headers of a response of gRPC, gRPC-Web included.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

/// The status in headers or trailers; a number nobody knows is `UNKNOWN`, as to gRPC's clients.
pub(super) fn status(headers: &HeaderMap) -> Option<&'static Code> {
    let number = headers.get(GRPC_STATUS)?.to_str().ok();
    let number: Option<usize> = number.and_then(|number| number.parse().ok());
    number.and_then(|number| CODES.get(number)).or(CODES.get(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_its_name() {
        let name = |value: &'static str| {
            let value = http::HeaderValue::from_static(value);
            let headers = HeaderMap::from_iter([(GRPC_STATUS, value)]);
            status(&headers).map(|code| code.name)
        };
        let names = ["0", "5", "13", "16", "17", "-1", "soon"].map(name);
        let expected = [
            "OK",
            "NOT_FOUND",
            "INTERNAL",
            "UNAUTHENTICATED",
            "UNKNOWN",
            "UNKNOWN",
            "UNKNOWN",
        ];
        assert_eq!(names, expected.map(Some));
        assert!(status(&HeaderMap::new()).is_none());
    }
}
