//! The values of Sentry that a thread keeps for its calls.

pub(crate) use ::sentry::Breadcrumb;
pub(crate) use ::sentry::types::Uuid;

/// An event that owns its text.
pub(crate) type Event = ::sentry::protocol::Event<'static>;
