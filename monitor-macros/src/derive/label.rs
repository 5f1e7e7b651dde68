//! `#[derive(MonitorLabel)]`, which makes an enum's variants the values of a label.

use crate::parse::errors::Errors;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Error, LitStr, Path, Token, Variant};

// Input:
//     enum Tier { Free, #[monitor(name = "paid_up")] Paid }
//
// Output:
//     impl ::monitor_runtime::MonitorLabel for Tier {
//         const VALUES: &'static [&'static str] = &["Free", "paid_up"];
//         fn index(&self) -> usize {
//             match *self {
//                 Self::Free => 0usize,
//                 Self::Paid => 1usize,
//             }
//         }
//     }
/// Prints the implementation, or every mistake at once.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let expanded = syn::parse2(item).map(|input| implementation(&input, &mut errors));
    match (expanded, errors.finish()) {
        (Ok(tokens), Ok(())) => tokens,
        (Err(error), _) | (_, Err(error)) => error.into_compile_error(),
    }
}

fn implementation(input: &DeriveInput, errors: &mut Errors) -> TokenStream {
    let at = Span::mixed_site();
    let mut runtime = quote_spanned!(at=> ::monitor_runtime);
    for attr in input
        .attrs
        .iter()
        .filter(|attr| attr.path().is_ident("monitor"))
    {
        let parsed = attr.parse_nested_meta(|meta| {
            if !meta.path.is_ident("crate") {
                return Err(meta.error("the option of a label's type is `crate = path`"));
            }
            meta.input.parse::<Token![=]>()?;
            runtime = meta.input.call(Path::parse_mod_style)?.into_token_stream();
            Ok(())
        });
        errors.extend(parsed);
    }
    let Data::Enum(data) = &input.data else {
        let message = "`MonitorLabel` can be derived for enums without fields only: their set of values is known at compile time; \
                       for text, write `bounded(text, max = 20)`";
        errors.push(Error::new_spanned(&input.ident, message));
        return TokenStream::new();
    };
    if data.variants.is_empty() {
        let message = "a label needs a value, and this enum has none";
        errors.push(Error::new_spanned(&input.ident, message));
    }
    let mut values: Vec<LitStr> = Vec::new();
    let mut arms = Vec::new();
    for (index, variant) in data.variants.iter().enumerate() {
        let value = value(variant, errors);
        if values.iter().any(|before| before.value() == value.value()) {
            let message = format!("`{}` is the name of two variants", value.value());
            errors.at(value.span(), message);
        }
        let name = &variant.ident;
        arms.push(quote_spanned!(at=> Self::#name => #index,));
        values.push(value);
    }
    let name = &input.ident;
    let (impl_generics, ty_generics, where_clause) = input.generics.split_for_impl();
    quote_spanned! {at=>
        #[automatically_derived]
        impl #impl_generics #runtime::MonitorLabel for #name #ty_generics #where_clause {
            const VALUES: &'static [&'static str] = &[#(#values),*];
            fn index(&self) -> usize {
                match *self { #(#arms)* }
            }
        }
    }
}

/// Returns the name of a variant as a label's value.
fn value(variant: &Variant, errors: &mut Errors) -> LitStr {
    if let Some(field) = variant.fields.iter().next() {
        let message = "a variant of a label has no fields: the set of values must be known at compile time; \
                       write a method that returns an enum without fields";
        errors.push(Error::new_spanned(field, message));
    }
    let mut value = LitStr::new(&variant.ident.unraw().to_string(), variant.ident.span());
    for attr in variant
        .attrs
        .iter()
        .filter(|attr| attr.path().is_ident("monitor"))
    {
        let parsed = attr.parse_nested_meta(|meta| {
            let wanted = "the option of a variant is its name: `#[monitor(name = \"paid_up\")]`";
            if !meta.path.is_ident("name") {
                return Err(meta.error(wanted));
            }
            let given = meta.value().map_err(|_| meta.error(wanted))?;
            value = given.parse().map_err(|_| meta.error(wanted))?;
            Ok(())
        });
        errors.extend(parsed);
    }
    value
}
