//! Reads `labels(…)`, the user's labels of a function's series.

use crate::parse::errors::Errors;
use crate::parse::keywords;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, Ident, LitInt, LitStr, Result, Token, token};

pub(crate) const EXAMPLE: &str =
    "`labels(tier = order.tier, region = bounded(&order.region, max = 20))`";

/// The number of series is the product of the labels' values.
const MOST_LABELS: usize = 8;
const MOST_VALUES: usize = 1000;

/// Labels that the runtime, or Prometheus, writes itself.
const RESERVED: [&str; 10] = [
    "function",
    "module",
    "service_name",
    "result",
    "error",
    "le",
    "quantile",
    "objective_name",
    "objective_percentile",
    "objective_latency_threshold",
];

/// `name = value`, or a name that is its own value.
#[derive(Clone)]
pub(crate) struct Label {
    pub(crate) name: String,
    span: Span,
    pub(crate) value: Expr,
    /// The number of values that `bounded(value, max = N)` tells apart.
    pub(crate) max: Option<usize>,
}

impl Parse for Label {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let wanted = "a label is a name and its value: `tier = order.tier`";
        let span = input.span();
        let (name, value) = if input.peek(LitStr) {
            (input.parse::<LitStr>()?.value(), None)
        } else {
            let name = input.call(Ident::parse_any);
            let name = name.map_err(|_| Error::new(span, wanted))?;
            let value = syn::parse2(name.to_token_stream()).ok();
            (name.unraw().to_string(), value)
        };
        if !input.peek(Token![=]) {
            let value = value.ok_or_else(|| Error::new(span, wanted))?;
            return Ok(Self {
                name,
                span,
                value,
                max: None,
            });
        }
        input.parse::<Token![=]>()?;
        if input.is_empty() || input.peek(Token![,]) {
            return Err(Error::new(
                span,
                format!("`{name}` needs a value; {wanted}"),
            ));
        }
        let (value, max) = value_of(input)?;
        Ok(Self {
            name,
            span,
            value,
            max,
        })
    }
}

fn value_of(input: ParseStream<'_>) -> Result<(Expr, Option<usize>)> {
    let fork = input.fork();
    let is_bounded = fork.parse::<Ident>().is_ok_and(|name| name == "bounded");
    if !is_bounded || !fork.peek(token::Paren) {
        return Ok((input.parse()?, None));
    }
    let bounded: Ident = input.parse()?;
    let wanted = "`bounded` takes a text and how many values of it are told apart: \
                  `bounded(&order.region, max = 20)`";
    let content;
    syn::parenthesized!(content in input);
    let wrong = |_| Error::new(bounded.span(), wanted);
    let value = content.parse().map_err(wrong)?;
    content.parse::<Token![,]>().map_err(wrong)?;
    let key: Ident = content.parse().map_err(wrong)?;
    content.parse::<Token![=]>().map_err(wrong)?;
    let max: LitInt = content.parse().map_err(wrong)?;
    content.parse::<Option<Token![,]>>()?;
    if key != "max" || !content.is_empty() {
        return Err(wrong(content.error("")));
    }
    if let Ok(most @ 1..=MOST_VALUES) = max.base10_parse() {
        return Ok((value, Some(most)));
    }
    let message = format!("`max` is a number from 1 to {MOST_VALUES}");
    Err(Error::new(max.span(), message))
}

/// Refuses names that Prometheus does not take, names that are given twice, and too many.
pub(crate) fn check(labels: &[Label], errors: &mut Errors) {
    for (index, Label { name, span, .. }) in labels.iter().enumerate() {
        let mut bytes = name.bytes();
        let starts = bytes
            .next()
            .is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
        if !starts || !bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            let message = format!(
                "`{name}` is not a Prometheus label name; use letters, digits and `_`, and no digit first"
            );
            errors.at(*span, message);
        } else if name.starts_with("__") {
            let message = format!(
                "label `{name}`: Prometheus reserves names that begin with `__`; choose another name"
            );
            errors.at(*span, message);
        } else if RESERVED.contains(&name.as_str()) {
            let message = format!(
                "label `{name}` is written by the runtime ({}); choose another name",
                keywords::list(RESERVED)
            );
            errors.at(*span, message);
        }
        if labels[..index].iter().any(|before| before.name == *name) {
            errors.at(*span, format!("label `{name}` is given twice; keep one"));
        }
        if index == MOST_LABELS {
            let message = format!("a function has at most {MOST_LABELS} labels");
            errors.at(*span, message);
        }
    }
}

impl Label {
    /// Returns the expression of the value, which may mention arguments.
    pub(crate) fn tokens(&self) -> TokenStream {
        let value = &self.value;
        quote!(#value)
    }
}
