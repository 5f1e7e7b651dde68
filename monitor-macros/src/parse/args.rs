//! Reads the arguments of the attribute: keys, values and their spans.

use crate::parse::arg::{Arg, set};
use crate::parse::buckets::{self, Buckets};
use crate::parse::durations;
use crate::parse::errors::Errors;
use crate::parse::fields::Field;
use crate::parse::keywords;
use crate::parse::labels::{self, Label};
use crate::parse::sentry::{self, SentryArg};
use crate::parse::values::{self, Constant, ErrArg, Level, RetArg, Runtime, Target};
use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Error, Expr, Ident, LitBool, LitStr, Path, Result, token};

macro_rules! slots {
    ($($(#[$doc:meta])* $slot:ident: $ty:ty,)*) => {
        /// The arguments of one attribute: a slot for each key, `None` where the key was not written.
        #[derive(Clone, Default)]
        pub(crate) struct Args {
            $($(#[$doc])* pub(crate) $slot: Option<Arg<$ty>>,)*
        }

        impl Args {
            /// Returns these arguments, with those of `outer` for keys that are not written here.
            pub(crate) fn over(self, outer: &Self) -> Self {
                let outer = outer.clone();
                Self { $($slot: self.$slot.or(outer.$slot),)* }
            }
        }
    };
}

slots! {
    name: LitStr,
    target: Target,
    level: Level,
    parent: Expr,
    follows_from: Expr,
    fields: Vec<Field>,
    arguments: Vec<Ident>,
    err: ErrArg,
    ret: Option<RetArg>,
    /// `ok_if`, `error_if` or `classify`: one question has one answer.
    rule: Rule,
    buckets: Buckets,
    /// In nanoseconds.
    slow: u64,
    sentry: SentryArg,
    metrics: bool,
    latency: bool,
    span: bool,
    log: bool,
    track_concurrency: (),
    labels: Vec<Label>,
    objective: Constant,
    /// `skip` alone is `None`: leave the method out. `skip(a, b)` names arguments.
    skip: Option<Vec<Ident>>,
    skip_all: (),
    runtime: Path,
}

/// A rule that decides which values are errors; its key is the name of a method of `Verdict`.
#[derive(Clone)]
pub(crate) struct Rule {
    pub(crate) key: Ident,
    pub(crate) rule: Expr,
}

impl Args {
    /// Returns `true` if `skip` leaves a method of an impl block out.
    pub(crate) fn leaves_out(&self) -> bool {
        matches!(self.skip, Some(Arg { value: None, .. }))
    }

    /// Reads every argument; a wrong one is reported and the rest is still read.
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut args = Self::default();
        let parser = |input: ParseStream<'_>| {
            values::each(input, errors, |input, errors| args.one(input, errors));
            Ok(())
        };
        if let Err(error) = parser.parse2(tokens) {
            errors.push(error);
        }
        args
    }

    fn one(&mut self, input: ParseStream<'_>, errors: &mut Errors) -> Result<()> {
        if input.peek(LitStr) {
            let name: LitStr = input.parse()?;
            let key = Ident::new("name", name.span());
            return set(&mut self.name, &key, name);
        }
        let key = input.call(Ident::parse_any)?;
        let word = key.to_string();
        match word.as_str() {
            "metrics" => switch(&mut self.metrics, &key, input),
            "latency" => switch(&mut self.latency, &key, input),
            "span" => switch(&mut self.span, &key, input),
            "log" => switch(&mut self.log, &key, input),
            "fields" | "args" | "skip" | "skip_all" => self.recorded(&key, input, errors),
            "parent" | "follows_from" | "ok_if" | "error_if" | "classify" => {
                self.expression(&key, input)
            }
            "labels" => {
                let list: Vec<Label> = values::list(&key, input, errors, labels::EXAMPLE)?;
                labels::check(&list, errors);
                set(&mut self.labels, &key, list)
            }
            "objective" => {
                let wanted = "a constant: `objective = API`";
                set(
                    &mut self.objective,
                    &key,
                    values::value(&key, input, wanted)?,
                )
            }
            "track_concurrency" => {
                values::nothing(&key, input)?;
                set(&mut self.track_concurrency, &key, ())
            }
            _ => self.setting(&key, input, errors),
        }
    }

    fn setting(&mut self, key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> Result<()> {
        match key.to_string().as_str() {
            "name" => {
                let name = values::value(key, input, "a string: `name = \"checkout\"`")?;
                set(&mut self.name, key, name)
            }
            "target" => {
                let wanted = "a string or a constant: `target = \"shop\"`";
                set(&mut self.target, key, values::value(key, input, wanted)?)
            }
            "level" => set(
                &mut self.level,
                key,
                values::value(key, input, values::LEVEL)?,
            ),
            "err" => {
                let err = values::err(key, input, errors)?;
                set(&mut self.err, key, err)
            }
            "ret" => {
                let ret = values::ret(key, input, errors)?;
                set(&mut self.ret, key, ret)
            }
            "buckets" => {
                let buckets = buckets::parse(key, input, errors)?;
                set(&mut self.buckets, key, buckets)
            }
            "slow" => {
                let slow = values::value(key, input, durations::DURATION)?;
                set(&mut self.slow, key, durations::duration(&slow)?)
            }
            "sentry" => {
                let sentry = sentry::parse(key, input, errors)?;
                set(&mut self.sentry, key, sentry)
            }
            "crate" => {
                let wanted = "a path: `crate = my_crate::monitor`";
                let Runtime(path) = values::value(key, input, wanted)?;
                set(&mut self.runtime, key, path)
            }
            other => Err(Error::new(key.span(), unknown(other))),
        }
    }

    fn recorded(&mut self, key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> Result<()> {
        match key.to_string().as_str() {
            "fields" => {
                let example = "`fields(user.id, total = %order.total())`";
                let fields = values::list(key, input, errors, example)?;
                set(&mut self.fields, key, fields)
            }
            "args" => {
                let names = values::names(key, input, errors)?;
                set(&mut self.arguments, key, names)
            }
            "skip" if input.peek(token::Paren) => {
                let names = values::names(key, input, errors)?;
                set(&mut self.skip, key, Some(names))
            }
            "skip" => set(&mut self.skip, key, None),
            _ => {
                values::nothing(key, input)?;
                set(&mut self.skip_all, key, ())
            }
        }
    }

    fn expression(&mut self, key: &Ident, input: ParseStream<'_>) -> Result<()> {
        let word = key.to_string();
        let example = match word.as_str() {
            "parent" => "a span or its id: `parent = &span`",
            "follows_from" => "spans or their ids: `follows_from = [&span]`",
            "classify" => "a function of the returned value: `classify = |value| value.class()`",
            _ => "a function of the returned value: `ok_if = Option::is_some`",
        };
        let value: Expr = values::value(key, input, example)?;
        match (word.as_str(), &self.rule) {
            ("parent", _) => set(&mut self.parent, key, value),
            ("follows_from", _) => set(&mut self.follows_from, key, value),
            (_, Some(Arg { value: first, .. })) if first.key != *key => {
                let message = format!("`{key}` and `{}` exclude each other; keep one", first.key);
                Err(Error::new(key.span(), message))
            }
            _ => {
                let rule = Rule {
                    key: key.clone(),
                    rule: value,
                };
                set(&mut self.rule, key, rule)
            }
        }
    }
}

fn unknown(key: &str) -> String {
    if sentry::OPTIONS.contains(&key) {
        return format!("`{key}` is an option of `sentry`; write it in there: `sentry({key} …)`");
    }
    if keywords::CLASSIFY_OPTIONS.contains(&key) {
        let value = if key == "class" { " = \"…\"" } else { "" };
        return format!(
            "`{key}` belongs to the error type, not to the function: derive `Classify` for the type and write \
             `#[monitor({key}{value})]` on the variant"
        );
    }
    let hint = keywords::suggest(key, keywords::KEYS);
    format!(
        "unknown argument `{key}`{hint} (the arguments are {})",
        keywords::list(keywords::KEYS)
    )
}

fn switch(slot: &mut Option<Arg<bool>>, key: &Ident, input: ParseStream<'_>) -> Result<()> {
    let wanted = format!("`true` or `false`: `{key} = false`");
    let on: LitBool = values::value(key, input, &wanted)?;
    set(slot, key, on.value)
}
