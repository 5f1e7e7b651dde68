//! The runtime whose worker a thread runs.

use std::cell::Cell;

use tokio::runtime::{self, Handle, RuntimeFlavor};

thread_local! {
    /// The runtime of which this thread was last seen as a worker.
    static RUNTIME: Cell<Option<runtime::Id>> = const { Cell::new(None) };
    /// `true` if that has threads of its own: they run no other one, whatever context they enter.
    static IS_OWNED: Cell<bool> = const { Cell::new(false) };
}

/// Returns `true` if the runtime whose worker this thread runs is also that of its context.
pub(super) fn is_current() -> bool {
    let current = Handle::try_current().ok();
    RUNTIME.get() == current.map(|runtime| runtime.id())
}

/// Notes the runtime whose worker this thread runs, if it runs one, and returns it. `is_same` says that the index of the
/// worker has not changed.
pub(super) fn note(is_worker: bool, is_same: bool) -> Option<runtime::Id> {
    let current = Handle::try_current().ok().filter(|_| is_worker);
    let flavor = current.as_ref().map(Handle::runtime_flavor);
    let is_owned = flavor.is_some_and(|flavor| flavor != RuntimeFlavor::CurrentThread);
    // The context may be that of another runtime, by `Handle::enter` or `block_on` in `block_in_place`.
    if !(is_owned && IS_OWNED.get() && is_same) {
        RUNTIME.set(current.map(|runtime| runtime.id()));
        IS_OWNED.set(is_owned);
    }
    RUNTIME.get()
}
