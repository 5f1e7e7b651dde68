//! Rules that span several arguments, or the attribute and the item. Each reports at the token that breaks it.

use crate::parse::arg::Arg;
use crate::parse::args::Args;
use crate::parse::errors::Errors;
use crate::parse::input::Function;
use crate::parse::keywords;
use crate::parse::signature::Binding;
use syn::{Attribute, Error, Ident, LitStr, Meta};

/// Refuses every attribute after the first.
pub(crate) fn once(more: &[Attribute], errors: &mut Errors) {
    for attr in more {
        errors.push(Error::new_spanned(attr, keywords::TWICE));
    }
}

/// Refuses arguments on an `impl` block that belong to one function each.
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

/// Refuses arguments that contradict each other in one attribute.
///
/// Of an argument on a block and a contradicting one on a method, the method's holds.
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

/// Refuses functions whose calls cannot be observed.
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
        let message = "a naked function cannot be monitored, its body is assembly and nothing else; \
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

/// Returns `true` for `#[unsafe(naked)]`.
fn is_naked(attr: &Attribute) -> bool {
    matches!(&attr.meta, Meta::List(list) if list.path.is_ident("unsafe") && list.tokens.to_string() == "naked")
}

/// Refuses an empty name.
pub(crate) fn name(name: Option<&LitStr>, errors: &mut Errors) {
    if let Some(name) = name.filter(|name| name.value().trim().is_empty()) {
        let message = "the name is empty; leave it out to get the function's own";
        errors.at(name.span(), message);
    }
}

/// Refuses names in `args` and `skip` that the signature does not bind.
pub(crate) fn names(args: &Args, bindings: &[Binding], errors: &mut Errors) {
    let skipped = args.skip.as_ref().and_then(|skip| skip.value.as_ref());
    for (key, names) in [
        ("args", args.arguments.as_ref().map(|arg| &arg.value)),
        ("skip", skipped),
    ] {
        for name in names.into_iter().flatten() {
            if name == "self" {
                if key == "args" {
                    let message = "`self` cannot be recorded as a whole; record parts of it: `fields(self.id)`";
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
    let hint = keywords::suggest(&name.to_string(), known.iter().map(String::as_str));
    format!(
        "there is no argument `{name}`{hint} (the arguments are {})",
        keywords::list(&known)
    )
}
