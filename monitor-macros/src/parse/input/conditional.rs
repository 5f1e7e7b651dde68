//! `#[cfg_attr(condition, monitored(…))]` on a method of a monitored impl block.
//!
//! Only the compiler evaluates the condition, and it does so after the block's attribute has run. So the method
//! becomes two: one under the condition, and one under its opposite.

use super::{Function, is_monitored};
use crate::parse::keywords;
use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::parse::Parser;
use syn::{Attribute, Error, Meta, MetaList};

/// Returns the attributes of each method that one method becomes: one for each outcome of the conditions.
pub(super) fn variants(attrs: Vec<Attribute>) -> Vec<Vec<Attribute>> {
    let found = attrs.iter().enumerate().find_map(|(place, attr)| {
        let conditional = Conditional::of(attr).filter(Conditional::monitors)?;
        Some((place, conditional))
    });
    let Some((
        place,
        Conditional {
            condition,
            attrs: inner,
        },
    )) = found
    else {
        return vec![attrs];
    };
    let with = |cfg: TokenStream, inner: Vec<Attribute>| {
        let mut all = attrs.clone();
        all.splice(place..=place, attributes(cfg).into_iter().chain(inner));
        variants(all)
    };
    let mut all = with(quote!(#[cfg(#condition)]), inner);
    all.extend(with(quote!(#[cfg(not(#condition))]), Vec::new()));
    all
}

/// Removes all `#[monitored]` but one from a method with a condition, and returns the error for the others.
///
/// The error stands under the condition, which need not ever hold, as with `a` and `not(a)`.
pub(super) fn too_many(function: &mut Function) -> Option<TokenStream> {
    let is_cfg = |attr: &&Attribute| attr.path().is_ident("cfg");
    let conditions: Vec<_> = function.attrs.iter().filter(is_cfg).collect();
    if conditions.is_empty() {
        return None;
    }
    let second = function.own.get(1)?;
    let error = Error::new_spanned(&second.meta, keywords::TWICE);
    function.own.truncate(1);
    let error = error.into_compile_error();
    Some(quote!(#(#conditions)* #error))
}

/// Returns the attributes that a `cfg_attr` may add; empty for another attribute.
pub(crate) fn under_condition(attr: &Attribute) -> Vec<Attribute> {
    Conditional::of(attr).map_or_else(Vec::new, |conditional| conditional.attrs)
}

/// A `cfg_attr`.
struct Conditional {
    condition: TokenStream,
    attrs: Vec<Attribute>,
}

impl Conditional {
    fn of(attr: &Attribute) -> Option<Self> {
        let Meta::List(MetaList { path, tokens, .. }) = &attr.meta else {
            return None;
        };
        if !path.is_ident("cfg_attr") {
            return None;
        }
        let trees: Vec<TokenTree> = tokens.clone().into_iter().collect();
        let is_comma =
            |tree: &TokenTree| matches!(tree, TokenTree::Punct(comma) if comma.as_char() == ',');
        let mut parts = trees
            .split(is_comma)
            .map(|part| part.iter().cloned().collect());
        let condition = parts.next()?;
        let attrs = parts.flat_map(|part: TokenStream| attributes(quote!(#[#part])));
        Some(Self {
            condition,
            attrs: attrs.collect(),
        })
    }

    fn monitors(&self) -> bool {
        let nested = |attr| Self::of(attr).is_some_and(|nested| nested.monitors());
        let mut attrs = self.attrs.iter();
        attrs.any(|attr| is_monitored(attr) || nested(attr))
    }
}

/// Parses tokens as attributes; empty for tokens that are not attributes, as behind a last comma.
fn attributes(tokens: TokenStream) -> Vec<Attribute> {
    Attribute::parse_outer.parse2(tokens).unwrap_or_default()
}
