//! The names that generated code uses; not part of the public API.

pub use crate::__judge as judge;
pub use crate::__of_error as of_error;
pub use crate::__record as record;
pub use crate::__site as site;
pub use crate::__verdict as verdict;
pub use crate::base::class::Class;
pub use crate::base::verdict::Inner;
pub use crate::base::verdict::{ErrorFormat, Shown, Verdict};
pub use crate::call::judge::{AlwaysOk, Untimed};
pub use crate::call::labels::{Labelled, Labels, Unlabelled};
pub use crate::call::levels::Shallow;
pub use crate::call::probe::Probe;
pub use crate::call::run::{
    Inline, Monitored, never, once, run, run_async, run_async_by_inferred_type, run_async_by_type,
    run_async_plain, run_async_untimed, run_async_untimed_by_inferred_type, run_by_inferred_type,
    run_by_type, run_plain, run_untimed, run_untimed_by_inferred_type,
};
pub use crate::call::start::{Start, id, ids};
pub use crate::call::transparent::{Held, Seen};
#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
pub use crate::callsite::Sites;
pub use crate::callsite::counters::count_ok;
pub use crate::callsite::counters::fine::switch as count_finely;
pub use crate::callsite::error_classes::{ClassesOf, KnownClasses, NoClasses};
pub use crate::callsite::exemplars::offer_ok as offer_exemplar;
pub use crate::callsite::labels::Place;
pub use crate::callsite::{Bounds, Settings, Site};
pub use crate::metrics::{Exposition, Format};
#[cfg(feature = "server")]
pub use crate::server::Gzip;
pub use crate::settings::buckets::{BUCKETS, FAST_BUCKETS, SLOW_BUCKETS};
pub use crate::settings::sentry_level::SentryLevel;
pub use std::boxed::Box;
pub use std::future::Future;
pub use std::option::Option;
pub use tracing::Level;
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
pub use {crate::callsite::Listed, ::inventory};

/// The traits behind `record!`.
pub mod argument {
    pub use crate::base::fields::{Argument, RecordDebug, RecordError, RecordOther, RecordValue};
}
