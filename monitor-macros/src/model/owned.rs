//! What the monitored body owns of the arguments, so that it drops them as a plain function would.

use super::Run;
use crate::bindings::{self, Binding};
use crate::body::Words;
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
        let captures = bindings::captured(bindings::of(&named), words);
        let in_place = matches!(run, Run::Tail(_) | Run::Inline { .. });
        let closure = matches!(run, Run::Sync | Run::Future { .. });
        let rebinds = closure
            && !bindings::have_lints(sig)
            && captures.iter().any(|arg| !arg.is_self && is_mutable(arg));
        let assigned = |arg: &Binding| is_mutable(arg) && (arg.is_self || !rebinds);
        let mut owned = Self {
            sig: if in_place { sig.clone() } else { named },
            rebinds,
            assigns: !in_place && captures.iter().any(assigned),
            captures,
        };
        if rebinds {
            bindings::settle(&mut owned.sig, &owned.captures);
        }
        owned
    }

    /// Of an `async` function that becomes a plain one.
    ///
    /// Not polled, it drops its arguments first to last; polled, last to first: they are locals in it,
    /// as the compiler makes of them.
    pub(super) fn desugar(&mut self) {
        self.rebinds = self.captures.iter().filter(|arg| arg.is_dropped).count() > 1;
        if self.rebinds {
            bindings::settle(&mut self.sig, &self.captures);
            self.assigns &= self.captures.iter().any(|arg| arg.is_self);
        }
    }

    /// What is never dropped need not be owned whole.
    pub(super) fn leave_the_rest(&mut self) {
        let rebinds = self.rebinds;
        self.captures
            .retain(|arg| arg.is_dropped || (rebinds && is_mutable(arg)));
    }
}

fn is_mutable(arg: &Binding) -> bool {
    arg.mutability.is_some()
}
