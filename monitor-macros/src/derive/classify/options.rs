//! The options of `#[monitor(…)]` on an error type and on its variants.

use crate::parse::errors::Errors;
use crate::parse::keywords;
use proc_macro2::Span;
use quote::ToTokens;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Ident, LitStr, Path, Token};

/// The options of `#[monitor(…)]` on a type or on a variant.
#[derive(Default)]
pub(super) struct Options {
    pub(super) ok: Option<Span>,
    pub(super) expected: bool,
    pub(super) transparent: Option<Span>,
    pub(super) class: Option<LitStr>,
    pub(super) runtime: Option<Path>,
}

impl Options {
    pub(super) fn of(attrs: &[Attribute], errors: &mut Errors) -> Self {
        let mut options = Self::default();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("monitor")) {
            let parsed = attr.parse_nested_meta(|meta| options.one(&meta));
            if let Err(error) = parsed {
                errors.push(error);
            }
        }
        options
    }

    /// Takes over what a variant does not say itself.
    pub(super) fn inherit(&mut self, whole: &Self) {
        if self.ok.is_none() && !self.expected {
            self.expected = whole.expected;
            self.ok = whole.ok.filter(|_| !whole.expected);
        }
    }

    /// Refuses options that exclude each other.
    pub(super) fn check(&self, errors: &mut Errors) {
        if let Some(ok) = self.ok {
            let others = [
                ("expected", self.expected),
                ("transparent", self.transparent.is_some()),
                ("class", self.class.is_some()),
            ];
            for (other, _) in others.into_iter().filter(|(_, is_said)| *is_said) {
                errors.at(ok, excludes(other));
            }
        }
        if let (Some(_), Some(class)) = (self.transparent, &self.class) {
            let message = "`transparent` takes the class of the inner error; remove one of the two";
            errors.at(class.span(), message);
        }
    }

    fn one(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let key = meta
            .path
            .get_ident()
            .map_or_else(|| meta.path.to_token_stream().to_string(), Ident::to_string);
        let twice = || Err(meta.error(format!("`{key}` is given twice; keep one")));
        match key.as_str() {
            "ok" if self.ok.is_some() => twice(),
            "expected" if self.expected => twice(),
            "transparent" if self.transparent.is_some() => twice(),
            "class" if self.class.is_some() => twice(),
            "crate" if self.runtime.is_some() => twice(),
            "ok" => {
                self.ok = Some(meta.path.span());
                Ok(())
            }
            "expected" => {
                self.expected = true;
                Ok(())
            }
            "transparent" => {
                self.transparent = Some(meta.path.span());
                Ok(())
            }
            "class" => {
                self.class = Some(class(meta)?);
                Ok(())
            }
            "crate" => {
                meta.input.parse::<Token![=]>()?;
                self.runtime = Some(meta.input.call(Path::parse_mod_style)?);
                Ok(())
            }
            other => {
                let hint = keywords::suggest(other, keywords::CLASSIFY_OPTIONS);
                let known = keywords::list(keywords::CLASSIFY_OPTIONS);
                Err(meta.error(format!(
                    "unknown option `{other}`{hint} (the options are {known})"
                )))
            }
        }
    }
}

pub(super) fn excludes(other: &str) -> String {
    format!("`ok` and `{other}` exclude each other: a value that is ok has no class; keep one")
}

fn class(meta: &ParseNestedMeta<'_>) -> syn::Result<LitStr> {
    let wanted = "`class` takes a string: `#[monitor(class = \"declined\")]`";
    let value = meta.value().map_err(|_| meta.error(wanted))?;
    let place = value.span();
    let class: LitStr = value.parse().map_err(|_| Error::new(place, wanted))?;
    let message = match class.value().as_str() {
        "panic" => "the class `panic` is reserved for calls that panic; choose another class",
        text if text.trim().is_empty() => {
            "the class is empty; leave it out to get the variant's name"
        }
        _ => return Ok(class),
    };
    Err(Error::new(class.span(), message))
}
