//! Prints the model as tokens: all that the attribute adds to the user's code is written here.

mod body;
mod site;
mod verdict;

use crate::decide::items;
use crate::decide::returned_futures;
use crate::decide::{Model, Strategy};
use crate::parse::input::{self, Body, Function, Impl, Input, Member};
use proc_macro2::{Group, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, Ident, Type};

// Input:
//     #[monitored(name = "checkout", fields(order.id))]
//     async fn f(order: Order) -> Result<u32, Error> {
//         body
//     }
//
// Output, where P is ::monitor_runtime::__private:
//     async fn f(order: Order) -> Result<u32, Error> {
//         P::run_async_by_type(
//             P::site!(with_settings(&const { P::Settings::of_async().name("checkout").fields(&["order.id"]) }))
//                 .start_with(|__monitor_fields| { __monitor_fields.value(&order.id); })
//                 .wait(),
//             async move {
//                 if false { return P::never::<Result<u32, Error>>(); }
//                 let _ = (&order,);
//                 ({ body })
//             },
//             P::judge!([Result<u32, Error>]),
//         )
//         .await
//     }
//
// Where nothing is said of its arguments (`desugar`), it needs no coroutine around that future:
//     fn f(order: Order) -> impl P::Future<Output = Result<u32, Error>> {
//         P::run_async_by_type(P::site!(of_async).wait(), async move { … }, P::judge!([Result<u32, Error>]))
//     }
//
// `site!` puts the static into a block of its own: in the body's scope it would forbid a local of that name.
/// Prints the input with every function that has a model monitored.
pub(crate) fn expand(input: &Input, models: Vec<Option<Model>>) -> TokenStream {
    print(input, &mut models.into_iter())
}

/// Prints the input as it was written, without `#[monitored]`.
pub(crate) fn untouched(input: &Input) -> TokenStream {
    print(input, &mut std::iter::empty())
}

fn print(input: &Input, models: &mut dyn Iterator<Item = Option<Model>>) -> TokenStream {
    match input {
        Input::Refused(tokens) => tokens.clone(),
        Input::Function(item) => function(item, models.next().flatten()),
        Input::Impl(Impl {
            attrs,
            head,
            braces,
            inner,
            members,
            ..
        }) => {
            let members = members.iter().map(|member| match member {
                Member::Function(item) => function(item, models.next().flatten()),
                Member::Other(tokens) => tokens.clone(),
            });
            let braces = input::with_stream(braces, quote!(#(#inner)* #(#members)*));
            quote!(#(#attrs)* #head #braces)
        }
    }
}

fn function(item: &Function, model: Option<Model>) -> TokenStream {
    let Function {
        attrs,
        own: _,
        vis,
        defaultness,
        sig,
        body,
        semi,
    } = item;
    // rustc takes a field assigned last for unread, even where the argument's `Drop` reads it.
    let assigns = model.as_ref().is_some_and(|model| model.captures.assigns);
    let allow = assigns.then(|| quote!(#[allow(unused_assignments)]));
    let yields = model.as_ref().is_some_and(|model| model.yields);
    let yields = yields.then(|| quote!(#[allow(clippy::async_yields_async)]));
    let Some(body) = body else {
        return quote!(#(#attrs)* #vis #defaultness #sig #semi);
    };
    let (sig, statements) = match model {
        Some(model) => {
            let printer = Printer::new(item, body, model);
            (printer.signature(), printer.statements())
        }
        None => (sig.to_token_stream(), body.block.stream()),
    };
    let inner = &body.attrs;
    let body = input::with_stream(&body.block, quote!(#(#inner)* #statements));
    quote!(#allow #yields #(#attrs)* #vis #defaultness #sig #body)
}

/// The printer of one function.
pub(crate) struct Printer {
    /// Resolves generated names apart from the user's, and shows type errors at the return type.
    pub(crate) at: Span,
    body: Group,
    /// The body's items where they stand outside of it.
    items: TokenStream,
    pub(crate) private: TokenStream,
    pub(crate) model: Model,
}

impl Printer {
    fn new(item: &Function, body: &Body, model: Model) -> Self {
        let place = model
            .returns
            .as_ref()
            .map_or(item.sig.ident.span(), Spanned::span);
        let at = Span::mixed_site().located_at(place);
        let private = if let Some(runtime) = &model.runtime {
            quote_spanned!(at=> #runtime::__private)
        } else {
            quote_spanned!(at=> ::monitor_runtime::__private)
        };
        let whole = matches!(model.run, Strategy::Inline { .. } | Strategy::Tail { .. });
        let split = if whole {
            None
        } else {
            items::split(&item.sig, body)
        };
        let (items, body) = split.unwrap_or_else(|| (TokenStream::new(), body.block.clone()));
        Self {
            at,
            body,
            items,
            private,
            model,
        }
    }

    fn statements(self) -> TokenStream {
        let (at, private) = (self.at, &self.private);
        let items = &self.items;
        let run = match &self.model.run {
            Strategy::Sync => self.run("run", &self.begin(), &self.closure()),
            Strategy::Inline { through, by_name } => self.in_place(*through, *by_name),
            Strategy::Desugared => self.future(),
            Strategy::Async => {
                let run = self.future();
                if self.model.looks_at_arguments() {
                    // An argument lent in this future would stay in it beside the body's own.
                    quote_spanned!(at=> #private::once(move || #run).await)
                } else {
                    quote_spanned!(at=> #run.await)
                }
            }
            Strategy::Tail { statements, exits } => {
                let mut statements = statements.clone();
                // Statements before the future may move arguments that the start reads.
                let ahead = !exits.alone && self.model.looks_at_arguments();
                let wait = self.wait();
                let (first, wait) = if ahead || exits.futures > 1 {
                    let name = quote_spanned!(at=> __monitor_start);
                    (quote_spanned!(at=> let #name = #wait;), name)
                } else {
                    (TokenStream::new(), wait)
                };
                returned_futures::each(&mut statements, &mut |future| {
                    *future = Expr::Verbatim(self.run("run_async", &wait, future));
                });
                quote!(#first #(#statements)*)
            }
            Strategy::Future { boxed } => {
                let (wait, closure) = (self.wait(), self.closure());
                // Called where it is written, it could not return what it was lent.
                let made = quote_spanned!(at=> #private::once(#closure));
                let run = self.run("run_async", &wait, &made);
                if *boxed {
                    quote_spanned!(at=> #private::Box::pin(#run))
                } else {
                    run
                }
            }
        };
        if items.is_empty() {
            return run;
        }
        quote!(#items #run)
    }

    /// Prints the future of an `async` function.
    fn future(&self) -> TokenStream {
        let body = self.block(&[self.pin(), self.captures()]);
        let body = quote_spanned!(self.at=> async move #body);
        self.run("run_async", &self.wait(), &body)
    }

    /// Prints the body in its own place, where `Location::caller()` is the function's caller.
    fn in_place(&self, through: bool, by_name: bool) -> TokenStream {
        let (at, private, body) = (self.at, &self.private, &self.body);
        let (begin, verdict) = (self.begin(), self.verdict());
        let returns = self.model.returns.as_ref();
        if !through || matches!(returns, Some(Type::Never(_))) {
            return quote_spanned! {at=>
                let __monitor_call = #private::Inline::new(#begin);
                (#body)
            };
        }
        let new = if by_name { "through" } else { "new" };
        let new = Ident::new(new, at);
        let unit = quote_spanned!(at=> ());
        let ty = returns.map_or(unit, ToTokens::to_token_stream);
        quote_spanned! {at=>
            let mut __monitor_call = #private::Inline::#new(#begin);
            #[allow(clippy::diverging_sub_expression)]
            let __monitor_returned: #ty = (#body);
            #[allow(unreachable_code)]
            __monitor_call.close(&__monitor_returned, #verdict);
            __monitor_returned
        }
    }
}
