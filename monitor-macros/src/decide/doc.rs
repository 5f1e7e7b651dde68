//! Reads the first paragraph of a function's documentation, which the live page shows.

use syn::{Attribute, Expr, Lit, Meta};

/// The longest text that is kept, in characters.
const LONGEST: usize = 500;

/// Returns the first paragraph on one line; `None` without documentation, or if a macro writes it.
pub(crate) fn first_paragraph(attrs: &[Attribute]) -> Option<String> {
    let texts = attrs.iter().filter_map(text);
    let texts: Vec<String> = texts.collect();
    let lines = texts
        .iter()
        .flat_map(|text| text.split('\n'))
        .map(str::trim);
    let paragraph: Vec<&str> = lines
        .skip_while(|line| line.is_empty())
        .take_while(|line| !line.is_empty())
        .collect();
    let paragraph: String = paragraph.join(" ").chars().take(LONGEST).collect();
    (!paragraph.is_empty()).then_some(paragraph)
}

/// Returns the text of `#[doc = "…"]`, the form that `///` takes.
fn text(attr: &Attribute) -> Option<String> {
    let Meta::NameValue(doc) = &attr.meta else {
        return None;
    };
    let Expr::Lit(literal) = &doc.value else {
        return None;
    };
    match &literal.lit {
        Lit::Str(text) if doc.path.is_ident("doc") => Some(text.value()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::first_paragraph;
    use syn::parse_quote;

    #[test]
    fn the_first_paragraph_is_one_line() {
        let docs = [
            parse_quote!(#[doc = ""]),
            parse_quote!(#[doc = " Stores an order"]),
            parse_quote!(#[inline]),
            parse_quote!(#[doc = " and \"tells\" nobody."]),
            parse_quote!(#[doc = ""]),
            parse_quote!(#[doc = " # Errors"]),
        ];
        let found = first_paragraph(&docs);
        assert_eq!(
            found.as_deref(),
            Some("Stores an order and \"tells\" nobody.")
        );
        let block = [parse_quote!(#[doc = "\n One.\n\n Two.\n"])];
        assert_eq!(first_paragraph(&block).as_deref(), Some("One."));
    }

    #[test]
    fn no_documentation_is_none() {
        let docs = [
            parse_quote!(#[doc(hidden)]),
            parse_quote!(#[doc = include_str!("x.md")]),
            parse_quote!(#[doc = "  "]),
        ];
        assert_eq!(first_paragraph(&docs), None);
    }
}
