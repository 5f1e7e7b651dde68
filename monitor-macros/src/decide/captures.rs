//! Decides which arguments the monitored body owns, so that it drops them in the order of a plain function: last
//! argument first.

use super::Strategy;
use super::rustdoc::is_rustdoc;
use crate::parse::idents::Idents;
use crate::parse::signature::{self, Binding};
use syn::Signature;

pub(crate) struct Captures {
    /// The signature as it is printed, where an argument needs another pattern.
    pub(crate) sig: Signature,
    /// `true` if the body binds its arguments anew instead of capturing them.
    pub(crate) rebinds: bool,
    /// `true` if rustc would report a last assignment to a captured argument as unread.
    pub(crate) assigns: bool,
    /// The arguments that the body has to own, in the order in which a plain function drops them.
    pub(crate) bindings: Vec<Binding>,
}

/// The identifiers of everything that may mention an argument.
pub(super) struct Mentions<'a> {
    pub(super) body: &'a Idents,
    /// Expressions of the attribute that are evaluated where a call begins, outside of the body.
    pub(super) said: &'a Idents,
    /// Expressions of the attribute that take an argument by value there, such as `follows_from = causes`.
    pub(super) taken: &'a Idents,
}

impl Captures {
    pub(super) fn new(sig: &Signature, run: &Strategy, mentions: &Mentions<'_>) -> Self {
        let named = signature::named(sig);
        let bindings = signature::of(&named);
        let mut captures = Self {
            sig: named,
            rebinds: false,
            assigns: false,
            bindings,
        };
        if matches!(run, Strategy::Tail { .. } | Strategy::Inline { .. }) {
            captures.sig = sig.clone();
            captures.bindings.clear();
            return captures;
        }
        let holds_self = matches!(run, Strategy::Async);
        let is_late = captures.is_late(holds_self, mentions);
        // Documentation shows a function as it is printed.
        if is_late && !is_rustdoc() {
            let kept = captures.said(mentions);
            (captures.sig, captures.bindings) = signature::wholes(captures.sig, &kept);
        }
        // An argument the body does not mention stays outside, where rustc goes on warning that it is
        // unused. One named `_guard` is exempt from that warning and is held like the others, as `self` may
        // be. Bound anew, the others are warned about as well.
        captures.bindings.retain(|binding| {
            let in_turn = is_late && binding.is_dropped && !binding.is_self;
            (in_turn && !mentions.taken.mention(&binding.ident))
                || mentions.hold(binding, holds_self)
        });
        captures.bindings.reverse();
        for binding in &mut captures.bindings {
            let name = &binding.ident;
            binding.is_said = mentions.said.mention(name) && !mentions.body.mention(name);
            if let Some(pattern) = &binding.pattern {
                binding.mentioned = signature::names(pattern);
                binding.mentioned.retain(|name| mentions.body.mention(name));
            }
        }
        let closure = matches!(run, Strategy::Sync | Strategy::Future { .. });
        let mutable = |arg: &Binding| !arg.is_self && is_mutable(arg);
        let rebinds =
            closure && !signature::have_lints(sig) && captures.bindings.iter().any(mutable);
        captures.bind(is_late || rebinds);
        captures
    }

    /// Returns `true` if the body would drop an argument too early: before one that stays outside and is
    /// declared after it.
    fn is_late(&self, holds_self: bool, mentions: &Mentions<'_>) -> bool {
        let said = self.said(mentions);
        let mut leave_something = signature::leave_something(&self.sig);
        leave_something.retain(|place| !said.contains(place));
        let dropped = || self.bindings.iter().filter(|binding| binding.is_dropped);
        let held = dropped().filter(|binding| mentions.hold(binding, holds_self));
        let Some(first) = held.map(|binding| binding.place).min() else {
            return false;
        };
        leave_something.iter().any(|place| *place > first)
            || dropped()
                .skip_while(|binding| binding.place < first || !mentions.hold(binding, holds_self))
                .any(|binding| !mentions.hold(binding, holds_self))
    }

    /// Returns the arguments whose names the attribute needs at the start of a call.
    fn said(&self, mentions: &Mentions<'_>) -> Vec<usize> {
        let bindings = self.bindings.iter();
        let said = bindings.filter(|binding| {
            let words = [mentions.said, mentions.taken];
            words.iter().any(|words| words.mention(&binding.ident))
        });
        said.map(|binding| binding.place).collect()
    }

    /// Adapts the captures of an `async` function that becomes a plain one.
    ///
    /// Not polled, it drops its arguments first to last; polled, last to first: they are locals in it,
    /// as the compiler makes of them.
    pub(super) fn desugar(&mut self) {
        let dropped = self.bindings.iter().filter(|arg| arg.is_dropped);
        let several = dropped.count() > 1;
        self.bind(several || self.rebinds);
    }

    fn bind(&mut self, rebinds: bool) {
        self.rebinds = rebinds;
        if rebinds {
            signature::settle(&mut self.sig, &self.bindings);
        }
        let assigned = |arg: &Binding| is_mutable(arg) && (arg.is_self || !rebinds);
        self.assigns = self.bindings.iter().any(assigned);
    }

    /// Removes the arguments that need not be owned: those whose type has nothing to drop.
    ///
    /// A future also keeps the arguments that its body does not use. Without them it could be `Send` where the
    /// plain future is not.
    pub(super) fn leave_the_rest(&mut self, run: &Strategy) {
        let rebinds = self.rebinds;
        let is_future = matches!(run, Strategy::Desugared);
        self.bindings.retain(|arg| {
            let unused = arg.is_self || arg.is_underscored();
            let bound = rebinds && (is_mutable(arg) || !arg.lints.is_empty());
            arg.is_dropped || bound || (is_future && unused)
        });
    }
}

impl Mentions<'_> {
    /// Returns `true` if the body holds an argument: it mentions the name, or the name may be unused.
    fn hold(&self, binding: &Binding, holds_self: bool) -> bool {
        let exempt = binding.is_underscored() || (holds_self && binding.is_self);
        exempt || self.body.mention(&binding.ident) || self.said.mention(&binding.ident)
    }
}

fn is_mutable(arg: &Binding) -> bool {
    arg.mutability.is_some()
}
