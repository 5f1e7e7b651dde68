//! Prints the call site of a function: its static with the settings, and the values that a call records.

use super::Printer;
use crate::decide::{Level, Record, Strategy};
use crate::parse::buckets::Buckets;
use crate::parse::error_type::{self, Named};
use crate::parse::fields::{Field, Format};
use crate::parse::sentry::Throttle;
use proc_macro2::{Literal, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Ident, Lit};

impl Printer {
    /// Prints the call site and the call that begins on it.
    pub(super) fn begin(&self) -> TokenStream {
        // Known here, it spares a call the question how it is timed.
        self.start(&format!("begin{}", self.untimed()))
    }

    /// Prints the call site and the call of a future, which begins at the first poll.
    pub(super) fn wait(&self) -> TokenStream {
        self.start("wait")
    }

    /// Returns what the names of functions for calls that are not timed have in addition.
    pub(super) fn untimed(&self) -> &'static str {
        if self.model.off.latency {
            "_untimed"
        } else {
            ""
        }
    }

    fn start(&self, how: &str) -> TokenStream {
        let (at, private, model) = (self.at, &self.private, &self.model);
        let settings = [
            self.settings(),
            self.disabled_signals(),
            self.sentry(),
            self.objective_and_doc(),
            self.returned_future().unwrap_or_default(),
        ];
        let (of, new, constant) = match model.run {
            Strategy::Async | Strategy::Desugared => ("of_async", "of_async", "ASYNC"),
            _ => ("of", "new", "SYNC"),
        };
        let has_settings = settings.iter().any(|some| !some.is_empty());
        let settings = if has_settings {
            let new = Ident::new(new, at);
            let classes = self.of_error_type("CLASSES").into_iter();
            let settings = quote_spanned!(at=> #private::Settings::#new() #(#settings)* #(.classes(#classes))*);
            Some(quote_spanned!(at=> &const { #settings }))
        } else {
            // A constant of the type itself: rustc checks another body for each `const` block.
            self.of_error_type(constant)
        };
        let site = if let Some(settings) = settings {
            quote_spanned!(at=> with_settings(#settings))
        } else {
            Ident::new(of, at).into_token_stream()
        };
        let how = Ident::new(how, at);
        if !model.looks_at_arguments() {
            return quote_spanned!(at=> #private::site!(#site).#how());
        }
        let start = self.declared();
        let labelled = (!model.labels.is_empty()).then(|| quote_spanned!(at=> @labelled));
        quote_spanned!(at=> #private::site!(#labelled #site) #start .#how())
    }

    /// Prints that a function which is not an `async fn` returns a future.
    fn returned_future(&self) -> Option<TokenStream> {
        let run = &self.model.run;
        let is_future = matches!(run, Strategy::Tail { .. } | Strategy::Future { .. });
        is_future.then(|| quote_spanned!(self.at=> .future()))
    }

    /// Prints the values, labels and span relations of a call.
    fn declared(&self) -> TokenStream {
        let (at, private, model) = (self.at, &self.private, &self.model);
        let (tags, parts) = (&model.sentry.tags, &model.sentry.fingerprint);
        let start = if model.records_nothing() {
            quote_spanned!(at=> start())
        } else {
            let records = model.records.iter().map(|record| self.record(record));
            let tags = tags.iter().map(|tag| self.field(tag));
            let parts = parts.iter().map(|part| self.part(part));
            quote_spanned!(at=> start_with(|__monitor_fields| { #(#records)* #(#tags)* #(#parts)* }))
        };
        let labels = self.labels();
        let parent = model.parent.iter();
        let causes = model.follows_from.iter();
        quote_spanned! {at=>
            .#start #labels #(.parent(|| #private::id(#parent)))* #(.follows_from(|| #private::ids(#causes)))*
        }
    }

    /// Prints the labels of a call.
    fn labels(&self) -> Option<TokenStream> {
        let at = self.at;
        let labels = self.model.labels.iter().map(|label| {
            let value = &label.value;
            let at = at.located_at(value.span());
            match label.max {
                None => quote_spanned!(at=> .label(&(#value))),
                Some(max) => quote_spanned!(at=> .bounded::<#max>(&(#value))),
            }
        });
        // If one value cannot be a label, all of them together cannot either. rustc reports that at
        // the place of this call, too, but only once if that is the place of the value.
        let whole = match &*self.model.labels {
            [] => return None,
            [only] => only.value.span(),
            [..] => self.model.labels_key?,
        };
        let whole = at.located_at(whole);
        Some(quote_spanned!(whole=> .labels(|__monitor_labels| __monitor_labels #(#labels)*)))
    }

    /// Prints the settings that differ from the defaults.
    fn settings(&self) -> TokenStream {
        let (at, private, model) = (self.at, &self.private, &self.model);
        let name = model.name.iter();
        let target = model.target.iter();
        let level = model.level.iter().map(|level| self.level(level));
        let fields = (!model.records.is_empty()).then(|| {
            let names = model.records.iter().map(Record::name);
            quote_spanned!(at=> .fields(&[#(#names),*]))
        });
        let labels = (!model.labels.is_empty()).then(|| {
            let names = model.labels.iter().map(|label| &label.name);
            quote_spanned!(at=> .labels(&[#(#names),*]))
        });
        let err = &model.err;
        let debug = err
            .debug
            .then(|| quote_spanned!(at=> .err(#private::ErrorFormat::Debug)));
        let err_level = err.level.iter().map(|level| self.level(level));
        let err_log = (!err.log).then(|| quote_spanned!(at=> .err_log(false)));
        let ret = model.ret.as_ref().map(|ret| match &ret.level {
            None => quote_spanned!(at=> .ret()),
            Some(level) => {
                let level = self.level(level);
                quote_spanned!(at=> .ret_level(#level))
            }
        });
        let slow = model.slow.iter();
        quote_spanned! {at=>
            #(.name(#name))* #(.target(#target))* #(.level(#level))* #fields #labels
            #debug #(.err_level(#err_level))* #err_log #ret #(.slow(#slow))*
        }
    }

    /// Prints the signals that are off, and the buckets.
    fn disabled_signals(&self) -> TokenStream {
        let at = self.at;
        let off = &self.model.off;
        let span = off.span.then(|| quote_spanned!(at=> .span(false)));
        let log = off.log.then(|| quote_spanned!(at=> .log(false)));
        let metrics = off.metrics.then(|| quote_spanned!(at=> .metrics(false)));
        let buckets = self.buckets();
        let buckets = buckets.map(|buckets| quote_spanned!(at=> .buckets(#buckets)));
        // Last: without a clock, an impl block's buckets have nothing to hold.
        let latency = off.latency.then(|| quote_spanned!(at=> .latency(false)));
        quote_spanned!(at=> #span #log #metrics #buckets #latency)
    }

    /// Prints the function's own buckets; `None` for the default ones.
    fn buckets(&self) -> Option<TokenStream> {
        let (at, private) = (self.at, &self.private);
        match &self.model.buckets {
            Buckets::Default => None,
            Buckets::Fast => Some(quote_spanned!(at=> #private::FAST_BUCKETS)),
            Buckets::Slow => Some(quote_spanned!(at=> #private::SLOW_BUCKETS)),
            Buckets::List(bounds) => {
                let bounds = bounds.iter().copied().map(Literal::f64_unsuffixed);
                Some(quote_spanned!(at=> &[#(#bounds),*]))
            }
        }
    }

    /// Prints the objective, whose latency needs the buckets, and the documentation.
    fn objective_and_doc(&self) -> TokenStream {
        let (at, private, model) = (self.at, &self.private, &self.model);
        let objective = model.objective.as_ref().map(|objective| {
            let at = at.located_at(objective.span());
            let buckets = self.buckets();
            let buckets = buckets.unwrap_or_else(|| quote_spanned!(at=> &#private::BUCKETS));
            quote_spanned! {at=>
                .objective(&#objective, &const { #private::Bounds::of(#buckets, &#objective) })
            }
        });
        let doc = model.doc.iter();
        quote_spanned!(at=> #objective #(.doc(#doc))*)
    }

    /// Prints a constant that depends on the function's error type, where an item can name that.
    fn of_error_type(&self, constant: &str) -> Option<TokenStream> {
        let (private, model) = (&self.private, &self.model);
        if model.rule.is_some() || model.off.metrics {
            return None;
        }
        // The declared type of a future may be an `impl Trait`.
        let mut types = [&model.output, &model.returns].into_iter().flatten();
        let (span, error) = types.find_map(|ty| Some((ty.span(), error_type::error(ty)?)))?;
        let at = self.at.located_at(span);
        let constant = Ident::new(constant, at);
        let error = match error {
            Named::Path(path) => quote_spanned!(at=> (#path)),
            Named::Word(word) => {
                let generated = error_type::renamed(&word, at);
                quote_spanned!(at=> #generated #word)
            }
        };
        Some(quote_spanned!(at=> #private::of_error!(#constant #error)))
    }

    fn sentry(&self) -> TokenStream {
        let (at, private, sentry) = (self.at, &self.private, &self.model.sentry);
        let off = sentry.off.then(|| quote_spanned!(at=> .sentry(false)));
        let level = sentry.level.iter().map(|level| Ident::new(level, at));
        let tags = (!sentry.tags.is_empty()).then(|| {
            let names = sentry.tags.iter().map(|tag| &tag.name);
            quote_spanned!(at=> .tags(&[#(#names),*]))
        });
        let parts = sentry.fingerprint.len();
        let parts = (parts > 0).then(|| quote_spanned!(at=> .fingerprint(#parts)));
        let throttle = sentry.throttle.map(|throttle| match throttle {
            Throttle::Off => quote_spanned!(at=> .unthrottled()),
            Throttle::Rate(events, time) => quote_spanned!(at=> .throttle(#events, #time)),
        });
        let always = sentry.always.then(|| quote_spanned!(at=> .sentry_always()));
        quote_spanned! {at=>
            #off #(.sentry_level(#private::SentryLevel::#level))* #tags #parts #throttle #always
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

    /// Prints a recorded value. If it lacks the trait, rustc's error shows at the value.
    fn record(&self, record: &Record) -> TokenStream {
        match record {
            Record::Field(field) => self.field(field),
            Record::Argument(ident) => {
                let at = self.at.located_at(ident.span());
                // A message of what a macro makes is at the whole of its call.
                let private = self.private.clone().into_iter().map(|mut tree| {
                    tree.set_span(tree.span().located_at(at));
                    tree
                });
                quote_spanned!(at=> #(#private)*::record!(__monitor_fields, #ident);)
            }
        }
    }

    fn field(&self, field: &Field) -> TokenStream {
        let at = self.at.located_at(field.value.span());
        let method = match field.format {
            Format::Value => "value",
            Format::Display => "display",
            Format::Debug => "debug",
        };
        let (method, value) = (Ident::new(method, at), &field.value);
        quote_spanned!(at=> __monitor_fields.#method(&(#value));)
    }

    /// Prints a part of a fingerprint, by its `Display`.
    fn part(&self, part: &Expr) -> TokenStream {
        let at = self.at.located_at(part.span());
        // A text is what it says; an address of one would be the same to `Display`.
        if let Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) = part
        {
            return quote_spanned!(at=> __monitor_fields.value(#text););
        }
        quote_spanned!(at=> __monitor_fields.display(&(#part));)
    }
}
