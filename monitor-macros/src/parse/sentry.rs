//! Reads `sentry = …` and `sentry(…)`, which decide how a function's errors become events.

use crate::parse::arg::set;
use crate::parse::durations;
use crate::parse::errors::Errors;
use crate::parse::fields::Field;
use crate::parse::keywords;
use crate::parse::values;
use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::{Error, Expr, ExprArray, Ident, Lit, LitBool, LitStr, Result, token};

/// The value of `sentry`; the default is an event per error.
#[derive(Clone, Default)]
pub(crate) struct SentryArg {
    pub(crate) off: bool,
    /// The variant of Sentry's `Level`.
    pub(crate) level: Option<&'static str>,
    pub(crate) tags: Vec<Field>,
    pub(crate) fingerprint: Vec<Expr>,
    pub(crate) throttle: Option<Throttle>,
    pub(crate) when: Option<Expr>,
    /// `true` if every error is an event, also an expected one and one that an inner function suppressed.
    pub(crate) always: bool,
}

/// The value of `throttle = …`.
#[derive(Clone, Copy)]
pub(crate) enum Throttle {
    Off,
    /// A number of events per a number of nanoseconds.
    Rate(u32, u64),
}

pub(crate) const OPTIONS: [&str; 6] =
    ["level", "tags", "fingerprint", "throttle", "when", "always"];

/// Levels of Sentry, and the variants they are.
const LEVELS: [(&str, &str); 5] = [
    ("debug", "Debug"),
    ("info", "Info"),
    ("warning", "Warning"),
    ("error", "Error"),
    ("fatal", "Fatal"),
];

/// Tags that the runtime writes.
const RESERVED: [&str; 8] = [
    "function",
    "module",
    "service",
    "error_class",
    "trace_id",
    "request_id",
    "http.route",
    "suppressed",
];

pub(crate) fn parse(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> Result<SentryArg> {
    const WANTED: &str =
        "`true`, `false` or options: `sentry = false`, `sentry(level = \"warning\")`";
    let mut sentry = SentryArg::default();
    if !input.peek(token::Paren) {
        let on: LitBool = values::value(key, input, WANTED)?;
        sentry.off = !on.value;
        return Ok(sentry);
    }
    let (mut level, mut tags, mut fingerprint) = (None, None, None);
    let (mut throttle, mut when, mut always) = (None, None, None);
    values::inside(key, input, errors, "", |input, errors| {
        let option = input.call(Ident::parse_any)?;
        match option.to_string().as_str() {
            "level" => {
                let wanted = "a level of Sentry: `level = \"warning\"`";
                let name = values::value(&option, input, wanted)?;
                set(&mut level, &option, level_of(&name)?)
            }
            "tags" => {
                let example = "`tags(tenant = %tenant.id)`";
                let list: Vec<Field> = values::list(&option, input, errors, example)?;
                check_tags(&list, errors);
                set(&mut tags, &option, list)
            }
            "fingerprint" => {
                let wanted = "a list: `fingerprint = [\"{{ default }}\", tenant.id]`";
                let list: ExprArray = values::value(&option, input, wanted)?;
                let parts: Vec<Expr> = list.elems.into_iter().collect();
                if parts.is_empty() {
                    let message = format!("`fingerprint` takes {wanted}");
                    return Err(Error::new(option.span(), message));
                }
                set(&mut fingerprint, &option, parts)
            }
            "throttle" => {
                let said = values::value(&option, input, THROTTLE)?;
                set(&mut throttle, &option, throttle_of(&said)?)
            }
            "when" => {
                let wanted = "a function of the returned value: `when = |value| value.is_err()`";
                set(&mut when, &option, values::value(&option, input, wanted)?)
            }
            "always" => set(&mut always, &option, ()),
            _ => Err(values::unknown_option(&option, &OPTIONS)),
        }
    })?;
    sentry.level = level.map(|arg| arg.value);
    sentry.tags = tags.map(|arg| arg.value).unwrap_or_default();
    sentry.fingerprint = fingerprint.map(|arg| arg.value).unwrap_or_default();
    sentry.throttle = throttle.map(|arg| arg.value);
    sentry.when = when.map(|arg| arg.value);
    sentry.always = always.is_some();
    Ok(sentry)
}

const THROTTLE: &str = "a rate or `false`: `throttle = \"10/min\"`, `throttle = false`";

fn throttle_of(said: &Lit) -> Result<Throttle> {
    match said {
        Lit::Bool(LitBool { value: false, .. }) => Ok(Throttle::Off),
        Lit::Str(rate) => durations::rate(rate).map(|(events, time)| Throttle::Rate(events, time)),
        _ => Err(Error::new(
            said.span(),
            format!("`throttle` takes {THROTTLE}"),
        )),
    }
}

fn level_of(name: &LitStr) -> Result<&'static str> {
    let written = name.value();
    let found = LEVELS.iter().find(|(known, _)| *known == written);
    found.map(|(_, variant)| *variant).ok_or_else(|| {
        let names = LEVELS.map(|(name, _)| name);
        let hint = keywords::suggest(&written, names);
        let names = keywords::list(names);
        let message = format!("unknown level `{written}`{hint} (the levels of Sentry are {names})");
        Error::new(name.span(), message)
    })
}

fn check_tags(tags: &[Field], errors: &mut Errors) {
    let mut wrong = |at: Span, message: String| errors.at(at, message);
    for (index, tag) in tags.iter().enumerate() {
        let name = &tag.name;
        if RESERVED.contains(&name.as_str()) {
            let message = format!("tag `{name}` is written by the runtime; choose another name");
            wrong(tag.span, message);
        }
        if tags[..index].iter().any(|before| before.name == *name) {
            wrong(
                tag.span,
                format!("tag `{name}` is declared twice; keep one"),
            );
        }
    }
}
