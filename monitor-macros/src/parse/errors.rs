//! Collects mistakes, so that one build shows all of them.

use proc_macro2::Span;
use std::fmt::Display;

/// The mistakes found so far in one attribute.
#[derive(Default)]
#[must_use = "mistakes that are not returned are not shown"]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    /// Adds a mistake; a syntax error of syn's own counts like any other.
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            none => *none = Some(error),
        }
    }

    /// Adds the mistake of a result, if it is one.
    pub(crate) fn extend(&mut self, found: syn::Result<()>) {
        if let Err(error) = found {
            self.push(error);
        }
    }

    /// Adds a mistake shown under `span`.
    pub(crate) fn at(&mut self, span: Span, message: impl Display) {
        self.push(syn::Error::new(span, message));
    }

    /// Hands back all of them as one error, if there were any.
    pub(crate) fn finish(self) -> syn::Result<()> {
        self.0.map_or(Ok(()), Err)
    }
}
