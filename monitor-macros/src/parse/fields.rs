//! Reads an entry of `fields(…)`, in the notation of `tracing`.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, Ident, LitStr, Result, Token};

/// `name = value`, `name` or `some.path`, the value with `%` or `?` before it.
#[derive(Clone)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) span: Span,
    pub(crate) format: Format,
    pub(crate) value: TokenStream,
}

/// The format of a field's value: as it is, `%value` or `?value`.
#[derive(Clone, Copy)]
pub(crate) enum Format {
    Value,
    Display,
    Debug,
}

impl Parse for Field {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let shorthand = format(input)?;
        let span = input.span();
        if shorthand.is_none() && input.peek(LitStr) {
            let name: LitStr = input.parse()?;
            if !input.peek(Token![=]) {
                let message = "a quoted field needs a value: `\"http.route\" = %route`";
                return Err(Error::new(span, message));
            }
            return Self::with_value(name.value(), span, input);
        }
        let mut path = TokenStream::new();
        let mut name = String::new();
        loop {
            let part = input.call(Ident::parse_any).map_err(|_| unnamed(input))?;
            name.push_str(&part.unraw().to_string());
            part.to_tokens(&mut path);
            if !input.peek(Token![.]) {
                break;
            }
            name.push('.');
            input.parse::<Token![.]>()?.to_tokens(&mut path);
        }
        match shorthand {
            None if input.peek(Token![=]) => Self::with_value(name, span, input),
            _ if !input.is_empty() && !input.peek(Token![,]) => Err(unnamed(input)),
            format => Ok(Self {
                name,
                span,
                format: format.unwrap_or(Format::Value),
                value: path,
            }),
        }
    }
}

impl Field {
    fn with_value(name: String, span: Span, input: ParseStream<'_>) -> Result<Self> {
        input.parse::<Token![=]>()?;
        let format = format(input)?.unwrap_or(Format::Value);
        if input.is_empty() || input.peek(Token![,]) {
            return Err(Error::new(
                span,
                format!("`{name}` needs a value: `{name} = %value`"),
            ));
        }
        let value = input.parse::<Expr>()?.into_token_stream();
        Ok(Self {
            name,
            span,
            format,
            value,
        })
    }
}

fn unnamed(input: ParseStream<'_>) -> Error {
    input.error("only a name or a path can stand alone, anything else needs a name: `name = value`")
}

fn format(input: ParseStream<'_>) -> Result<Option<Format>> {
    if input.peek(Token![%]) {
        input.parse::<Token![%]>()?;
        Ok(Some(Format::Display))
    } else if input.peek(Token![?]) {
        input.parse::<Token![?]>()?;
        Ok(Some(Format::Debug))
    } else {
        Ok(None)
    }
}
