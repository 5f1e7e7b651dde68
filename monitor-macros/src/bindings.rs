//! The names a signature binds, and which of them the monitored body has to own.

use crate::body;
use proc_macro2::TokenStream;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, FnArg, Ident, PatIdent, Signature};

/// A name the signature binds, with the `#[cfg]`s its argument stands under.
pub(crate) struct Binding {
    pub(crate) cfgs: Vec<Attribute>,
    pub(crate) ident: Ident,
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
        let (attrs, names) = match input {
            FnArg::Receiver(receiver) => (
                &receiver.attrs,
                vec![Ident::new("self", receiver.self_token.span)],
            ),
            FnArg::Typed(typed) => {
                let mut names = Names(Vec::new());
                names.visit_pat_mut(&mut typed.pat.clone());
                (&typed.attrs, names.0)
            }
        };
        let cfgs: Vec<_> = attrs
            .iter()
            .filter(|attr| attr.path().is_ident("cfg"))
            .cloned()
            .collect();
        bindings.extend(names.into_iter().map(|ident| Binding {
            cfgs: cfgs.clone(),
            ident,
        }));
    }
    bindings
}

struct Names(Vec<Ident>);

impl VisitMut for Names {
    fn visit_pat_ident_mut(&mut self, pat: &mut PatIdent) {
        self.0.push(pat.ident.clone());
        visit_mut::visit_pat_ident_mut(self, pat);
    }
}

/// The bindings a closure around `body` captures first and whole, so that it drops them as the
/// plain function would: last argument first.
///
/// An argument the body does not mention stays outside, where rustc goes on warning that it is
/// unused. One named `_guard` is exempt from that warning and is held like the others.
pub(crate) fn captured(mut bindings: Vec<Binding>, body: &TokenStream) -> Vec<Binding> {
    bindings.retain(|binding| binding.is_underscored() || body::mentions(body, &binding.ident));
    bindings.reverse();
    bindings
}
