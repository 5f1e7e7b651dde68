//! Finds out whether a body can be left before its end, from its tokens alone: nothing is type-checked yet.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit_mut::VisitMut;
use syn::{ExprAsync, ExprClosure, ExprReturn, ExprTry, Item, Macro, Stmt};

/// Macros that never leave the function they stand in, where they are those of `std`, `tracing` or `log`.
const HARMLESS: [&str; 28] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "column",
    "concat",
    "dbg",
    "debug",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "env",
    "eprintln",
    "error",
    "file",
    "format",
    "info",
    "line",
    "matches",
    "module_path",
    "panic",
    "print",
    "println",
    "stringify",
    "trace",
    "unreachable",
    "vec",
    "warn",
    "writeln",
];

/// Crates whose macros of these names are the ones that are meant.
const KNOWN: [&str; 5] = ["alloc", "core", "log", "std", "tracing"];

/// The ways in which a body can be left.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    /// At its end.
    End,
    /// At its end, unless a macro that goes by the name of a harmless one is another.
    EndByName,
    /// By a `return`, a `?`, or a macro that may hide one.
    Early,
}

/// Returns the earliest way out of a body.
pub(crate) fn way_out(statements: &[Stmt]) -> Way {
    struct Exits(Way);

    impl VisitMut for Exits {
        fn visit_expr_return_mut(&mut self, _: &mut ExprReturn) {
            self.0 = Way::Early;
        }
        fn visit_expr_try_mut(&mut self, _: &mut ExprTry) {
            self.0 = Way::Early;
        }
        fn visit_macro_mut(&mut self, found: &mut Macro) {
            self.0 = self.0.max(way_of(found));
        }
        // A `return` in these leaves them, not the function.
        fn visit_expr_async_mut(&mut self, _: &mut ExprAsync) {}
        fn visit_expr_closure_mut(&mut self, _: &mut ExprClosure) {}
        fn visit_item_mut(&mut self, _: &mut Item) {}
    }

    let mut exits = Exits(Way::End);
    for statement in statements {
        exits.visit_stmt_mut(&mut statement.clone());
    }
    exits.0
}

/// Returns `true` if a macro may leave the function.
pub(crate) fn may_leave(found: &Macro) -> bool {
    way_of(found) == Way::Early
}

/// Returns the way out that a macro may take. A bare name may belong to a macro of the user; a path
/// tells its crate.
fn way_of(found: &Macro) -> Way {
    let segments = &found.path.segments;
    let last = segments.last();
    let is_harmless = last.is_some_and(|last| HARMLESS.iter().any(|name| last.ident == name));
    let first = segments.first().filter(|_| segments.len() > 1);
    match first {
        _ if !is_harmless || leaves(&found.tokens) => Way::Early,
        None => Way::EndByName,
        Some(first) if KNOWN.iter().any(|name| first.ident == name) => Way::End,
        Some(_) => Way::Early,
    }
}

/// Returns `true` if unparsed tokens may leave the function.
fn leaves(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => ident == "return",
        TokenTree::Punct(punct) => punct.as_char() == '?' || punct.as_char() == '!',
        TokenTree::Group(group) => leaves(&group.stream()),
        TokenTree::Literal(_) => false,
    })
}
