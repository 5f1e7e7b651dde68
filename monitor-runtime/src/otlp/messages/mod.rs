//! The messages of OTLP 1.x, as far as they are sent or read.
//!
//! Names and numbers are those of the published `.proto` files:
//! <https://github.com/open-telemetry/opentelemetry-proto>. Version 1 is stable: fields are added, and none
//! changes. `tests/tests/real/otlp` compares every message with the published descriptors.

pub(super) mod common;
pub(super) mod logs;
pub(super) mod metrics;
pub(super) mod trace;

/// The answer to each of the three requests.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ExportResponse {
    #[prost(message, optional, tag = "1")]
    pub(super) partial_success: Option<PartialSuccess>,
}

/// Items that a request had and the receiver did not take.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct PartialSuccess {
    #[prost(int64, tag = "1")]
    pub(super) rejected: i64,
    #[prost(string, tag = "2")]
    pub(super) error_message: String,
}

/// The body of an answer that is an error: `google.rpc.Status`.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct RpcStatus {
    #[prost(int32, tag = "1")]
    pub(super) code: i32,
    #[prost(string, tag = "2")]
    pub(super) message: String,
}
