//! Decides which `async` functions are printed as plain functions that return `impl Future`.
//!
//! The compiler makes the same of an `async fn`. Printed as such, the function needs no second coroutine around
//! the monitored future, which saves a third of an incremental rebuild.

use super::Captures;
use super::rustdoc::is_rustdoc;
use crate::parse::input::{self, Function};
use crate::parse::signature;
use syn::{Attribute, FnArg, PatType, Safety};

/// Attributes that look the same at a function with and without `async`; a macro may ask for it,
/// `must_use` speaks of what is awaited, and some lint that one may `expect` looks for the word.
const INERT: [&str; 9] = [
    "allow",
    "cfg",
    "cold",
    "deny",
    "deprecated",
    "doc",
    "forbid",
    "inline",
    "warn",
];

/// Returns `true` if no macro of another crate will see the item, as far as its attributes tell.
pub(super) fn is_last_macro(attrs: &[Attribute]) -> bool {
    attrs.iter().all(is_inert)
}

fn is_inert(attr: &Attribute) -> bool {
    let path = attr.path();
    if path.is_ident("cfg_attr") {
        return is_last_macro(&input::under_condition(attr));
    }
    let first = path.segments.first();
    let tool = first.is_some_and(|tool| tool.ident == "clippy" || tool.ident == "rustfmt");
    tool || INERT.iter().any(|inert| path.is_ident(inert))
}

/// Returns `true` if the function may lose its `async`: its future owns and drops the arguments in the same
/// order, and its type reveals no more than before.
pub(super) fn is_possible(function: &Function, captures: &Captures) -> bool {
    let Captures { sig, bindings, .. } = captures;
    let plain = matches!(sig.safety, Safety::Default)
        && sig.abi.is_none()
        && function.defaultness.is_none();
    plain
        && sig.inputs.len() == bindings.len()
        && sig.inputs.iter().all(is_name)
        && is_last_macro(&function.attrs)
        && !is_rustdoc()
}

/// Returns `true` if an argument is one name, which a future can own.
fn is_name(input: &FnArg) -> bool {
    match input {
        FnArg::Receiver(receiver) => receiver.attrs.is_empty(),
        FnArg::Typed(PatType { attrs, pat, .. }) => attrs.is_empty() && signature::is_name(pat),
    }
}
