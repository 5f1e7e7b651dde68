//! Without the feature `sentry` a request has no hub and no transaction.

use std::sync::Arc;

use http::HeaderValue;

use super::metrics::Ended;
use super::route::Slot;
use crate::base::status::Grpc;
use crate::context::trace::TraceContext;

/// A request as Sentry sees it, which never exists here.
pub(super) enum Story {}

impl Story {
    pub(super) fn begin(
        _: &'static str,
        _: &HeaderValue,
        _: Option<&TraceContext>,
        _: &mut TraceContext,
        _: &Arc<Slot>,
    ) -> Option<Self> {
        None
    }

    pub(super) fn within<R>(&self, _: impl FnOnce() -> R) -> R {
        match *self {}
    }

    pub(super) fn end(&self, _: &TraceContext, _: &Ended, _: Option<&Grpc>) {
        match *self {}
    }
}
