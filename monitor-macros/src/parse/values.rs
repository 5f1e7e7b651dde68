//! Readers for the values of arguments.

use crate::parse::arg::set;
use crate::parse::errors::Errors;
use crate::parse::keywords;
use crate::parse::signature;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Error, FnArg, Ident, LitBool, LitInt, LitStr, Pat, Path, Result, Token, token};

/// A level as `tracing` accepts it: `"info"`, `3` or a path such as `Level::INFO`.
#[derive(Clone)]
pub(crate) enum Level {
    Text(LitStr),
    Number(LitInt),
    Path(Path),
}

/// The value of `err`, `err = …` or `err(…)`.
#[derive(Clone)]
pub(crate) struct ErrArg {
    pub(crate) log: bool,
    pub(crate) debug: bool,
    pub(crate) level: Option<Level>,
}

/// The value of `ret` or `ret(…)`.
#[derive(Clone)]
pub(crate) struct RetArg {
    pub(crate) key: Span,
    pub(crate) display: bool,
    pub(crate) level: Option<Level>,
}

/// A string, or the path of a constant that is one.
#[derive(Clone)]
pub(crate) struct Target(pub(crate) TokenStream);

/// The path of a constant.
#[derive(Clone)]
pub(crate) struct Constant(pub(crate) Path);

pub(crate) const LEVEL: &str =
    "a level: `level = \"debug\"`, `level = 2` or `level = Level::DEBUG`";

/// Reads `= value`. The error for a wrong or missing value says what is `wanted`.
pub(crate) fn value<T: Parse>(key: &Ident, input: ParseStream<'_>, wanted: &str) -> Result<T> {
    let wrong = |span| Error::new(span, format!("`{key}` takes {wanted}"));
    if input.parse::<Token![=]>().is_err() {
        return Err(wrong(key.span()));
    }
    let span = if input.is_empty() {
        key.span()
    } else {
        input.span()
    };
    input.parse().map_err(|_| wrong(span))
}

/// Refuses a value behind a key that takes none.
pub(crate) fn nothing(key: &Ident, input: ParseStream<'_>) -> Result<()> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(());
    }
    Err(input.error(format!("`{key}` takes no value")))
}

/// Reads `(…)`, one entry at a time.
pub(crate) fn inside(
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
    example: &str,
    one: impl FnMut(ParseStream<'_>, &mut Errors) -> Result<()>,
) -> Result<()> {
    if !input.peek(token::Paren) {
        return Err(Error::new(
            key.span(),
            format!("`{key}` takes a list: {example}"),
        ));
    }
    let content;
    syn::parenthesized!(content in input);
    each(&content, errors, one);
    Ok(())
}

/// Reads entries of one kind in parentheses.
pub(crate) fn list<T: Parse>(
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
    example: &str,
) -> Result<Vec<T>> {
    let mut list = Vec::new();
    inside(key, input, errors, example, |input, _| {
        list.push(input.parse()?);
        Ok(())
    })?;
    Ok(list)
}

/// Reads bare names in parentheses.
pub(crate) fn names(
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> Result<Vec<Ident>> {
    let mut names = Vec::new();
    let example = format!("`{key}(user, total)`");
    inside(key, input, errors, &example, |input, _| {
        let place = input.span();
        let bare = |input: ParseStream<'_>| {
            let name = input.call(Ident::parse_any).ok()?;
            (input.is_empty() || input.peek(Token![,])).then_some(name)
        };
        if let Some(name) = bare(&input.fork()) {
            input.call(Ident::parse_any)?;
            names.push(name);
            return Ok(());
        }
        let mut entry = TokenStream::new();
        while !input.is_empty() && !input.peek(Token![,]) {
            entry.extend([input.parse::<TokenTree>()?]);
        }
        Err(Error::new(place, not_bare(key, &entry)))
    })?;
    Ok(names)
}

/// Says what to write in place of an entry that is not a bare name.
fn not_bare(key: &Ident, entry: &TokenStream) -> String {
    let first = entry.to_string();
    if first.starts_with(['?', '%']) {
        return format!("`{key}` takes bare names; formats belong in `fields(?name)`");
    }
    let bound = match syn::parse2(entry.clone()) {
        Ok(FnArg::Typed(typed)) => signature::names(&typed.pat),
        _ => match Pat::parse_multi.parse2(entry.clone()) {
            Ok(pat) => signature::names(&pat),
            Err(_) => Vec::new(),
        },
    };
    if bound.is_empty() {
        return format!("`{key}` takes bare names; values belong in `fields(…)`");
    }
    let bound: Vec<_> = bound.iter().map(Ident::to_string).collect();
    let bound = bound.join(", ");
    format!("`{key}` takes bare names, without the pattern around them: `{key}({bound})`")
}

/// Reads `err`, `err = …` or `err(…)`.
pub(crate) fn err(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> Result<ErrArg> {
    const WANTED: &str =
        "`true`, `false` or options: `err = false`, `err(Debug, level = \"warn\")`";
    let mut log = true;
    if input.peek(Token![=]) {
        log = value::<LitBool>(key, input, WANTED)?.value;
    }
    let (format, level) = shown(key, input, errors)?;
    Ok(ErrArg {
        log,
        debug: format.is_some_and(|format| format == "Debug"),
        level,
    })
}

/// Reads `ret`, `ret = …` or `ret(…)`; `None` switches off what an impl block switched on.
pub(crate) fn ret(
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> Result<Option<RetArg>> {
    const WANTED: &str = "`true`, `false` or options: `ret = false`, `ret(Display)`";
    if input.peek(Token![=]) && !value::<LitBool>(key, input, WANTED)?.value {
        return Ok(None);
    }
    let (format, level) = shown(key, input, errors)?;
    Ok(Some(RetArg {
        key: key.span(),
        display: format.is_some_and(|format| format == "Display"),
        level,
    }))
}

/// Reads the options of `err(…)` and `ret(…)`: a format and a level.
fn shown(
    key: &Ident,
    input: ParseStream<'_>,
    errors: &mut Errors,
) -> Result<(Option<Ident>, Option<Level>)> {
    let (mut format, mut level) = (None, None);
    if !input.peek(token::Paren) {
        return Ok((None, None));
    }
    let example = format!("`{key}(Debug)`");
    inside(key, input, errors, &example, |input, _| {
        let option = input.call(Ident::parse_any)?;
        match option.to_string().as_str() {
            "Debug" | "Display" if format.is_some() => {
                let message = "one of `Debug` and `Display` is enough";
                Err(Error::new(option.span(), message))
            }
            "Debug" | "Display" => {
                format = Some(option);
                Ok(())
            }
            "level" => set(&mut level, &option, value(&option, input, LEVEL)?),
            _ => Err(unknown_option(&option, &["Debug", "Display", "level"])),
        }
    })?;
    Ok((format, level.map(|level| level.value)))
}

/// Returns the error for an unknown option, with the nearest known one.
pub(crate) fn unknown_option(option: &Ident, known: &[&str]) -> Error {
    let hint = keywords::suggest(&option.to_string(), known.iter().copied());
    let known = keywords::list(known);
    let message = format!("unknown option `{option}`{hint} (the options are {known})");
    Error::new(option.span(), message)
}

/// Runs `one` for every entry of a comma list; after a mistake it goes on behind the next comma.
pub(crate) fn each(
    input: ParseStream<'_>,
    errors: &mut Errors,
    mut one: impl FnMut(ParseStream<'_>, &mut Errors) -> Result<()>,
) {
    while !input.is_empty() {
        let outcome = one(input, errors).and_then(|()| {
            let done = input.is_empty() || input.peek(Token![,]);
            if done {
                Ok(())
            } else {
                Err(input.error("expected `,`"))
            }
        });
        if let Err(error) = outcome {
            errors.push(error);
            while !input.is_empty() && !input.peek(Token![,]) {
                let _ = input.parse::<TokenTree>();
            }
        }
        let _ = input.parse::<Token![,]>();
    }
}

/// A path without generic arguments, `crate` and `$crate` included.
pub(crate) struct Runtime(pub(crate) Path);

impl Parse for Runtime {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        input.call(Path::parse_mod_style).map(Self)
    }
}

impl Parse for Level {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(LitStr) {
            input.parse().map(Self::Text)
        } else if input.peek(LitInt) {
            input.parse().map(Self::Number)
        } else {
            input.call(Path::parse_mod_style).map(Self::Path)
        }
    }
}

impl Parse for Target {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(LitStr) {
            return Ok(Self(input.parse::<LitStr>()?.into_token_stream()));
        }
        Ok(Self(input.call(Path::parse_mod_style)?.into_token_stream()))
    }
}

impl Parse for Constant {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        input.call(Path::parse_mod_style).map(Self)
    }
}
