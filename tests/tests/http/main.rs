//! The HTTP edge around each framework, and what the log, Sentry and the page have of a request.

mod axum;
mod correlation;
mod failures;
mod grpc;
mod hyper;
mod idle;
mod reasons;
mod sentry;
mod steps;
mod tonic;
mod tonic_load;
mod warp;
