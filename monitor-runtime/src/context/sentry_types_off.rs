//! Without the feature `sentry` there are no values of Sentry to keep.

use std::convert::Infallible;

/// The id of an event.
pub(crate) type Uuid = Infallible;

/// An event.
pub(crate) type Event = Infallible;

/// A breadcrumb.
#[derive(Clone)]
pub(crate) struct Breadcrumb {
    pub(crate) timestamp: Infallible,
}
