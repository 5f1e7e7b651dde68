//! Prints the judgement of a returned value: by its type, then by the attribute's rules.

use super::Printer;
use crate::decide::{Questions, Strategy, Verdict};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

impl Printer {
    /// Prints the call of `run` or `run_async`, or of the variant that the judge needs.
    ///
    /// Rules of the attribute are a closure that returns the verdict. Without rules the type decides alone: the
    /// declared one, or the one of a closure's argument. That closure is never called.
    pub(super) fn run(&self, run: &str, start: &TokenStream, body: &impl ToTokens) -> TokenStream {
        let (at, private, model) = (self.at, &self.private, &self.model);
        let rules = model.rule.is_some() || model.ret.is_some() || model.sentry.when.is_some();
        let untimed = model.off.latency;
        let by_type = match (&model.verdict, model.judged_type()) {
            _ if rules => None,
            (Verdict::Plain, _) if untimed => Some(quote_spanned!(at=> #private::AlwaysOk)),
            (Verdict::Plain, _) => {
                let run = Ident::new(&format!("{run}_plain"), at);
                return quote_spanned!(at=> #private::#run(#start, #body));
            }
            (Verdict::Probe, Some(ty)) => Some(self.judge(&quote_spanned!(at=> [#ty]))),
            (Verdict::Probe, None) => None,
        };
        let (kind, judge) = match by_type {
            Some(judge) if untimed => {
                let judge = quote_spanned!(at=> #private::Untimed(#judge));
                ("_by_type".to_owned(), judge)
            }
            Some(judge) => ("_by_type".to_owned(), judge),
            None if rules => (self.untimed().to_owned(), self.verdict()),
            None => {
                let judge = self.judge(&quote_spanned!(at=> __monitor_returned));
                let kind = format!("{}_by_inferred_type", self.untimed());
                (kind, self.of_returned(&judge))
            }
        };
        let run = Ident::new(&format!("{run}{kind}"), at);
        quote_spanned!(at=> #private::#run(#start, #body, #judge))
    }

    /// Prints the judge of a type in brackets, or of the type of a reference.
    fn judge(&self, asked: &TokenStream) -> TokenStream {
        let (at, private) = (self.at, &self.private);
        let how = match self.model.questions {
            Questions::All => None,
            Questions::PlainOk => Some(quote_spanned!(at=> , plain)),
            Questions::Text => Some(quote_spanned!(at=> , text)),
        };
        quote_spanned!(at=> #private::judge!(#asked #how))
    }

    /// Prints a closure that returns the verdict.
    pub(super) fn verdict(&self) -> TokenStream {
        let (at, private, model) = (self.at, &self.private, &self.model);
        let ret = model.ret.as_ref().map(|ret| {
            let format = if ret.display { "Display" } else { "Debug" };
            Ident::new(format, at.located_at(ret.key))
        });
        let by_type = match (&model.verdict, &ret) {
            (Verdict::Plain, None) => quote_spanned!(at=> #private::Verdict::Ok),
            (Verdict::Plain, Some(format)) => {
                quote_spanned!(at=> #private::Verdict::Shown(#private::Shown::#format(__monitor_returned)))
            }
            (Verdict::Probe, ret) => {
                let text = matches!(model.questions, Questions::Text);
                let text = text.then(|| quote_spanned!(at=> , text));
                quote_spanned!(at=> #private::verdict!(__monitor_returned #ret #text))
            }
        };
        let rule = model.rule.as_ref().map(|rule| {
            let method = Ident::new(&rule.key.to_string(), at.located_at(rule.key.span()));
            let rule = &rule.rule;
            quote_spanned!(at.located_at(rule.span())=> .#method(__monitor_returned, #rule))
        });
        let when = model.sentry.when.iter();
        self.of_returned(&quote_spanned! {at=>
            #by_type #rule #(.report_when(__monitor_returned, #when))*
        })
    }

    /// Prints a closure over a reference to the returned value.
    fn of_returned(&self, said: &TokenStream) -> TokenStream {
        let (at, model) = (self.at, &self.model);
        match (&model.run, &model.output) {
            // The type is named in the closure's signature: in a statement of the closure, a lifetime in it would
            // have to meet stricter bounds.
            (Strategy::Tail { .. } | Strategy::Future { .. }, Some(ty))
                if matches!(model.verdict, Verdict::Probe) =>
            {
                quote_spanned!(at=> |__monitor_returned: &#ty| #said)
            }
            _ => quote_spanned!(at=> |__monitor_returned: &_| #said),
        }
    }
}
