//! The names that generated code uses; not part of the public API.

pub use crate::__judge as judge;
pub use crate::__record as record;
pub use crate::__site as site;
pub use crate::__verdict as verdict;
pub use crate::classes::{ClassesOf, KnownClasses, NoClasses};
pub use crate::classify::Class;
pub use crate::exemplar::offer_ok as offer_exemplar;
pub use crate::labels::Labels;
pub use crate::metrics::{BUCKETS, Exposition, FAST_BUCKETS, Format, SLOW_BUCKETS};
pub use crate::run::{
    Inline, Monitored, never, once, run, run_async, run_async_by_type, run_async_plain,
    run_by_type, run_plain, run_untimed, run_untimed_by_type, run_untimed_plain,
};
pub use crate::server::Gzip;
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
pub use crate::site::Sites;
pub use crate::site::{Bounds, Settings, Site};
pub use crate::start::{Start, id, ids};
pub use crate::verdict::probe::Probe;
pub use crate::verdict::transparent::{Held, Inner, Seen};
pub use crate::verdict::{ErrorFormat, Shown, Verdict};
pub use sentry::Level as SentryLevel;
pub use std::boxed::Box;
pub use std::future::Future;
pub use std::option::Option;
pub use tracing::Level;
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
pub use {crate::site::Listed, ::inventory};

/// The traits behind `record!`.
pub mod argument {
    pub use crate::fields::{Argument, RecordDebug, RecordOther, RecordValue};
}
