//! Which cells are the current thread's.
#![expect(clippy::inline_always, reason = "a few instructions of every call")]

use std::cell::{Cell, RefCell};

use super::{Cells, NOWHERE};
use crate::site::Site;

/// Cells found without a look at the table, per thread; as many words.
const RECENT: usize = 256;

/// The cells of the current thread, by site; its destructor gives them back.
struct Table(RefCell<Vec<Option<&'static Cells>>>);

impl Drop for Table {
    fn drop(&mut self) {
        // First, so that no call in a later destructor counts where another thread may.
        FOUND.with(|found| found.iter().for_each(|recent| recent.set(&NOWHERE)));
        for cells in self.0.take().into_iter().flatten() {
            cells.release();
        }
    }
}

thread_local! {
    static TABLE: Table = const { Table(RefCell::new(Vec::new())) };

    // Without a destructor, which spares every call the question whether it has run.
    static FOUND: [Cell<&'static Cells>; RECENT] = const { [const { Cell::new(&NOWHERE) }; RECENT] };
}

/// The current thread's cells of `site`, where a look is enough to find them.
#[inline(always)]
pub(crate) fn recent(site: &'static Site) -> Option<&'static Cells> {
    FOUND.with(|found| {
        let id = site.known_id();
        let cells = found[id % RECENT].get();
        (cells.id == id).then_some(cells)
    })
}

/// The current thread's cells of `site`, found, or claimed on its first call of it.
///
/// A thread that is ending has no table any more, and claims cells for one stretch of a call;
/// then they are its caller's to release, and `true` says so.
pub(crate) fn claim(site: &'static Site) -> (&'static Cells, bool) {
    let id = site.id();
    let kept = TABLE.try_with(|table| {
        // The allocator may be monitored itself.
        let mut all = table.0.try_borrow_mut().ok()?;
        if all.len() <= id {
            all.resize(id + 1, None);
        }
        let cells = *all[id].get_or_insert_with(|| site.store().claim(site));
        FOUND.with(|found| found[id % RECENT].set(cells));
        Some(cells)
    });
    match kept {
        Ok(Some(cells)) => (cells, false),
        _ => (site.store().claim(site), true),
    }
}
