//! Panics that have begun on this thread, and the function that reports each.

use std::sync::Arc;
use std::thread;

use super::{HERE, Here, REMEMBERED, Stretch, tick};
use crate::base::panics::Panic;
use crate::context::thread::THREAD;

/// A panic, as the hook saw it, or as a function it unwound saw it if no hook is installed.
pub(super) struct PanicNote {
    /// `None` if no hook is installed.
    panic: Option<Arc<Panic>>,
    /// The thread's clock of events when it began.
    tick: u64,
    /// `true` once a function has reported it.
    told: bool,
    /// `true` if those before it are known to have been over when it began.
    alone: bool,
}

/// Notes a panic where it begins, for the functions it is about to unwind.
pub(crate) fn note_panic(panic: &Arc<Panic>) {
    let _ = HERE.try_with(|here| here.note(Some(Arc::clone(panic)), false));
}

/// Returns `true` if this function is the first that its panic unwinds, and the panic.
///
/// Several panics may have begun while the function ran: one that was caught, or one in a
/// destructor while another unwound. The newest that no function has reported is the one that
/// unwinds it, unless a later one began after it was over: then that one does.
#[cold]
pub(crate) fn first_to_unwind(stretch: Stretch) -> (bool, Option<Arc<Panic>>) {
    let ask = |here: &Here| {
        let mut panics = here.panics.borrow_mut();
        let seen = panics.iter_mut().rev();
        let (mut known, mut newest, mut is_over) = (false, None, false);
        for note in seen.take_while(|note| note.tick > stretch.began) {
            let panic = note.panic.take().filter(|_| !note.told && !is_over);
            newest = newest.or(panic);
            (known, note.told) = (true, true);
            is_over |= note.alone;
        }
        drop(panics);
        if !known {
            // `resume_unwind` calls no hook, and before `start()` none is installed.
            here.note(None, true);
        }
        (!known || newest.is_some(), newest)
    };
    HERE.try_with(ask).unwrap_or((true, None))
}

/// Notes that no panic unwinds the thread, if none does.
///
/// Called where a call finds no counters in the thread's cache, as the first one after a panic: a call that finds
/// them has no time to ask.
pub(super) fn note_calm() {
    let _ = HERE.try_with(|here| {
        if !here.calm.get() {
            here.calm.set(!thread::panicking());
        }
    });
}

impl Here {
    fn note(&self, panic: Option<Arc<Panic>>, told: bool) {
        let tick = tick();
        // Called by the panic hook, where a second panic would abort the process.
        let Ok(mut panics) = self.panics.try_borrow_mut() else {
            return;
        };
        let alone = self.calm.replace(false);
        THREAD.with(|thread| thread.found.clear());
        panics.push_back(PanicNote {
            panic,
            tick,
            told,
            alone,
        });
        if panics.len() > REMEMBERED {
            panics.pop_front();
        }
    }
}
