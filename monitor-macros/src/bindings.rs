//! The names a signature binds, and which of them the monitored body has to own.

use crate::returns;
use crate::words::Words;
use proc_macro2::Span;
use quote::format_ident;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, FnArg, Ident, Pat, PatIdent, PatType, Receiver, ReceiverKind, Signature, Token,
};

/// A name the signature binds, with the `#[cfg]`s its argument stands under.
pub(crate) struct Binding {
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) ident: Ident,
    pub(crate) mutability: Option<Token![mut]>,
    /// `self` cannot be bound anew.
    pub(crate) is_self: bool,
    /// Whether it may matter when it is dropped, as far as the spelling of its type tells.
    pub(crate) is_dropped: bool,
}

impl Binding {
    /// Whether rustc takes the name for one that need not be used.
    pub(crate) fn is_underscored(&self) -> bool {
        self.ident.to_string().starts_with('_')
    }
}

/// All names in order of declaration, `self` and those inside patterns included.
pub(crate) fn of(sig: &Signature) -> Vec<Binding> {
    let mut bindings = Vec::new();
    for input in &sig.inputs {
        let (attrs, names, is_self, is_dropped) = match input {
            FnArg::Receiver(receiver) => {
                let ident = Ident::new("self", receiver.self_token.span);
                let lent = matches!(receiver.kind, ReceiverKind::Reference(..));
                let names = vec![(ident, receiver.mutability)];
                (&receiver.attrs, names, true, !lent)
            }
            FnArg::Typed(typed) => {
                let mut names = Names(Vec::new());
                names.visit_pat_mut(&mut typed.pat.clone());
                let dropped = !returns::is_never_dropped(&typed.ty);
                (&typed.attrs, names.0, false, dropped)
            }
        };
        let cfgs: Vec<_> = attrs
            .iter()
            .filter(|attr| attr.path().is_ident("cfg"))
            .cloned()
            .collect();
        bindings.extend(names.into_iter().map(|(ident, mutability)| Binding {
            cfgs: cfgs.clone(),
            ident,
            mutability,
            is_self,
            is_dropped,
        }));
    }
    bindings
}

/// Whether an argument has lint levels of its own, as in `#[allow(unused_mut)] mut a: u8`: they would
/// not reach where it is bound anew.
pub(crate) fn have_lints(sig: &Signature) -> bool {
    let levels = ["allow", "expect", "warn", "deny", "forbid"];
    sig.inputs.iter().any(|input| {
        let (FnArg::Typed(PatType { attrs, .. }) | FnArg::Receiver(Receiver { attrs, .. })) = input;
        attrs
            .iter()
            .any(|attr| levels.iter().any(|level| attr.path().is_ident(level)))
    })
}

/// The signature with a name for each argument bound to `_`, which nothing else could capture: it
/// is dropped in its turn, behind the arguments after it.
pub(crate) fn named(sig: &Signature) -> Signature {
    let mut sig = sig.clone();
    for (index, input) in sig.inputs.iter_mut().enumerate() {
        let FnArg::Typed(typed) = input else { continue };
        if matches!(&*typed.pat, Pat::Wild(_)) && !returns::is_plain(&typed.ty) {
            let at = Span::mixed_site().located_at(typed.pat.span());
            let ident = format_ident!("_{}", index, span = at);
            *typed.pat = Pat::Ident(PatIdent {
                attrs: Vec::new(),
                by_ref: None,
                mutability: None,
                ident,
                subpat: None,
            });
        }
    }
    sig
}

/// Takes the `mut` off the arguments that the body binds anew.
pub(crate) fn settle(sig: &mut Signature, rebound: &[Binding]) {
    struct Settle<'a>(&'a [Binding]);

    impl VisitMut for Settle<'_> {
        fn visit_pat_ident_mut(&mut self, pat: &mut PatIdent) {
            if pat.by_ref.is_none() && self.0.iter().any(|binding| binding.ident == pat.ident) {
                pat.mutability = None;
            }
            visit_mut::visit_pat_ident_mut(self, pat);
        }
    }

    for input in &mut sig.inputs {
        if let FnArg::Typed(typed) = input {
            Settle(rebound).visit_pat_mut(&mut typed.pat);
        }
    }
}

struct Names(Vec<(Ident, Option<Token![mut]>)>);

impl VisitMut for Names {
    fn visit_pat_ident_mut(&mut self, pat: &mut PatIdent) {
        // In `ref mut a` it is what `a` refers to that is mutable.
        let mutability = pat.mutability.filter(|_| pat.by_ref.is_none());
        // Each alternative of `Ok(a) | Err(a)` binds the same name.
        if self.0.iter().all(|(known, _)| *known != pat.ident) {
            self.0.push((pat.ident.clone(), mutability));
        }
        visit_mut::visit_pat_ident_mut(self, pat);
    }
}

/// The bindings a closure around `body` captures first and whole, so that it drops them as the
/// plain function would: last argument first.
///
/// An argument the body does not mention stays outside, where rustc goes on warning that it is
/// unused. One named `_guard` is exempt from that warning and is held like the others, as `self` may
/// be.
pub(crate) fn captured(
    mut bindings: Vec<Binding>,
    holds_self: bool,
    body: &[&Words],
) -> Vec<Binding> {
    let mentioned = |name: &Ident| body.iter().any(|words| words.mention(name));
    bindings.retain(|binding| {
        let exempt = binding.is_underscored() || (holds_self && binding.is_self);
        exempt || mentioned(&binding.ident)
    });
    bindings.reverse();
    bindings
}
