//! Chooses how a function's body runs, and how its returned value is judged.

use crate::decide::control_flow::{self, Way};
use crate::decide::returned_futures::{self, Exits};
use crate::decide::static_bounds;
use crate::parse::input::{self, Body, Function};
use crate::parse::return_type;
use syn::parse::Parser;
use syn::{Attribute, Block, GenericParam, Signature, Stmt, Type};

pub(crate) enum Strategy {
    Sync,
    /// The body stays in the function itself, between the call's beginning and its end. One that
    /// only runs `through` to its end has a value to look at there.
    Inline {
        through: bool,
        /// `true` if that rests on the names of its macros, and the returned value may be an error.
        by_name: bool,
    },
    /// The body becomes one future, which the function awaits.
    Async,
    /// As `Async`, and the function is printed without its `async`: it returns the future.
    Desugared,
    /// The futures these statements make where they end are run where they stand.
    Tail {
        statements: Vec<Stmt>,
        exits: Exits,
    },
    /// The body makes its future in some other way; what it returns is run.
    Future {
        boxed: bool,
    },
}

pub(crate) enum Verdict {
    /// The spelling of the type rules an error out.
    Plain,
    /// The compiler finds out by type.
    Probe,
}

pub(super) fn choose(
    function: &Function,
    body: &Body,
    judged: bool,
) -> (Strategy, Verdict, Option<Type>) {
    let sig = &function.sig;
    let declared = return_type::declared(&sig.output);
    if sig.asyncness.is_some() {
        let output = declared.map_or_else(|| Some(syn::parse_quote!(())), writable);
        return (Strategy::Async, verdict(declared), output);
    }
    if declared.is_some_and(return_type::has_closure) {
        // A closure takes its signature from the return type, which only the function itself has.
        let run = if judged {
            Strategy::Sync
        } else {
            Strategy::Inline {
                through: false,
                by_name: false,
            }
        };
        return (run, Verdict::Plain, None);
    }
    let Some(ty) = declared.filter(|ty| !return_type::is_plain(ty)) else {
        let run = without_future(function, body, judged, true);
        return (run, Verdict::Plain, None);
    };
    let future = return_type::future(ty);
    let Some(run) = with_future(sig, ty, body, future.as_ref().map(|future| future.boxed)) else {
        let run = without_future(function, body, judged, false);
        return (run, Verdict::Probe, None);
    };
    // An alias of a future, such as `Self::Future`: its output has a name all the same.
    if future.as_ref().is_none_or(|future| future.alias) && return_type::is_alias(ty) {
        let output = syn::parse_quote!(<#ty as ::core::future::Future>::Output);
        return (run, Verdict::Probe, Some(output));
    }
    let Some(output) = future.and_then(|future| future.output) else {
        return (run, Verdict::Probe, None);
    };
    // `#[async_trait]` has written the type into its block already.
    let named = if from_async_trait(sig) {
        None
    } else {
        writable(&output)
    };
    (run, verdict(Some(&output)), named)
}

/// Chooses how a body runs that makes no future; `plain` is `true` if its value is no error.
fn without_future(function: &Function, body: &Body, judged: bool, plain: bool) -> Strategy {
    if !tracks_caller(function) {
        return Strategy::Sync;
    }
    let way = control_flow::way_out(&parsed(body));
    // Left early, a body that stays in its place shows nothing of what it returned.
    if way == Way::Early && (judged || !plain) {
        return Strategy::Sync;
    }
    Strategy::Inline {
        through: way != Way::Early,
        by_name: way == Way::EndByName && !plain,
    }
}

/// Chooses how a body runs that makes a future, a `boxed` one if its type says so; `None` if it makes none.
fn with_future(sig: &Signature, ty: &Type, body: &Body, boxed: Option<bool>) -> Option<Strategy> {
    let tail = statements(body, boxed == Some(true)).and_then(|statements| {
        let exits = returned_futures::of(&statements);
        // A box may contain another type, unless its type or another exit shows that it is a
        // future.
        let told = boxed == Some(true) && exits.futures > 0;
        let futures = exits.blocks || told;
        // Another exit would return a future that is not monitored.
        let runs = futures && !(boxed.is_some() && (exits.others || exits.hidden));
        runs.then_some(Strategy::Tail { statements, exits })
    });
    if tail.is_some() {
        return tail;
    }
    // A second box around the returned one is `'static` only if the returned one is.
    if boxed == Some(true) && hands_on(body) && static_bounds::has_parameter(ty, sig) {
        return None;
    }
    Some(Strategy::Future { boxed: boxed? })
}

/// Returns `true` if `Location::caller()` may be the function's caller.
///
/// That is so with `#[track_caller]`, also under a `cfg_attr`, and for the methods of `Index` and `IndexMut`,
/// whose traits declare it for all implementations.
fn tracks_caller(function: &Function) -> bool {
    let sig = &function.sig;
    let inherits = sig.ident == "index" || sig.ident == "index_mut";
    let is = |attr: &Attribute| attr.path().is_ident("track_caller");
    let may_be = |attr| is(attr) || input::under_condition(attr).iter().any(is);
    (inherits && sig.receiver().is_some()) || function.attrs.iter().any(may_be)
}

fn verdict(ty: Option<&Type>) -> Verdict {
    if ty.is_none_or(return_type::is_plain) {
        Verdict::Plain
    } else {
        Verdict::Probe
    }
}

/// Returns the type as a body may name it; `None` for `_` and `!`.
fn writable(ty: &Type) -> Option<Type> {
    let ty = return_type::erase(ty);
    (!matches!(ty, Type::Infer(_) | Type::Never(_))).then_some(ty)
}

/// Returns the statements of a body; empty if it does not parse, as while it is being typed.
fn parsed(body: &Body) -> Vec<Stmt> {
    let statements = Block::parse_within.parse2(body.block.stream());
    statements.unwrap_or_default()
}

/// Returns the statements of a body that makes a future; `None` for other bodies, and for one that
/// does not parse, as while it is being typed.
fn statements(body: &Body, boxed: bool) -> Option<Vec<Stmt>> {
    if !(body.words.have("async") || (boxed && body.words.have("pin"))) {
        return None;
    }
    Block::parse_within.parse2(body.block.stream()).ok()
}

/// Returns `true` if the body returns a box that was made elsewhere.
fn hands_on(body: &Body) -> bool {
    let words = ["pin", "boxed", "boxed_local"];
    !words.iter().any(|word| body.words.have(word))
}

fn from_async_trait(sig: &Signature) -> bool {
    sig.generics.params.iter().any(|param| match param {
        GenericParam::Lifetime(param) => param.lifetime.ident == "async_trait",
        _ => false,
    })
}
