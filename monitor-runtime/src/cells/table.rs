//! Which cells are the current thread's.

use std::cell::RefCell;
use std::sync::Arc;

use super::Cells;
use crate::site::Site;

/// The cells of the current thread, by site; its destructor retires them.
struct Table(RefCell<Vec<Option<Owned>>>);

/// Cells of this thread, and the site they count for.
type Owned = (&'static Site, Arc<Cells>);

impl Drop for Table {
    fn drop(&mut self) {
        for (site, cells) in self.0.take().into_iter().flatten() {
            site.store().retire(site, &cells);
        }
    }
}

thread_local! {
    static TABLE: Table = const { Table(RefCell::new(Vec::new())) };
}

/// Runs `write` on the current thread's cells of `site`.
#[inline]
pub(crate) fn with(site: &'static Site, write: impl Fn(&Cells)) {
    let index = site.id();
    let done = TABLE.try_with(|table| {
        let Ok(slots) = table.0.try_borrow() else {
            return false;
        };
        let Some(Some((_, cells))) = slots.get(index) else {
            drop(slots);
            return first(site, index, table, &write);
        };
        write(cells);
        true
    });
    if done != Ok(true) {
        late(site, &write);
    }
}

/// The first call of `site` on this thread.
#[cold]
fn first(site: &'static Site, index: usize, table: &Table, write: &impl Fn(&Cells)) -> bool {
    let Ok(mut slots) = table.0.try_borrow_mut() else {
        return false;
    };
    if slots.len() <= index {
        slots.resize(index + 1, None);
    }
    let cells = site.store().open(site.slots());
    write(&cells);
    slots[index] = Some((site, cells));
    true
}

/// A call in the destructor of another thread-local, after this thread's table has gone.
#[cold]
fn late(site: &'static Site, write: &impl Fn(&Cells)) {
    let cells = site.store().open(site.slots());
    write(&cells);
    site.store().retire(site, &cells);
}
