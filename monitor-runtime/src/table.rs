//! Which cells are the current thread's.
#![expect(clippy::inline_always, reason = "a few instructions of every call")]

use std::cell::{Cell, RefCell};

use crate::cells::Cells;
use crate::site::Site;

/// Cells found without a look at the table, per thread; as many words.
const RECENT: usize = 256;

/// The cells of the current thread, by site and lane; its destructor gives them back.
struct Table(RefCell<Vec<Option<&'static Cells>>>);

impl Drop for Table {
    fn drop(&mut self) {
        // First, so that no call in a later destructor counts where another thread may.
        FOUND.with(|found| found.iter().for_each(|recent| recent.set(None)));
        for cells in self.0.take().into_iter().flatten() {
            cells.release();
        }
    }
}

thread_local! {
    static TABLE: Table = const { Table(RefCell::new(Vec::new())) };

    // Without a destructor, which spares every call the question whether it has run.
    static FOUND: [Cell<Option<&'static Cells>>; RECENT] = const { [const { Cell::new(None) }; RECENT] };
}

/// The current thread's cells of a site's lane, where a look is enough to find them.
#[inline(always)]
pub(crate) fn recent(site: &'static Site, lane: usize) -> Option<&'static Cells> {
    FOUND.with(|found| {
        let first = site.known_id();
        let id = first + lane;
        let cells = found[id % RECENT].get()?;
        // Before its first call a site has no id, and its lanes would be those of others.
        (cells.id == id && (lane == 0 || first != 0)).then_some(cells)
    })
}

/// The current thread's cells of a site's lane, found, or claimed on its first call of it.
///
/// A thread that is ending has no table any more, and claims cells for one stretch of a call;
/// then they are its caller's to release, and `true` says so.
pub(crate) fn claim(site: &'static Site, lane: usize) -> (&'static Cells, bool) {
    let id = site.id() + lane;
    let kept = TABLE.try_with(|table| {
        // The allocator may be monitored itself.
        let mut all = table.0.try_borrow_mut().ok()?;
        if all.len() <= id {
            all.resize(id + 1, None);
        }
        let cells = *all[id].get_or_insert_with(|| Cells::claim(site, lane));
        FOUND.with(|found| found[id % RECENT].set(Some(cells)));
        Some(cells)
    });
    match kept {
        Ok(Some(cells)) => (cells, false),
        _ => (Cells::claim(site, lane), true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{classes, clock};

    #[test]
    fn a_function_and_a_thread_take_what_the_readme_says() {
        let readme = include_str!("../../README.md");
        let cells = format!("{} bytes each", size_of::<Cells>());
        assert!(readme.contains(&cells), "{cells}");
        let buckets = format!("{} more for each result", clock::default_bounds().len() * 8);
        assert!(readme.contains(&buckets), "{buckets}");
        let classes = format!("{} more for an error with a class", classes::MOST * 8);
        assert!(readme.contains(&classes), "{classes}");
    }
}
