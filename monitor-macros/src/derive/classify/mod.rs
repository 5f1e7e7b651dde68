//! `#[derive(Classify)]`, which takes an error type's classes from the names of its variants.

mod options;

use crate::parse::errors::Errors;
use options::Options;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Data, DeriveInput, Error, Fields, Generics, Ident, Lifetime, LitStr, Path, Type};

// Input:
//     enum E { A, #[monitor(expected)] B(u8), #[monitor(ok)] D, #[monitor(transparent)] C(Inner) }
//
// Output:
//     impl ::monitor_runtime::Classify for E {
//         fn classify(&self) -> ::monitor_runtime::Class {
//             match *self {
//                 Self::A { .. } => Class::Error("A"),
//                 Self::B { .. } => Class::Error("B").expected(),
//                 Self::D { .. } => Class::Ok,
//                 Self::C { 0: ref __inner } => Held::of(__inner).__monitor_class(__inner).unwrap_or(Class::Error("C")),
//             }
//         }
//         fn __monitor_inner(&self) -> Option<Inner<'_>> {
//             match *self {
//                 Self::C { 0: ref __inner } => Seen::of(__inner).__monitor_inner(__inner),
//                 _ => Option::None,
//             }
//         }
//     }
//     impl ::monitor_runtime::__private::KnownClasses for E {
//         const CLASSES: &'static [&'static str] = &["A", "B"];
//     }
/// Prints the implementation, or every mistake at once.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let expanded = syn::parse2(item).map(|input| implementation(input, &mut errors));
    match (expanded, errors.finish()) {
        (Ok(tokens), Ok(())) => tokens,
        (Err(error), _) | (_, Err(error)) => error.into_compile_error(),
    }
}

fn implementation(input: DeriveInput, errors: &mut Errors) -> TokenStream {
    let options = Options::of(&input.attrs, errors);
    let runtime = options.runtime.as_ref().map_or_else(
        || quote_spanned!(Span::mixed_site()=> ::monitor_runtime),
        ToTokens::to_token_stream,
    );
    let mut derived = Derived {
        runtime,
        generics: input.generics,
        classes: Vec::new(),
        known: Vec::new(),
        inner: Vec::new(),
    };
    match input.data {
        Data::Struct(data) => {
            derived.arm(&quote!(Self), &input.ident, &data.fields, &options, errors);
        }
        Data::Enum(data) => {
            whole(&options, errors);
            for variant in &data.variants {
                let mut own = Options::of(&variant.attrs, errors);
                if let Some(path) = &own.runtime {
                    errors.push(Error::new_spanned(path, "`crate` stands on the type, once"));
                }
                own.inherit(&options);
                let name = &variant.ident;
                derived.arm(&quote!(Self::#name), name, &variant.fields, &own, errors);
            }
        }
        Data::Union(data) => {
            let message = "`Classify` can be derived for enums and structs, not for unions";
            errors.push(Error::new_spanned(data.union_token, message));
        }
    }
    derived.print(&input.ident)
}

/// Refuses options on an enum that belong to a variant.
fn whole(options: &Options, errors: &mut Errors) {
    if let (Some(ok), true) = (options.ok, options.expected) {
        errors.at(ok, options::excludes("expected"));
    }
    if let Some(span) = options.transparent {
        errors.at(
            span,
            "`transparent` stands on a variant with one field, not on the enum",
        );
    }
    if let Some(class) = &options.class {
        let message = "`class` on an enum would give all variants one class; put it on a variant";
        errors.at(class.span(), message);
    }
}

/// The implementation as it grows.
struct Derived {
    runtime: TokenStream,
    generics: Generics,
    /// Arms of `classify`.
    classes: Vec<TokenStream>,
    /// The classes that are errors, without those of inner errors.
    known: Vec<LitStr>,
    /// Arms that say which error is shown instead.
    inner: Vec<TokenStream>,
}

impl Derived {
    fn arm(
        &mut self,
        path: &TokenStream,
        name: &Ident,
        fields: &Fields,
        options: &Options,
        errors: &mut Errors,
    ) {
        let (at, runtime) = (Span::mixed_site(), self.runtime.clone());
        options.check(errors);
        if options.ok.is_some() {
            let arm = quote_spanned!(at=> #path { .. } => #runtime::Class::Ok,);
            return self.classes.push(arm);
        }
        let class = match &options.class {
            Some(class) => class.clone(),
            None => LitStr::new(&name.unraw().to_string(), name.span()),
        };
        if options.transparent.is_none() {
            self.known.push(class.clone());
        }
        let class = quote_spanned!(at=> #runtime::Class::Error(#class));
        let expected = options.expected.then(|| quote_spanned!(at=> .expected()));
        let Some(transparent) = options.transparent else {
            let arm = quote_spanned!(at=> #path { .. } => #class #expected,);
            return self.classes.push(arm);
        };
        let mut all = fields.iter();
        let (Some(field), None) = (all.next(), all.next()) else {
            let message = format!(
                "`transparent` needs exactly one field, the inner error, and `{name}` has {}",
                fields.len()
            );
            return errors.at(transparent, message);
        };
        let member = field
            .ident
            .as_ref()
            .map_or_else(|| quote!(0), ToTokens::to_token_stream);
        let place = at.located_at(field.ty.span());
        let pattern = quote_spanned!(place=> #path { #member: ref __inner });
        let openness = Openness::of(&field.ty, &self.generics);
        if openness.of_type {
            // It has to have a class in every type it is closed to.
            let ty = &field.ty;
            let predicates = &mut self.generics.make_where_clause().predicates;
            predicates.push(syn::parse_quote!(#ty: #runtime::Classify));
            let asked = quote_spanned!(place=> #runtime::Classify::classify(__inner));
            return self
                .classes
                .push(quote_spanned!(place=> #pattern => #asked #expected,));
        }
        let private = quote_spanned!(place=> #runtime::__private);
        self.classes.push(quote_spanned! {place=>
            #pattern => #private::Held::of(__inner).__monitor_class(__inner).unwrap_or(#class) #expected,
        });
        // A type with a lifetime may be an `Error` for some lifetimes only.
        if !openness.of_lifetime {
            self.inner.push(quote_spanned! {place=>
                #pattern => #private::Seen::of(__inner).__monitor_inner(__inner),
            });
        }
    }

    fn print(self, name: &Ident) -> TokenStream {
        let at = Span::mixed_site();
        let Self {
            runtime,
            generics,
            classes,
            known,
            inner,
        } = self;
        let inner = (!inner.is_empty()).then(|| {
            let private = quote_spanned!(at=> #runtime::__private);
            quote_spanned! {at=>
                #[allow(unreachable_patterns)]
                fn __monitor_inner(&self) -> #private::Option<#private::Inner<'_>> {
                    match *self {
                        #(#inner)*
                        _ => #private::Option::None,
                    }
                }
            }
        });
        let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
        quote_spanned! {at=>
            #[automatically_derived]
            impl #impl_generics #runtime::Classify for #name #ty_generics #where_clause {
                fn classify(&self) -> #runtime::Class {
                    match *self { #(#classes)* }
                }
                #inner
            }
            #[automatically_derived]
            impl #impl_generics #runtime::__private::KnownClasses for #name #ty_generics #where_clause {
                const CLASSES: &'static [&'static str] = &[#(#known),*];
            }
        }
    }
}

/// The part of a field's type that is left open.
#[derive(Default)]
struct Openness {
    /// The type's own parameters.
    parameters: Vec<Ident>,
    of_type: bool,
    of_lifetime: bool,
}

impl Openness {
    fn of(ty: &Type, generics: &Generics) -> Self {
        let mut openness = Self {
            parameters: generics
                .type_params()
                .map(|param| param.ident.clone())
                .collect(),
            ..Self::default()
        };
        openness.visit_type_mut(&mut ty.clone());
        openness
    }
}

impl VisitMut for Openness {
    fn visit_path_mut(&mut self, path: &mut Path) {
        let first = path.segments.first();
        self.of_type |= first.is_some_and(|first| self.parameters.contains(&first.ident));
        visit_mut::visit_path_mut(self, path);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        self.of_lifetime |= lifetime.ident != "static";
    }
}
