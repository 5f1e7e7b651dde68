//! Prints the judgement of a returned value: by its type, then by the attribute's rules.

use super::Printer;
use crate::decide::{Strategy, Verdict};
use proc_macro2::TokenStream;
use quote::{ToTokens, quote_spanned};
use syn::Ident;
use syn::spanned::Spanned;

impl Printer {
    /// Prints the call of `run` or `run_async`, or of a variant of it for calls that are not timed.
    ///
    /// If the type alone decides about the returned value, it is a variant whose closure is never
    /// called. If the value cannot be an error, it is a variant without a closure.
    pub(super) fn run(&self, run: &str, start: &TokenStream, body: &impl ToTokens) -> TokenStream {
        let (at, private, model) = (self.at, &self.private, &self.model);
        let rules = model.rule.is_some() || model.ret.is_some() || model.sentry.when.is_some();
        let (kind, judge) = match model.verdict {
            _ if rules => ("", Some(self.verdict())),
            Verdict::Plain => ("_plain", None),
            Verdict::Probe => {
                let how = match (model.text, model.plain_ok) {
                    (true, _) => Some(quote_spanned!(at=> , text)),
                    (false, true) => Some(quote_spanned!(at=> , plain)),
                    (false, false) => None,
                };
                let judge = quote_spanned!(at=> #private::judge!(__monitor_returned #how));
                ("_by_type", Some(self.of_returned(&judge)))
            }
        };
        let run = Ident::new(&format!("{run}{}{kind}", self.untimed()), at);
        let judge = judge.iter();
        quote_spanned!(at=> #private::#run(#start, #body #(, #judge)*))
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
                let text = model.text.then(|| quote_spanned!(at=> , text));
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
