//! Finds the functions of a source file and puts the attribute before them, by byte offsets:
//! nothing else of the file changes.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{AttrStyle, Attribute, ImplItemFn, ItemFn, ItemImpl, Meta, Signature, TraitItemFn};

const ATTRIBUTE: &str = "#[::monitor_runtime::monitored] ";

/// Returns the file with every function annotated, and the number of those functions.
pub(crate) fn annotate(source: &str) -> syn::Result<(String, usize)> {
    let file = syn::parse_file(source)?;
    let mut places = Places::default();
    places.visit_file(&file);
    // The parser removes these before it counts bytes.
    let mark = source.len() - source.trim_start_matches('\u{feff}').len();
    let first = mark + file.shebang.as_ref().map_or(0, String::len);
    let count = places.0.len();
    places.0.sort_unstable();
    let mut out = String::with_capacity(source.len() + count * ATTRIBUTE.len());
    let mut done = 0;
    for place in places.0 {
        let place = first + place;
        out.push_str(&source[done..place]);
        out.push_str(ATTRIBUTE);
        done = place;
    }
    out.push_str(&source[done..]);
    Ok((out, count))
}

/// Byte offsets at which an attribute goes.
#[derive(Default)]
struct Places(Vec<usize>);

impl Places {
    /// Adds the attribute, by turns above and below the attributes a function has: both are common.
    fn add(&mut self, attrs: &[Attribute], sig: &Signature, below: TokenStream) {
        if sig.constness.is_some() || sig.variadic.is_some() || is_refused(attrs) {
            return;
        }
        let above = attrs
            .iter()
            .filter(|attr| matches!(attr.style, AttrStyle::Outer))
            .map(|attr| start(attr.to_token_stream()))
            .min();
        let below = start(below);
        let place = if self.0.len().is_multiple_of(2) {
            above.unwrap_or(below)
        } else {
            below
        };
        self.0.push(place);
    }
}

/// Functions the compiler or another macro wants as they are.
fn is_refused(attrs: &[Attribute]) -> bool {
    const NAMES: [&str; 5] = [
        "monitored",
        "panic_handler",
        "proc_macro",
        "proc_macro_attribute",
        "proc_macro_derive",
    ];
    attrs.iter().any(|attr| {
        let naked = matches!(&attr.meta, Meta::List(list) if list.path.is_ident("unsafe") && list.tokens.to_string() == "naked");
        naked || NAMES.iter().any(|name| attr.path().is_ident(name))
    })
}

/// Returns the position at which the first of these tokens begins.
fn start(tokens: TokenStream) -> usize {
    tokens
        .into_iter()
        .next()
        .map_or(0, |token| token.span().byte_range().start)
}

/// Returns `true` for an allocator. Counting its calls may allocate, and would call it again.
fn is_allocator(block: &ItemImpl) -> bool {
    let of = block.trait_.as_ref();
    of.and_then(|(.., path, _)| path.segments.last())
        .is_some_and(|name| name.ident == "GlobalAlloc")
}

impl<'ast> Visit<'ast> for Places {
    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        if !is_allocator(item) {
            visit::visit_item_impl(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        let ItemFn {
            attrs, vis, sig, ..
        } = item;
        self.add(attrs, sig, quote::quote!(#vis #sig));
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        let ImplItemFn {
            attrs, vis, sig, ..
        } = item;
        self.add(attrs, sig, quote::quote!(#vis #sig));
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        if item.default.is_some() {
            self.add(&item.attrs, &item.sig, item.sig.to_token_stream());
        }
        visit::visit_trait_item_fn(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::annotate;

    #[test]
    fn every_function_with_a_body_is_found_and_nothing_else_changes() {
        let source = "//! Crate.\n\
            /// Ä.\n#[inline]\npub fn a() { async fn b() {} }\n\
            const fn no() {}\n\
            macro_rules! m { () => { fn no() {} } }\n\
            mod inner {\n    trait T { fn no(); fn c(&self) {} }\n\
            \x20   impl T for u8 { /* x */ fn no() {} #[cfg(a)] unsafe fn d() { #![allow(x)] } }\n\
            \x20   unsafe impl GlobalAlloc for u8 { fn no() {} }\n}\n";
        let (out, count) = annotate(source).expect("it parses");
        assert_eq!(count, 5);
        assert_eq!(out.replace(super::ATTRIBUTE, ""), source);
        for place in [
            "@/// Ä.\n#[inline]\npub fn a",
            "{ @async fn b",
            "@fn c",
            "/* x */ @fn no",
            "@#[cfg(a)] unsafe fn d",
        ] {
            let place = place.replace('@', super::ATTRIBUTE);
            assert!(out.contains(&place), "{place}\nin\n{out}");
        }
    }
}
