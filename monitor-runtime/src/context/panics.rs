//! Panics that have begun on this thread, and the function that reports each.

use std::sync::Arc;

use super::{HERE, Here, REMEMBERED, Stretch, tick};
use crate::base::panics::Panic;

/// A panic, as the hook saw it, or as a function it unwound saw it if no hook is installed.
pub(super) struct PanicNote {
    /// `None` if no hook is installed.
    panic: Option<Arc<Panic>>,
    /// The thread's clock of events when it began.
    tick: u64,
    /// `true` once a function has reported it.
    told: bool,
}

/// Notes a panic where it begins, for the functions it is about to unwind.
pub(crate) fn note_panic(panic: &Arc<Panic>) {
    let _ = HERE.try_with(|here| here.note(Some(Arc::clone(panic)), false));
}

/// Returns `true` if this function is the first that its panic unwinds, and the panic.
///
/// Several panics may have begun while the function ran: one that was caught, or one in a
/// destructor while another unwound. The newest that no function has reported is the one that
/// unwinds it.
#[cold]
pub(crate) fn first_to_unwind(stretch: Stretch) -> (bool, Option<Arc<Panic>>) {
    let ask = |here: &Here| {
        let mut panics = here.panics.borrow_mut();
        let mut seen = panics
            .iter_mut()
            .filter(|note| note.tick > stretch.began)
            .peekable();
        let known = seen.peek().is_some();
        let mut newest = None;
        for note in seen.filter(|note| !note.told) {
            note.told = true;
            newest = note.panic.take();
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

impl Here {
    fn note(&self, panic: Option<Arc<Panic>>, told: bool) {
        let tick = tick();
        // Called by the panic hook, where a second panic would abort the process.
        let Ok(mut panics) = self.panics.try_borrow_mut() else {
            return;
        };
        panics.push_back(PanicNote { panic, tick, told });
        if panics.len() > REMEMBERED {
            panics.pop_front();
        }
    }
}
