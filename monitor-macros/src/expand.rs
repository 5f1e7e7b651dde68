//! Prints the model: the only tokens of ours that reach the user's code.

use crate::args::Format;
use crate::bindings::Binding;
use crate::body;
use crate::input::{self, Function, Impl, Input, Member};
use crate::model::{Level, Model, Record, Run, Verdict};
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
//         P::run_async(
//             {
//                 static __MONITOR: P::Site = P::Site::new(P::path_of(&|| ()), …)
//                     .name("checkout")
//                     .fields(&["order.id"]);
//                 P::register!(__MONITOR);
//                 &__MONITOR
//             }
//             .start_with(|__f| { __f.value(&order.id); }),
//             async move {
//                 if let Some(__r) = None::<Result<u32, Error>> { return __r; }
//                 let _ = (&order,);
//                 ({ body })
//             },
//             |__r: &_| P::verdict!(__r),
//         )
//         .await
//     }
//
// The static has a block of its own: in the body's scope it would forbid a local of that name.
/// Prints the input with every function that has a model monitored.
pub(crate) fn expand(input: &Input, models: Vec<Option<Model>>) -> TokenStream {
    print(input, &mut models.into_iter())
}

/// The input as it was written, without our attributes.
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
    let body = body.as_ref().map(|body| {
        let inner = &body.attrs;
        let statements = match model {
            Some(model) => Printer::new(item, &body.block, model).statements(),
            None => body.block.stream(),
        };
        input::with_stream(&body.block, quote!(#(#inner)* #statements))
    });
    quote!(#(#attrs)* #vis #defaultness #sig #body #semi)
}

/// One function being printed.
struct Printer<'a> {
    /// Our names never meet the user's, and type errors show at the return type.
    at: Span,
    body: &'a Group,
    private: TokenStream,
    model: Model,
}

impl<'a> Printer<'a> {
    fn new(item: &'a Function, body: &'a Group, model: Model) -> Self {
        let place = model
            .returns
            .as_ref()
            .map_or(item.sig.ident.span(), Spanned::span);
        let at = Span::mixed_site().located_at(place);
        let private = match &model.runtime {
            Some(path) => quote_spanned!(at=> #path::__private),
            None => quote_spanned!(at=> ::monitor_runtime::__private),
        };
        Self {
            at,
            body,
            private,
            model,
        }
    }

    fn statements(self) -> TokenStream {
        let Self { at, private, .. } = &self;
        let (start, verdict) = (self.start(), self.verdict());
        match &self.model.run {
            Run::Sync => {
                let closure = self.closure();
                quote_spanned!(*at=> #private::run(#start, #closure, #verdict))
            }
            Run::Async { output } => {
                let before = [self.pin(output.as_ref()), self.captures()]
                    .into_iter()
                    .collect();
                let body = self.block(before, self.body);
                quote_spanned!(*at=> #private::run_async(#start, async move #body, #verdict).await)
            }
            Run::Tail(statements) => {
                let mut statements = statements.clone();
                if let Some(block) = body::tail_future(&mut statements) {
                    let run = quote_spanned!(*at=> #private::run_async(#start, #block, #verdict));
                    *block = Expr::Verbatim(run);
                }
                quote!(#(#statements)*)
            }
            Run::Future { boxed } => {
                let closure = self.closure();
                let run = quote_spanned!(*at=> #private::run_async(#start, (#closure)(), #verdict));
                if *boxed {
                    quote_spanned!(*at=> ::std::boxed::Box::pin(#run))
                } else {
                    run
                }
            }
        }
    }

    /// The site and the call that starts on it.
    fn start(&self) -> TokenStream {
        let Self { at, private, .. } = self;
        let settings = self.settings();
        let start = if self.model.records.is_empty() {
            quote_spanned!(*at=> start())
        } else {
            let records = self.model.records.iter().map(|record| self.record(record));
            quote_spanned!(*at=> start_with(|__f| { #(#records)* }))
        };
        quote_spanned! {*at=>
            {
                static __MONITOR: #private::Site = #private::Site::new(
                    #private::path_of(&|| ()),
                    ::core::module_path!(),
                    ::core::file!(),
                    ::core::line!(),
                ) #settings;
                #private::register!(__MONITOR);
                &__MONITOR
            }.#start
        }
    }

    /// What differs from the site's defaults.
    fn settings(&self) -> TokenStream {
        let Self {
            at, private, model, ..
        } = self;
        let name = model.name.iter();
        let level = model.level.iter().map(|level| self.level(level));
        let fields = (!model.records.is_empty()).then(|| {
            let names = model.records.iter().map(Record::name);
            quote_spanned!(*at=> .fields(&[#(#names),*]))
        });
        let debug = model
            .err
            .debug
            .then(|| quote_spanned!(*at=> .err(#private::ErrorFormat::Debug)));
        let err_level = model.err.level.iter().map(|level| self.level(level));
        let err_log = (!model.err.log).then(|| quote_spanned!(*at=> .err_log(false)));
        let sentry = (!model.sentry).then(|| quote_spanned!(*at=> .sentry(false)));
        quote_spanned! {*at=>
            #(.name(#name))* #(.level(#level))* #fields
            #debug #(.err_level(#err_level))* #err_log #sentry
        }
    }

    fn level(&self, level: &Level) -> TokenStream {
        match level {
            Level::Path(path) => path.to_token_stream(),
            Level::Known(name) => {
                let (private, name) = (&self.private, Ident::new(name, self.at));
                quote_spanned!(self.at=> #private::Level::#name)
            }
        }
    }

    fn record(&self, record: &Record) -> TokenStream {
        let Self { at, private, .. } = self;
        match record {
            Record::Argument(ident) => quote_spanned!(*at=> #private::record!(__f, #ident);),
            Record::Field(field) => {
                let method = match field.format {
                    Format::Value => "value",
                    Format::Display => "display",
                    Format::Debug => "debug",
                };
                let (method, value) = (Ident::new(method, *at), &field.value);
                quote_spanned!(*at=> __f.#method(&(#value));)
            }
        }
    }

    fn verdict(&self) -> TokenStream {
        let Self { at, private, .. } = self;
        match &self.model.verdict {
            Verdict::Plain => quote_spanned!(*at=> #private::plain),
            Verdict::Probe(None) => quote_spanned!(*at=> |__r: &_| #private::verdict!(__r)),
            // In the parameter's own type, an elided lifetime would mean any lifetime.
            Verdict::Probe(Some(ty)) => {
                quote_spanned!(*at=> |__r: &_| { let __r: &#ty = __r; #private::verdict!(__r) })
            }
        }
    }

    /// The body as a closure of the declared type.
    fn closure(&self) -> TokenStream {
        let unit = quote_spanned!(self.at=> ());
        let returns = self
            .model
            .returns
            .as_ref()
            .map_or(unit, ToTokens::to_token_stream);
        let block = self.block(self.captures(), self.body);
        quote_spanned!(self.at=> move || -> #returns #block)
    }

    /// A `return` that never runs gives an async block its type before the body is looked at.
    fn pin(&self, output: Option<&Type>) -> TokenStream {
        let pin = output.map(|output| {
            quote_spanned! {self.at=>
                if let ::core::option::Option::Some(__r) = ::core::option::Option::None::<#output> {
                    return __r;
                }
            }
        });
        pin.unwrap_or_default()
    }

    /// The user's block behind statements of ours.
    ///
    /// It stays a block of its own: its items would otherwise stand after statements, and its
    /// braces carry the edition that decides when temporaries are dropped. The parentheses are
    /// ours, so that nobody is told that the braces inside are one pair too many.
    fn block(&self, before: TokenStream, block: &Group) -> Group {
        if before.is_empty() {
            return block.clone();
        }
        let after = quote_spanned!(self.at=> (#block));
        input::with_stream(block, quote!(#before #after))
    }

    /// Mentions the arguments first and whole, so that the body captures and drops them in order.
    fn captures(&self) -> TokenStream {
        let names = self
            .model
            .captures
            .iter()
            .map(|Binding { cfgs, ident }| quote_spanned!(self.at=> #(#cfgs)* &#ident,));
        let names = quote!(#(#names)*);
        if names.is_empty() {
            return names;
        }
        quote_spanned!(self.at=> let _ = (#names);)
    }
}
