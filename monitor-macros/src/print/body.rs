//! Prints the signature, and the closure or future around the user's block with the arguments that it owns.

use super::Printer;
use crate::decide::Strategy;
use crate::parse::signature::Binding;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};
use syn::{ReturnType, Signature};

impl Printer {
    /// Prints the signature, which is that of a plain function where an `async fn` becomes one.
    ///
    /// The words `impl Future` have the edition of this crate, so they capture every lifetime, as an `async fn` does.
    pub(super) fn signature(&self) -> TokenStream {
        let sig = &self.model.captures.sig;
        if !matches!(self.model.run, Strategy::Desugared) {
            return sig.to_token_stream();
        }
        let (at, private) = (self.at, &self.private);
        let Signature {
            fn_token,
            ident,
            generics,
            inputs,
            output,
            ..
        } = sig;
        let output = match output {
            ReturnType::Default => quote_spanned!(at=> ()),
            ReturnType::Type(_, output) => output.to_token_stream(),
        };
        let condition = &generics.where_clause;
        quote_spanned! {at=>
            #fn_token #ident #generics (#inputs) -> impl #private::Future<Output = #output> #condition
        }
    }

    /// Prints the body as a closure of the declared type.
    pub(super) fn closure(&self) -> TokenStream {
        let unit = quote_spanned!(self.at=> ());
        let returns = self
            .model
            .returns
            .as_ref()
            .map_or(unit, ToTokens::to_token_stream);
        let block = self.block(&[self.captures()]);
        quote_spanned!(self.at=> move || -> #returns #block)
    }

    /// Prints a `return` that never runs. It gives an async block its type before the body is checked.
    pub(super) fn pin(&self) -> TokenStream {
        let private = &self.private;
        let pin = self.model.output.as_ref().map(|output| {
            quote_spanned! {self.at=>
                if false {
                    return #private::never::<#output>();
                }
            }
        });
        pin.unwrap_or_default()
    }

    /// Prints the user's block after generated statements.
    ///
    /// It stays a block of its own: its items would otherwise stand after statements, and its
    /// braces carry the edition that decides when temporaries are dropped. The parentheses are
    /// generated, so that rustc does not report the braces inside as unnecessary.
    pub(super) fn block(&self, before: &[TokenStream]) -> Group {
        let body = &self.body;
        if before.iter().all(TokenStream::is_empty) {
            return body.clone();
        }
        let mut inner: TokenStream = before.iter().cloned().collect();
        let after = TokenStream::from(TokenTree::Group(body.clone()));
        let mut after = Group::new(Delimiter::Parenthesis, after);
        after.set_span(self.at);
        inner.extend([TokenTree::Group(after)]);
        let mut outer = Group::new(Delimiter::Brace, inner);
        outer.set_span(self.at);
        outer
    }

    /// Mentions the arguments first and whole, so that the body captures and drops them in order.
    pub(super) fn captures(&self) -> TokenStream {
        let (at, captures) = (self.at, &self.model.captures.bindings);
        if captures.is_empty() {
            return TokenStream::new();
        }
        if self.model.captures.rebinds {
            return self.rebindings();
        }
        // The names stand where the user wrote them, so to clippy it is the user who uses `_x`.
        let underscored = captures.iter().any(Binding::is_underscored);
        let allow =
            underscored.then(|| quote_spanned!(at=> #[allow(clippy::used_underscore_binding)]));
        let names = captures
            .iter()
            .map(|Binding { cfgs, ident, .. }| quote_spanned!(at=> #(#cfgs)* &#ident,));
        quote_spanned!(at=> #allow let _ = (#(#names)*);)
    }

    /// Binds the arguments anew: rustc then looks at those that are `mut` as at a plain function's.
    fn rebindings(&self) -> TokenStream {
        let at = self.at;
        // Last declared is first dropped, and `self`, which stays captured, after all of them.
        let bindings = self.model.captures.bindings.iter().rev();
        let statements = bindings.map(|binding| self.rebinding(binding));
        quote_spanned!(at=> #(#statements)*)
    }

    fn rebinding(&self, binding: &Binding) -> TokenStream {
        let at = self.at;
        let Binding {
            cfgs,
            lints,
            ident,
            pattern,
            mentioned,
            mutability,
            is_said,
            is_self,
            ..
        } = binding;
        if *is_self {
            return quote_spanned!(at=> #(#cfgs)* let _ = &#ident;);
        }
        // The user bound it once; the rest as in `captures`.
        let underscored = binding
            .is_underscored()
            .then(|| quote_spanned!(at=> , clippy::used_underscore_binding, clippy::no_effect_underscore_binding));
        let said = is_said.then(|| quote_spanned!(at=> , unused_variables));
        let allow = quote_spanned!(at=> #[allow(clippy::shadow_same #underscored #said)]);
        let Some(pattern) = pattern else {
            return quote_spanned!(at=> #(#cfgs)* #allow #(#lints)* let #mutability #ident = #ident;);
        };
        // To rustc, a local that is only assigned to is unused, and an argument is not.
        let used = (!mentioned.is_empty())
            .then(|| quote_spanned!(at=> #(#cfgs)* #[allow(clippy::used_underscore_binding)] let _ = (#(&#mentioned,)*);));
        // Whole first: taken apart where it is captured, what is left of it would stay outside.
        quote_spanned! {at=>
            #(#cfgs)* #[allow(unused_mut, clippy::shadow_same #underscored)] let mut #ident = #ident;
            #(#cfgs)* #allow #(#lints)* let #pattern = #ident;
            #used
        }
    }
}
