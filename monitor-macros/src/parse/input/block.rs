//! An impl block, read method by method.

use super::{Function, Impl, Kind, Member, arguments, braces, conditional, is_monitored, kind};
use crate::parse::args::Args;
use crate::parse::errors::Errors;
use proc_macro2::{Group, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::parse::discouraged::Speculative;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Error, ImplItem, Result};

impl Impl {
    pub(super) fn after(
        attrs: Vec<Attribute>,
        input: ParseStream<'_>,
        braces: Option<Group>,
    ) -> Result<Self> {
        let head: TokenStream = input.parse()?;
        let Some(braces) = braces else {
            let last = head.into_iter().last();
            let message = "expected the braces of the impl block";
            return Err(Error::new_spanned(last, message));
        };
        let split =
            |input: ParseStream<'_>| Ok((input.call(Attribute::parse_inner)?, members(input)?));
        let (inner, (members, unread)) = split.parse2(braces.stream())?;
        Ok(Self {
            attrs,
            head,
            braces,
            inner,
            members,
            unread,
        })
    }
}

/// Reads the members of a block; what cannot be read is passed on, and rustc reports what is wrong with it.
///
/// rustc may find nothing wrong, as with a trait object without `dyn`. So a method that cannot be read is an
/// error here, too: it would silently not be monitored.
fn members(input: ParseStream<'_>) -> Result<(Vec<Member>, Vec<Error>)> {
    let (mut members, mut unread) = (Vec::new(), Vec::new());
    while !input.is_empty() {
        let ahead = input.fork();
        match member(&ahead) {
            Ok(read) => {
                input.advance_to(&ahead);
                members.extend(read);
            }
            Err(error) => {
                let (tokens, to_be_monitored) = unreadable(input)?;
                members.push(Member::Other(tokens));
                if to_be_monitored {
                    unread.push(Error::new(error.span(), unread_method(&error)));
                }
            }
        }
    }
    Ok((members, unread))
}

/// Reads one member; a method whose attribute stands under a condition becomes several.
fn member(input: ParseStream<'_>) -> Result<Vec<Member>> {
    let ahead = input.fork();
    let attrs = ahead.call(Attribute::parse_outer)?;
    if !matches!(kind(&ahead.fork()), Ok(Kind::Function)) {
        let item = input.parse::<ImplItem>()?;
        return Ok(vec![Member::Other(item.into_token_stream())]);
    }
    let mut members = Vec::new();
    for attrs in conditional::variants(attrs) {
        let rest = ahead.fork();
        let mut function = Function::after(attrs, &rest, None)?;
        members.extend(conditional::too_many(&mut function).map(Member::Other));
        members.push(Member::Function(Box::new(function)));
        input.advance_to(&rest);
    }
    Ok(members)
}

fn unread_method(error: &Error) -> String {
    format!(
        "`#[monitored]` cannot read this method: {error}; write `dyn` before a trait object, or leave \
         the method out with `#[monitored(skip)]`"
    )
}

/// Reads the tokens of a member up to its body or semicolon; `true` if it is a method with a body that is not
/// left out.
fn unreadable(input: ParseStream<'_>) -> Result<(TokenStream, bool)> {
    // An attribute that cannot be read is a token like any other.
    let ahead = input.fork();
    let attrs = ahead.call(Attribute::parse_outer).unwrap_or_default();
    if !attrs.is_empty() {
        input.advance_to(&ahead);
    }
    let (own, attrs): (Vec<_>, Vec<_>) = attrs.into_iter().partition(is_monitored);
    let mut own = own.iter().flat_map(arguments);
    let left_out = own.any(|own| Args::parse(own, &mut Errors::default()).leaves_out());
    let is_function = matches!(kind(&input.fork()), Ok(Kind::Function));
    let mut tokens = quote!(#(#attrs)*);
    while !input.is_empty() {
        let tree: TokenTree = input.parse()?;
        let body = braces(&tree).is_some();
        let end = body || matches!(&tree, TokenTree::Punct(punct) if punct.as_char() == ';');
        tokens.extend([tree]);
        if end {
            return Ok((tokens, body && is_function && !left_out));
        }
    }
    Ok((tokens, false))
}
