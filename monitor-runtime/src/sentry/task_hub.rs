//! The scope of a task.

use std::sync::Arc;

use sentry::{Hub, HubSwitchGuard};

use super::{fork, quietly};

/// A hub for a task: a copy of the scope it was spawned in, independent from then on.
pub(crate) struct TaskHub(Arc<Hub>);

impl TaskHub {
    /// Copies the current scope; `None` if Sentry is off.
    pub(crate) fn fork() -> Option<Self> {
        fork().map(Self)
    }

    /// Makes it the hub of this thread until the guard is dropped; `None` on a thread that is ending.
    pub(crate) fn enter(&self) -> Option<HubSwitchGuard> {
        quietly(|| HubSwitchGuard::new(Arc::clone(&self.0)))
    }
}
