//! Every decision that a user can make: in the attribute, by the builder, in the environment. Settings are
//! read, checked and stored here; the other rooms act on them.

#[cfg(feature = "enable")]
pub(crate) mod attribute;
#[cfg(feature = "enable")]
pub(crate) mod bounds;
#[cfg(feature = "enable")]
pub(crate) mod buckets;
#[cfg(feature = "enable")]
pub(crate) mod config;
pub(crate) mod label;
#[cfg(feature = "enable")]
pub(crate) mod log_filter;
#[cfg(feature = "enable")]
pub(crate) mod log_format;
#[cfg(feature = "enable")]
pub(crate) mod native_histograms;
pub(crate) mod objective;
pub(crate) mod secret;
#[cfg(feature = "enable")]
pub(crate) mod sentry_level;
#[cfg(feature = "enable")]
pub(crate) mod trace_share;
#[cfg(feature = "enable")]
pub(crate) mod traces_sampler;
