//! What generated code may name; no part of the public interface.

pub use crate::__record as record;
pub use crate::__register as register;
pub use crate::__verdict as verdict;
pub use crate::call::{Monitored, run, run_async};
pub use crate::site::{Listed, Site, Start, path_of};
pub use crate::verdict::{ErrorFormat, Verdict, plain};
pub use inventory;
pub use tracing::Level;

/// The traits behind `verdict!`.
pub mod probe {
    pub use crate::verdict::{
        Probe, ViaDebug, ViaDisplay, ViaError, ViaLocalError, ViaNothing, ViaOpaque, ViaSendError,
    };
}

/// The traits behind `record!`.
pub mod argument {
    pub use crate::fields::{Argument, RecordDebug, RecordDisplay, RecordValue};
}
