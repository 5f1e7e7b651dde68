//! `#[derive(MonitorError)]`: an error type's classes, from the names of its variants.

use crate::errors::Errors;
use crate::keys;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Data, DeriveInput, Error, Field, Fields, Generics, Ident, LitStr, Path, Token, Type,
};

const OPTIONS: [&str; 4] = ["expected", "transparent", "class", "crate"];

/// What `#[monitor(…)]` says of a type or of a variant.
#[derive(Default)]
struct Options {
    expected: bool,
    transparent: Option<Span>,
    class: Option<LitStr>,
    runtime: Option<Path>,
}

// Input:
//     enum E { A, #[monitor(expected)] B(u8), #[monitor(transparent)] C(Inner) }
//
// Output:
//     impl ::monitor_runtime::Classify for E {
//         fn classify(&self) -> ::monitor_runtime::Class {
//             match *self {
//                 Self::A { .. } => Class::Error("A"),
//                 Self::B { .. } => Class::Error("B").expected(),
//                 Self::C { 0: ref __inner } => Classify::classify(__inner),
//             }
//         }
//     }
/// The implementation, or every mistake at once.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let expanded = syn::parse2(item).map(|input| implementation(input, &mut errors));
    match (expanded, errors.finish()) {
        (Ok(tokens), Ok(())) => tokens,
        (Err(error), _) | (_, Err(error)) => error.into_compile_error(),
    }
}

fn implementation(input: DeriveInput, errors: &mut Errors) -> TokenStream {
    let at = Span::mixed_site();
    let options = Options::of(&input.attrs, errors);
    let runtime = options.runtime.as_ref().map_or_else(
        || quote_spanned!(at=> ::monitor_runtime),
        ToTokens::to_token_stream,
    );
    let mut generics = input.generics;
    let mut arms = Vec::new();
    match input.data {
        Data::Struct(data) => {
            arms.push(arm(
                &runtime,
                &quote!(Self),
                &input.ident,
                &data.fields,
                &options,
                &mut generics,
                errors,
            ));
        }
        Data::Enum(data) => {
            whole(&options, errors);
            for variant in &data.variants {
                let mut own = Options::of(&variant.attrs, errors);
                if let Some(path) = &own.runtime {
                    errors.push(Error::new_spanned(path, "`crate` stands on the type, once"));
                }
                own.expected |= options.expected;
                let name = &variant.ident;
                let path = quote!(Self::#name);
                arms.push(arm(
                    &runtime,
                    &path,
                    name,
                    &variant.fields,
                    &own,
                    &mut generics,
                    errors,
                ));
            }
        }
        Data::Union(data) => {
            let message =
                "`MonitorError` is for enums and structs; a union does not know what it is";
            errors.push(Error::new_spanned(data.union_token, message));
        }
    }
    let name = &input.ident;
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    quote_spanned! {at=>
        #[automatically_derived]
        impl #impl_generics #runtime::Classify for #name #ty_generics #where_clause {
            fn classify(&self) -> #runtime::Class {
                match *self { #(#arms)* }
            }
        }
    }
}

/// What an enum cannot say for all of its variants.
fn whole(options: &Options, errors: &mut Errors) {
    if let Some(span) = options.transparent {
        errors.at(
            span,
            "`transparent` stands on a variant with one field, not on the enum",
        );
    }
    if let Some(class) = &options.class {
        let message = "one class for all variants tells them apart no longer; put it on a variant";
        errors.at(class.span(), message);
    }
}

fn arm(
    runtime: &TokenStream,
    path: &TokenStream,
    name: &Ident,
    fields: &Fields,
    options: &Options,
    generics: &mut Generics,
    errors: &mut Errors,
) -> TokenStream {
    let at = Span::mixed_site();
    let expected = options.expected.then(|| quote_spanned!(at=> .expected()));
    let Some(transparent) = options.transparent else {
        let class = match &options.class {
            Some(class) => class.clone(),
            None => LitStr::new(&name.unraw().to_string(), name.span()),
        };
        return quote_spanned!(at=> #path { .. } => #runtime::Class::Error(#class) #expected,);
    };
    if let Some(class) = &options.class {
        let message = "`transparent` takes the class of the inner error; remove one of the two";
        errors.at(class.span(), message);
    }
    let mut all = fields.iter();
    let (Some(field), None) = (all.next(), all.next()) else {
        let message = format!(
            "`transparent` needs exactly one field, the inner error, and `{name}` has {}",
            fields.len()
        );
        errors.at(transparent, message);
        return TokenStream::new();
    };
    bound(field, runtime, generics);
    let member = field
        .ident
        .as_ref()
        .map_or_else(|| quote!(0), ToTokens::to_token_stream);
    let place = at.located_at(field.ty.span());
    let inner = quote_spanned!(place=> #runtime::Classify::classify(__inner));
    quote_spanned!(place=> #path { #member: ref __inner } => #inner #expected,)
}

/// A field whose type is open has to have a class in every type it is closed to.
fn bound(field: &Field, runtime: &TokenStream, generics: &mut Generics) {
    struct Mentions<'a>(&'a [Ident], bool);

    impl VisitMut for Mentions<'_> {
        fn visit_path_mut(&mut self, path: &mut Path) {
            let first = path.segments.first();
            self.1 |= first.is_some_and(|first| self.0.contains(&first.ident));
            visit_mut::visit_path_mut(self, path);
        }
    }

    let open: Vec<_> = generics
        .type_params()
        .map(|param| param.ident.clone())
        .collect();
    let mut ty: Type = field.ty.clone();
    let mut mentions = Mentions(&open, false);
    mentions.visit_type_mut(&mut ty);
    if mentions.1 {
        let predicates = &mut generics.make_where_clause().predicates;
        predicates.push(syn::parse_quote!(#ty: #runtime::Classify));
    }
}

impl Options {
    fn of(attrs: &[Attribute], errors: &mut Errors) -> Self {
        let mut options = Self::default();
        for attr in attrs.iter().filter(|attr| attr.path().is_ident("monitor")) {
            let parsed = attr.parse_nested_meta(|meta| options.one(&meta));
            if let Err(error) = parsed {
                errors.push(error);
            }
        }
        options
    }

    fn one(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let key = meta
            .path
            .get_ident()
            .map_or_else(|| meta.path.to_token_stream().to_string(), Ident::to_string);
        let twice = || Err(meta.error(format!("`{key}` is given twice; keep one")));
        match key.as_str() {
            "expected" if self.expected => twice(),
            "transparent" if self.transparent.is_some() => twice(),
            "class" if self.class.is_some() => twice(),
            "crate" if self.runtime.is_some() => twice(),
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
                let hint = keys::suggest(other, OPTIONS);
                let known = keys::list(OPTIONS);
                Err(meta.error(format!(
                    "unknown option `{other}`{hint} (the options are {known})"
                )))
            }
        }
    }
}

fn class(meta: &ParseNestedMeta<'_>) -> syn::Result<LitStr> {
    let wanted = "`class` takes a string: `#[monitor(class = \"declined\")]`";
    let value = meta.value().map_err(|_| meta.error(wanted))?;
    let place = value.span();
    let class: LitStr = value.parse().map_err(|_| Error::new(place, wanted))?;
    let message = match class.value().as_str() {
        "panic" => "calls that panic are counted under `panic`; choose another class",
        text if text.trim().is_empty() => {
            "the class is empty; leave it out to get the variant's name"
        }
        _ => return Ok(class),
    };
    Err(Error::new(class.span(), message))
}
