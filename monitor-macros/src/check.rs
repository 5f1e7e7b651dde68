//! The rules that take more than one argument to know; each reports at the token it is about.

use crate::args::{Arg, Args};
use crate::bindings::Binding;
use crate::errors::Errors;
use crate::fields::Field;
use crate::input::Function;
use crate::keys;
use crate::model::{Level, Record};
use crate::values::Level as LevelArg;
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use std::collections::HashSet;
use syn::ext::IdentExt;
use syn::{Attribute, Error, Ident, LitStr, Meta};

/// More would not fit the span, or the completion event, whose own fields take the rest of `tracing`'s 32.
const MOST_FIELDS: usize = 24;

pub(crate) const TWICE: &str = "`#[monitored]` is given twice; merge the arguments into one";

/// One attribute per function.
pub(crate) fn once(more: &[Attribute], errors: &mut Errors) {
    for attr in more {
        errors.push(Error::new_spanned(attr, TWICE));
    }
}

/// Names belong to one function each, so a block cannot give them.
pub(crate) fn block(args: &Args, errors: &mut Errors) {
    let keys = [
        ("name", args.name.as_ref().map(|arg| arg.key)),
        ("fields", args.fields.as_ref().map(|arg| arg.key)),
        ("args", args.arguments.as_ref().map(|arg| arg.key)),
        ("labels", args.labels.as_ref().map(|arg| arg.key)),
        ("skip", args.skip.as_ref().map(|arg| arg.key)),
    ];
    for (name, key) in keys {
        if let Some(key) = key {
            errors.at(
                key,
                format!("`{name}` cannot stand on an impl block; put it on a method"),
            );
        }
    }
}

/// What one attribute cannot say at once; where a block says one and a method the other, the
/// method is right.
pub(crate) fn conflicts(args: &Args, errors: &mut Errors) {
    let off = |switch: &Option<Arg<bool>>| switch.as_ref().is_some_and(|arg| !arg.value);
    let slow = args.slow.as_ref().map(|arg| arg.key);
    let buckets = args.buckets.as_ref().map(|arg| arg.key);
    let ret = args.ret.as_ref().filter(|arg| arg.value.is_some());
    let labels = args.labels.as_ref().map(|arg| arg.key);
    let objective = args.objective.as_ref().map(|arg| arg.key);
    let parent = args.parent.as_ref().map(|arg| arg.key);
    let causes = args.follows_from.as_ref().map(|arg| arg.key);
    let rules = [
        (off(&args.latency), "latency = false", "slow", slow),
        (off(&args.latency), "latency = false", "buckets", buckets),
        (off(&args.metrics), "metrics = false", "buckets", buckets),
        (off(&args.metrics), "metrics = false", "labels", labels),
        (
            off(&args.metrics),
            "metrics = false",
            "objective",
            objective,
        ),
        (off(&args.log), "log = false", "slow", slow),
        (off(&args.log), "log = false", "ret", ret.map(|arg| arg.key)),
        (off(&args.span), "span = false", "parent", parent),
        (off(&args.span), "span = false", "follows_from", causes),
    ];
    for (off, switch, word, place) in rules {
        if let Some(span) = place.filter(|_| off) {
            errors.at(
                span,
                format!("`{word}` has no effect with `{switch}`; remove one"),
            );
        }
    }
}

/// Functions whose calls cannot be observed.
pub(crate) fn signature(function: &Function, errors: &mut Errors) {
    let sig = &function.sig;
    if let Some(constness) = &sig.constness {
        let message = "a `const fn` cannot be monitored, it may run at compile time; \
                       remove `const` or the attribute (in an impl block: `#[monitored(skip)]`)";
        errors.push(Error::new_spanned(constness, message));
    }
    if let Some(variadic) = &sig.variadic {
        let message = "a C-variadic function cannot be monitored, its arguments cannot be passed on; \
                       monitor a function it calls";
        errors.push(Error::new_spanned(variadic, message));
    }
    if let Some(naked) = function.attrs.iter().find(|attr| is_naked(attr)) {
        let message = "a naked function cannot be monitored, it is the instructions in it and nothing else; \
                       remove the attribute (in an impl block: `#[monitored(skip)]`)";
        errors.push(Error::new_spanned(naked, message));
    }
    if function.body.is_none() {
        let message = format!(
            "`{}` has no body to monitor; put `#[monitored]` on the impl or give it a body",
            sig.ident
        );
        errors.push(Error::new_spanned(&sig.ident, message));
    }
}

/// `#[unsafe(naked)]`.
fn is_naked(attr: &Attribute) -> bool {
    matches!(&attr.meta, Meta::List(list) if list.path.is_ident("unsafe") && list.tokens.to_string() == "naked")
}

/// A name that is given must say something.
pub(crate) fn name(name: Option<&LitStr>, errors: &mut Errors) {
    if let Some(name) = name.filter(|name| name.value().trim().is_empty()) {
        let message = "the name is empty; leave it out to get the function's own";
        errors.at(name.span(), message);
    }
}

/// `args` and `skip` can only name what the signature binds.
pub(crate) fn names(args: &Args, bindings: &[Binding], errors: &mut Errors) {
    let skipped = args.skip.as_ref().and_then(|skip| skip.value.as_ref());
    for (key, names) in [
        ("args", args.arguments.as_ref().map(|arg| &arg.value)),
        ("skip", skipped),
    ] {
        for name in names.into_iter().flatten() {
            if name == "self" {
                if key == "args" {
                    let message = "`self` is recorded in parts: `fields(self.id)`";
                    errors.at(name.span(), message);
                }
            } else if !bindings.iter().any(|binding| binding.ident == *name) {
                errors.at(name.span(), missing(name, bindings));
            }
        }
    }
}

fn missing(name: &Ident, bindings: &[Binding]) -> String {
    let known: Vec<_> = bindings
        .iter()
        .map(|binding| binding.ident.to_string())
        .filter(|known| known != "self")
        .collect();
    if known.is_empty() {
        return format!("there is no argument `{name}`; the function takes none");
    }
    let hint = keys::suggest(&name.to_string(), known.iter().map(String::as_str));
    format!(
        "there is no argument `{name}`{hint} (the arguments are {})",
        keys::list(&known)
    )
}

/// Fields first, then arguments, each name once and none of the runtime's own.
pub(crate) fn records(
    fields: Option<Arg<Vec<Field>>>,
    args: Option<Arg<Vec<Ident>>>,
    errors: &mut Errors,
) -> Vec<Record> {
    let fields = fields
        .into_iter()
        .flat_map(|arg| arg.value)
        .map(Record::Field);
    let args = args
        .into_iter()
        .flat_map(|arg| arg.value)
        .map(Record::Argument);
    let records: Vec<_> = fields.chain(args).collect();
    let mut seen = HashSet::new();
    for (index, record) in records.iter().enumerate() {
        let (name, span) = (record.name(), record.span());
        if keys::RESERVED.contains(&name.as_str()) {
            errors.at(
                span,
                format!("field `{name}` is written by the runtime; choose another name"),
            );
        }
        if index == MOST_FIELDS {
            let message =
                format!("a function records at most {MOST_FIELDS} fields; leave some out");
            errors.at(span, message);
        }
        if !seen.insert(name.clone()) {
            errors.at(span, format!("field `{name}` is declared twice; keep one"));
        }
    }
    records
}

impl Record {
    /// The name under which the value is recorded.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Field(field) => field.name.clone(),
            Self::Argument(ident) => ident.unraw().to_string(),
        }
    }

    /// What is evaluated to take the value.
    pub(crate) fn tokens(&self) -> TokenStream {
        match self {
            Self::Field(field) => field.value.clone(),
            Self::Argument(ident) => ident.to_token_stream(),
        }
    }

    fn span(&self) -> Span {
        match self {
            Self::Field(field) => field.span,
            Self::Argument(ident) => ident.span(),
        }
    }
}

/// A level by name or number becomes the constant; a path is the user's to get right.
pub(crate) fn level(level: LevelArg, errors: &mut Errors) -> Option<Level> {
    let (span, written) = match level {
        LevelArg::Path(path) => {
            // `debug` is no constant of anybody's, but what a string would say.
            let bare = path.get_ident().map(ToString::to_string);
            let known = |bare: &String| keys::LEVELS.iter().any(|(name, _)| name == bare);
            if let Some(bare) = bare.filter(known) {
                let message = format!("a level by its name is a string: `level = \"{bare}\"`");
                errors.push(Error::new_spanned(&path, message));
            }
            return Some(Level::Path(path));
        }
        LevelArg::Text(text) => (text.span(), text.value()),
        LevelArg::Number(number) => (number.span(), number.base10_digits().to_owned()),
    };
    let found = keys::LEVELS.iter().zip(1..).find(|((name, _), number)| {
        name.eq_ignore_ascii_case(&written) || written == format!("{number}")
    });
    if let Some(((_, constant), _)) = found {
        return Some(Level::Known(constant));
    }
    let names = keys::LEVELS.map(|(name, _)| name);
    let hint = keys::suggest(&written, names);
    let message = format!(
        "unknown level `{written}`{hint} (the levels are {}, or 1 to 5)",
        keys::list(names)
    );
    errors.at(span, message);
    None
}
