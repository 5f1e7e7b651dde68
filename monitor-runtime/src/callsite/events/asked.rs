//! Questions to the subscriber.

use super::telling::{is_telling, telling};
use crate::base::unwind;

/// Asks the subscriber, unless it already works for the runtime on this thread. A subscriber that
/// panics wants nothing.
pub(super) fn asked(ask: impl FnOnce() -> bool) -> bool {
    !is_telling() && unwind::quietly(|| telling(ask)).unwrap_or(false)
}
