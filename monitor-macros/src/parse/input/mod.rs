//! Reads the item that the attribute stands on: a function, a method or an impl block. Others are refused.

mod block;
mod conditional;

use crate::parse::errors::Errors;
use crate::parse::idents::Idents;
pub(crate) use conditional::under_condition;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Attribute, Error, Lit, Meta, Result, Signature, Token, Visibility};

pub(crate) enum Input {
    Function(Box<Function>),
    Impl(Impl),
    /// Refused: printed as it came, beside the error that says why.
    Refused(TokenStream),
}

/// A function whose body is not looked into, so that a half-typed one still expands.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    /// `#[monitored(…)]` of the function itself, taken out of `attrs`.
    pub(crate) own: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) defaultness: Option<Token![default]>,
    pub(crate) sig: Signature,
    pub(crate) body: Option<Body>,
    pub(crate) semi: Option<Token![;]>,
}

pub(crate) struct Body {
    /// `#![…]` at the top of the body: they must stay at the top.
    pub(crate) attrs: Vec<Attribute>,
    /// The braces with the statements.
    pub(crate) block: Group,
    pub(crate) words: Idents,
}

/// An impl block, opened only as far as its methods.
pub(crate) struct Impl {
    pub(crate) attrs: Vec<Attribute>,
    /// Everything before the braces, as written.
    pub(crate) head: TokenStream,
    pub(crate) braces: Group,
    pub(crate) inner: Vec<Attribute>,
    pub(crate) members: Vec<Member>,
    /// The reasons why some methods could not be read.
    pub(crate) unread: Vec<Error>,
}

pub(crate) enum Member {
    Function(Box<Function>),
    Other(TokenStream),
}

impl Input {
    pub(crate) fn parse(item: TokenStream, errors: &mut Errors) -> Self {
        let (head, last) = split_body(item.clone());
        let parser = |input: ParseStream<'_>| {
            let attrs = input.call(Attribute::parse_outer)?;
            match kind(&input.fork())? {
                Kind::Function => {
                    let function = Function::after(attrs, input, last)?;
                    Ok(Self::Function(Box::new(function)))
                }
                Kind::Impl => Impl::after(attrs, input, last).map(Self::Impl),
                Kind::Other(place, what) => Err(Error::new(place.span(), refusal(what))),
            }
        };
        parser.parse2(head).unwrap_or_else(|error| {
            errors.push(error);
            Self::Refused(item)
        })
    }
}

/// Takes off the braces at the end: they are most of an item, and need no parser.
fn split_body(item: TokenStream) -> (TokenStream, Option<Group>) {
    let mut trees: Vec<TokenTree> = item.into_iter().collect();
    let last = trees.pop_if(|last| braces(last).is_some());
    (trees.into_iter().collect(), last.as_ref().and_then(braces))
}

fn refusal(what: &str) -> String {
    let place = match what {
        "a trait" => "put it on the trait's methods that have a body, or on the impl block",
        "a struct" | "an enum" | "a union" => "put it on the type's impl block or on its methods",
        "a module" => "put it on the functions in it",
        _ => "put it on the function that does the work",
    };
    format!(
        "`#[monitored]` stands on functions, methods and impl blocks, and this is {what}; {place}"
    )
}

enum Kind {
    Function,
    Impl,
    Other(TokenTree, &'static str),
}

/// Reads up to the word that says what the item is.
fn kind(input: ParseStream<'_>) -> Result<Kind> {
    input.parse::<Visibility>()?;
    let mut constant = false;
    loop {
        let tree: TokenTree = input.parse()?;
        let what = match tree.to_string().as_str() {
            "fn" => return Ok(Kind::Function),
            "impl" => return Ok(Kind::Impl),
            "async" | "unsafe" | "safe" | "default" | "gen" | "auto" => continue,
            "extern" => {
                input.parse::<Option<Lit>>()?;
                continue;
            }
            "const" => {
                constant = true;
                continue;
            }
            "struct" => "a struct",
            "enum" => "an enum",
            "union" => "a union",
            "trait" => "a trait",
            "mod" => "a module",
            "static" => "a static",
            "type" => "a type alias",
            "macro_rules" | "macro" => "a macro",
            "use" | "crate" => "an import",
            _ if constant => "a constant",
            _ if matches!(&tree, TokenTree::Group(_)) => "a block",
            _ => "something else",
        };
        return Ok(Kind::Other(tree, what));
    }
}

impl Function {
    /// Parses the rest of a function. `braces` are those at its end, if they are not part of the
    /// input.
    fn after(attrs: Vec<Attribute>, input: ParseStream<'_>, braces: Option<Group>) -> Result<Self> {
        let (own, attrs) = attrs.into_iter().partition(is_monitored);
        let vis = input.parse()?;
        let defaultness = input.parse()?;
        let sig = input.parse()?;
        let semi: Option<Token![;]> = input.parse()?;
        let body = match braces {
            Some(braces) => Some(Body::new(braces)?),
            None if semi.is_some() => None,
            None => Some(input.parse()?),
        };
        Ok(Self {
            attrs,
            own,
            vis,
            defaultness,
            sig,
            body,
            semi,
        })
    }
}

impl Parse for Body {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let ahead = input.fork();
        match braces(&input.parse()?) {
            Some(block) => Self::new(block),
            None => Err(ahead.error("expected the body of the function")),
        }
    }
}

impl Body {
    fn new(block: Group) -> Result<Self> {
        let trees: Vec<TokenTree> = block.stream().into_iter().collect();
        let is = |tree: Option<&TokenTree>, sign: char| matches!(tree, Some(TokenTree::Punct(punct)) if punct.as_char() == sign);
        let (attrs, block) = if is(trees.first(), '#') && is(trees.get(1), '!') {
            let inner =
                |input: ParseStream<'_>| Ok((input.call(Attribute::parse_inner)?, input.parse()?));
            let (attrs, rest) = inner.parse2(block.stream())?;
            (attrs, with_stream(&block, rest))
        } else {
            // Passed on untouched, invisible groups of `macro_rules!` and all.
            (Vec::new(), block)
        };
        Ok(Self {
            attrs,
            block,
            words: Idents::from_tokens(trees),
        })
    }
}

/// Returns the braces themselves. Those of a `$body:block` come in an invisible group.
fn braces(tree: &TokenTree) -> Option<Group> {
    match tree {
        TokenTree::Group(group) => match group.delimiter() {
            Delimiter::Brace => Some(group.clone()),
            Delimiter::None => braces(&group.stream().into_iter().next()?),
            _ => None,
        },
        _ => None,
    }
}

/// Returns `true` for `#[monitored]`, imported under any path.
fn is_monitored(attr: &Attribute) -> bool {
    let last = attr.path().segments.last();
    last.is_some_and(|segment| segment.ident == "monitored")
}

/// Returns the tokens between the parentheses of `#[monitored(…)]`.
pub(crate) fn arguments(attr: &Attribute) -> Result<TokenStream> {
    match &attr.meta {
        Meta::Path(_) => Ok(TokenStream::new()),
        Meta::List(list) => Ok(list.tokens.clone()),
        value @ Meta::NameValue(_) => Err(Error::new_spanned(
            value,
            "write the arguments in parentheses: `#[monitored(…)]`",
        )),
    }
}

/// Returns the delimiters of `group`, at its place, around other tokens.
pub(crate) fn with_stream(group: &Group, stream: TokenStream) -> Group {
    let mut new = Group::new(group.delimiter(), stream);
    new.set_span(group.span());
    new
}
