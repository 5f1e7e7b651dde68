//! What stands in the parentheses: keys, values and where they stand; nothing is decided here.

use crate::errors::Errors;
use crate::fields::Field;
use crate::keys;
use proc_macro2::{Span, TokenStream, TokenTree};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Parser};
use syn::{Error, Ident, LitBool, LitInt, LitStr, Path, Result, Token, token};

/// A value and the place of the key it was given under.
#[derive(Clone)]
pub(crate) struct Arg<T> {
    pub(crate) key: Span,
    pub(crate) value: T,
}

/// One slot per key; `None` where the key was not written.
#[derive(Clone, Default)]
pub(crate) struct Args {
    pub(crate) name: Option<Arg<LitStr>>,
    pub(crate) level: Option<Arg<Level>>,
    pub(crate) fields: Option<Arg<Vec<Field>>>,
    pub(crate) arguments: Option<Arg<Vec<Ident>>>,
    pub(crate) err: Option<Arg<ErrArg>>,
    pub(crate) sentry: Option<Arg<bool>>,
    /// `skip` alone is `None`: leave the method out. `skip(a, b)` names arguments.
    pub(crate) skip: Option<Arg<Option<Vec<Ident>>>>,
    pub(crate) skip_all: Option<Arg<()>>,
    pub(crate) runtime: Option<Arg<Path>>,
}

/// A level as `tracing` accepts it: `"info"`, `3` or a path such as `Level::INFO`.
#[derive(Clone)]
pub(crate) enum Level {
    Text(LitStr),
    Number(LitInt),
    Path(Path),
}

/// What `err`, `err = …` or `err(…)` says.
#[derive(Clone)]
pub(crate) struct ErrArg {
    pub(crate) log: bool,
    pub(crate) debug: bool,
    pub(crate) level: Option<Level>,
}

impl Args {
    /// Reads every argument; a wrong one is reported and the rest is still read.
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut args = Self::default();
        let parser = |input: ParseStream<'_>| {
            each(input, errors, |input, errors| args.one(input, errors));
            Ok(())
        };
        if let Err(error) = parser.parse2(tokens) {
            errors.push(error);
        }
        args
    }

    /// These arguments, and `outer`'s where a key is not written here.
    pub(crate) fn over(self, outer: &Self) -> Self {
        let outer = outer.clone();
        Self {
            name: self.name.or(outer.name),
            level: self.level.or(outer.level),
            fields: self.fields.or(outer.fields),
            arguments: self.arguments.or(outer.arguments),
            err: self.err.or(outer.err),
            sentry: self.sentry.or(outer.sentry),
            skip: self.skip.or(outer.skip),
            skip_all: self.skip_all.or(outer.skip_all),
            runtime: self.runtime.or(outer.runtime),
        }
    }

    fn one(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> Result<()> {
        if input.peek(LitStr) {
            let name: LitStr = input.parse()?;
            let key = Ident::new("name", name.span());
            return set(&mut self.name, &key, name);
        }
        let key = input.call(Ident::parse_any)?;
        match key.to_string().as_str() {
            "name" => set(
                &mut self.name,
                &key,
                value(&key, input, "a string: `name = \"checkout\"`")?,
            ),
            "level" => set(&mut self.level, &key, value(&key, input, LEVEL)?),
            "fields" => {
                let mut fields = Vec::new();
                inside(
                    &key,
                    input,
                    errors,
                    "`fields(user.id, total = %order.total())`",
                    |input, _| {
                        fields.push(input.parse()?);
                        Ok(())
                    },
                )?;
                set(&mut self.fields, &key, fields)
            }
            "args" => {
                let names = names(&key, input, errors)?;
                set(&mut self.arguments, &key, names)
            }
            "err" => {
                let err = err(&key, input, errors)?;
                set(&mut self.err, &key, err)
            }
            "sentry" => {
                let sentry: LitBool = value(&key, input, "`true` or `false`: `sentry = false`")?;
                set(&mut self.sentry, &key, sentry.value)
            }
            "skip" if !input.peek(token::Paren) => set(&mut self.skip, &key, None),
            "skip" => {
                let names = names(&key, input, errors)?;
                set(&mut self.skip, &key, Some(names))
            }
            "skip_all" => set(&mut self.skip_all, &key, ()),
            "crate" => {
                let Runtime(path) = value(&key, input, "a path: `crate = my_crate::monitor`")?;
                set(&mut self.runtime, &key, path)
            }
            other => Err(Error::new(key.span(), unknown(other))),
        }
    }
}

const LEVEL: &str = "a level: `level = \"debug\"`, `level = 2` or `level = Level::DEBUG`";

fn unknown(key: &str) -> String {
    if keys::LATER.contains(&key) {
        return format!("`{key}` is not supported yet");
    }
    let hint = keys::suggest(key, keys::KEYS);
    format!(
        "unknown argument `{key}`{hint} (the arguments are {})",
        keys::list(keys::KEYS)
    )
}

fn set<T>(slot: &mut Option<Arg<T>>, key: &Ident, value: T) -> Result<()> {
    if slot.is_some() {
        return Err(Error::new(
            key.span(),
            format!("`{key}` is given twice; keep one"),
        ));
    }
    *slot = Some(Arg {
        key: key.span(),
        value,
    });
    Ok(())
}

/// Reads `= value`; a wrong or missing one is told what `wanted` is.
fn value<T: Parse>(key: &Ident, input: ParseStream<'_>, wanted: &str) -> Result<T> {
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

/// Reads `(…)`, one entry at a time.
fn inside(
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

fn names(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> Result<Vec<Ident>> {
    let mut names = Vec::new();
    inside(
        key,
        input,
        errors,
        &format!("`{key}(user, total)`"),
        |input, _| {
            if input.peek(Token![?]) || input.peek(Token![%]) {
                let message =
                    format!("`{key}` takes bare names; formats belong in `fields(?name)`");
                return Err(input.error(message));
            }
            names.push(input.call(Ident::parse_any)?);
            Ok(())
        },
    )?;
    Ok(names)
}

fn err(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> Result<ErrArg> {
    const WANTED: &str =
        "`true`, `false` or options: `err = false`, `err(Debug, level = \"warn\")`";
    let (mut log, mut debug, mut level) = (true, None, None);
    if input.peek(Token![=]) {
        log = value::<LitBool>(key, input, WANTED)?.value;
    } else if input.peek(token::Paren) {
        inside(key, input, errors, "`err(Debug)`", |input, _| {
            let option = input.call(Ident::parse_any)?;
            match option.to_string().as_str() {
                "Debug" | "Display" if debug.is_some() => {
                    let message = "one of `Debug` and `Display` is enough";
                    Err(Error::new(option.span(), message))
                }
                word @ ("Debug" | "Display") => {
                    debug = Some(word == "Debug");
                    Ok(())
                }
                "level" => set(&mut level, &option, value(&option, input, LEVEL)?),
                other => {
                    let known = ["Debug", "Display", "level"];
                    let hint = keys::suggest(other, known);
                    let known = keys::list(known);
                    let message =
                        format!("unknown option `{other}`{hint} (the options are {known})");
                    Err(Error::new(option.span(), message))
                }
            }
        })?;
    }
    Ok(ErrArg {
        log,
        debug: debug == Some(true),
        level: level.map(|level| level.value),
    })
}

/// Runs `one` for every entry of a comma list; after a mistake it goes on behind the next comma.
fn each(
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
struct Runtime(Path);

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
