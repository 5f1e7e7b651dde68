//! What the monitored body owns of the arguments, so that it drops them as a plain function would.

use super::Run;
use crate::bindings::{self, Binding};
use crate::words::Words;
use syn::Signature;

pub(crate) struct Owned {
    /// The signature as it is printed, where an argument needs another pattern.
    pub(crate) sig: Signature,
    /// Whether the body binds its arguments anew, rather than capture them.
    pub(crate) rebinds: bool,
    /// Whether a last assignment to a captured argument would be called unread.
    pub(crate) assigns: bool,
    /// What the body has to own, in the order a plain function drops it.
    pub(crate) captures: Vec<Binding>,
}

impl Owned {
    /// `words` are those of the body and of what the attribute says.
    pub(super) fn of(sig: &Signature, run: &Run, words: &[&Words]) -> Self {
        let named = bindings::named(sig);
        let holds_self = matches!(run, Run::Async);
        let captures = bindings::captured(bindings::of(&named), holds_self, words);
        let mut owned = Self {
            sig: named,
            rebinds: false,
            assigns: false,
            captures,
        };
        if matches!(run, Run::Tail { .. } | Run::Inline { .. }) {
            owned.sig = sig.clone();
            return owned;
        }
        let closure = matches!(run, Run::Sync | Run::Future { .. });
        let mutable = |arg: &Binding| !arg.is_self && is_mutable(arg);
        let rebinds = closure && !bindings::have_lints(sig) && owned.captures.iter().any(mutable);
        owned.bind(rebinds);
        owned
    }

    /// Of an `async` function that becomes a plain one.
    ///
    /// Not polled, it drops its arguments first to last; polled, last to first: they are locals in it,
    /// as the compiler makes of them.
    pub(super) fn desugar(&mut self) {
        let dropped = self.captures.iter().filter(|arg| arg.is_dropped);
        let several = dropped.count() > 1;
        self.bind(several);
    }

    fn bind(&mut self, rebinds: bool) {
        self.rebinds = rebinds;
        if rebinds {
            bindings::settle(&mut self.sig, &self.captures);
        }
        let assigned = |arg: &Binding| is_mutable(arg) && (arg.is_self || !rebinds);
        self.assigns = self.captures.iter().any(assigned);
    }

    /// What is never dropped need not be owned whole; a future has to own also what its body does not
    /// use, or it could be sent where the plain one could not.
    pub(super) fn leave_the_rest(&mut self, run: &Run) {
        let rebinds = self.rebinds;
        let is_future = matches!(run, Run::Desugared);
        self.captures.retain(|arg| {
            let unused = arg.is_self || arg.is_underscored();
            arg.is_dropped || (rebinds && is_mutable(arg)) || (is_future && unused)
        });
    }
}

fn is_mutable(arg: &Binding) -> bool {
    arg.mutability.is_some()
}
