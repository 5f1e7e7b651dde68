//! Reads the names that a signature binds.

use crate::parse::return_type;
use proc_macro2::Span;
use quote::format_ident;
use std::mem;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, FnArg, Ident, Pat, PatIdent, ReceiverKind, Signature, Token};

/// A name the signature binds, with the `#[cfg]`s its argument stands under.
pub(crate) struct Binding {
    /// The place of its argument in the signature.
    pub(crate) place: usize,
    pub(crate) cfgs: Vec<Attribute>,
    /// Lint levels of the argument, as in `#[allow(unused_mut)] mut a: u8`: they go where it is bound anew.
    pub(crate) lints: Vec<Attribute>,
    pub(crate) ident: Ident,
    /// The argument's own pattern, where `ident` is a generated name for the whole argument.
    pub(crate) pattern: Option<Pat>,
    /// Names in the pattern that the body mentions.
    pub(crate) mentioned: Vec<Ident>,
    pub(crate) mutability: Option<Token![mut]>,
    /// `true` if only the attribute mentions it, where a call begins.
    pub(crate) is_said: bool,
    /// `self` cannot be bound anew.
    pub(crate) is_self: bool,
    /// `true` if its drop may have an effect, as far as the spelling of its type tells.
    pub(crate) is_dropped: bool,
}

impl Binding {
    /// Returns `true` if rustc does not warn when the name is unused.
    pub(crate) fn is_underscored(&self) -> bool {
        self.ident.to_string().starts_with('_')
    }
}

/// Returns all names in order of declaration, `self` and those inside patterns included.
pub(crate) fn of(sig: &Signature) -> Vec<Binding> {
    let mut bindings = Vec::new();
    for (place, input) in sig.inputs.iter().enumerate() {
        let (attrs, names, is_self, is_dropped) = match input {
            FnArg::Receiver(receiver) => {
                let ident = Ident::new("self", receiver.self_token.span);
                let lent = matches!(receiver.kind, ReceiverKind::Reference(..));
                let names = vec![(ident, receiver.mutability)];
                (&receiver.attrs, names, true, !lent)
            }
            FnArg::Typed(typed) => {
                let dropped = !return_type::is_never_dropped(&typed.ty);
                (&typed.attrs, bound(&typed.pat), false, dropped)
            }
        };
        let those = |are: fn(&Attribute) -> bool| -> Vec<_> {
            attrs.iter().filter(|attr| are(attr)).cloned().collect()
        };
        let (cfgs, lints) = (those(|attr| attr.path().is_ident("cfg")), those(is_lint));
        bindings.extend(names.into_iter().map(|(ident, mutability)| Binding {
            place,
            cfgs: cfgs.clone(),
            lints: lints.clone(),
            ident,
            pattern: None,
            mentioned: Vec::new(),
            mutability,
            is_said: false,
            is_self,
            is_dropped,
        }));
    }
    bindings
}

/// Returns the names that a pattern binds.
pub(crate) fn names(pat: &Pat) -> Vec<Ident> {
    bound(pat).into_iter().map(|(name, _)| name).collect()
}

fn bound(pat: &Pat) -> Vec<(Ident, Option<Token![mut]>)> {
    let mut names = Names(Vec::new());
    names.visit_pat_mut(&mut pat.clone());
    names.0
}

/// Returns `true` if an argument has lint levels of its own.
pub(crate) fn have_lints(sig: &Signature) -> bool {
    sig.inputs.iter().any(|input| match input {
        FnArg::Typed(typed) => typed.attrs.iter().any(is_lint),
        FnArg::Receiver(receiver) => receiver.attrs.iter().any(is_lint),
    })
}

fn is_lint(attr: &Attribute) -> bool {
    let levels = ["allow", "expect", "warn", "deny", "forbid"];
    levels.iter().any(|level| attr.path().is_ident(level))
}

/// Returns the signature with a name for each argument bound to `_`, so that the body can capture it and drop it
/// in its turn.
pub(crate) fn named(sig: &Signature) -> Signature {
    let mut sig = sig.clone();
    for (place, input) in sig.inputs.iter_mut().enumerate() {
        let FnArg::Typed(typed) = input else { continue };
        if matches!(&*typed.pat, Pat::Wild(_)) && !return_type::is_never_dropped(&typed.ty) {
            *typed.pat = name(place, &typed.pat);
        }
    }
    sig
}

/// Makes a name for a whole argument.
fn name(place: usize, pat: &Pat) -> Pat {
    let at = Span::mixed_site().located_at(pat.span());
    Pat::Ident(PatIdent {
        attrs: Vec::new(),
        by_ref: None,
        mutability: None,
        ident: format_ident!("_{}", place, span = at),
        subpat: None,
    })
}

/// Gives a name to each argument that is a pattern. The body destructures it, and drops what is left of it in
/// its turn. The arguments at `kept` stay as they are, because the attribute needs the names in them.
pub(crate) fn wholes(mut sig: Signature, kept: &[usize]) -> (Signature, Vec<Binding>) {
    let mut patterns = Vec::new();
    for (place, input) in sig.inputs.iter_mut().enumerate() {
        let FnArg::Typed(typed) = input else { continue };
        let is_kept = is_name(&typed.pat) || kept.contains(&place);
        if !is_kept && !return_type::is_never_dropped(&typed.ty) {
            let whole = name(place, &typed.pat);
            patterns.push((place, mem::replace(&mut *typed.pat, whole)));
        }
    }
    let mut bindings = of(&sig);
    for (place, pattern) in patterns {
        let whole = bindings.iter_mut().find(|binding| binding.place == place);
        if let Some(whole) = whole {
            whole.pattern = Some(pattern);
        }
    }
    (sig, bindings)
}

/// Returns `true` if a pattern is one name.
pub(crate) fn is_name(pat: &Pat) -> bool {
    matches!(pat, Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none())
}

/// Returns the places of arguments of which the pattern may leave a part unbound that is dropped.
pub(crate) fn leave_something(sig: &Signature) -> Vec<usize> {
    let leaves = |input: &FnArg| match input {
        FnArg::Receiver(_) => false,
        FnArg::Typed(typed) => leaves(&typed.pat) && !return_type::is_never_dropped(&typed.ty),
    };
    let inputs = sig.inputs.iter().enumerate();
    inputs
        .filter_map(|(place, input)| leaves(input).then_some(place))
        .collect()
}

fn leaves(pat: &Pat) -> bool {
    match pat {
        Pat::Ident(pat) => pat.by_ref.is_some() || pat.subpat.is_some(),
        Pat::Paren(pat) => leaves(&pat.pat),
        Pat::Tuple(pat) => pat.elems.iter().any(leaves),
        Pat::TupleStruct(pat) => pat.elems.iter().any(leaves),
        Pat::Slice(pat) => pat.elems.iter().any(leaves),
        Pat::Struct(pat) => pat.rest.is_some() || pat.fields.iter().any(|field| leaves(&field.pat)),
        Pat::Or(pat) => pat.cases.iter().any(leaves),
        _ => true,
    }
}

/// Takes the `mut` and the lint levels off the arguments that the body binds anew.
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

    for (place, input) in sig.inputs.iter_mut().enumerate() {
        if let FnArg::Typed(typed) = input {
            Settle(rebound).visit_pat_mut(&mut typed.pat);
            if rebound.iter().any(|binding| binding.place == place) {
                typed.attrs.retain(|attr| !is_lint(attr));
            }
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
