//! What a body tells without being type-checked: whether it can be left before its end.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit_mut::VisitMut;
use syn::{ExprAsync, ExprClosure, ExprReturn, ExprTry, Item, Macro, Stmt};

/// Macros that never leave the function they stand in.
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

/// Whether the body can only be left at its end: no `return`, no `?`, no macro that may hide one.
pub(crate) fn runs_through(statements: &[Stmt]) -> bool {
    struct Exits(bool);

    impl VisitMut for Exits {
        fn visit_expr_return_mut(&mut self, _: &mut ExprReturn) {
            self.0 = true;
        }
        fn visit_expr_try_mut(&mut self, _: &mut ExprTry) {
            self.0 = true;
        }
        fn visit_macro_mut(&mut self, found: &mut Macro) {
            self.0 |= may_leave(found);
        }
        // What leaves these stays in the function.
        fn visit_expr_async_mut(&mut self, _: &mut ExprAsync) {}
        fn visit_expr_closure_mut(&mut self, _: &mut ExprClosure) {}
        fn visit_item_mut(&mut self, _: &mut Item) {}
    }

    let mut exits = Exits(false);
    for statement in statements {
        exits.visit_stmt_mut(&mut statement.clone());
    }
    !exits.0
}

/// Whether a macro may be a way out of the function.
pub(crate) fn may_leave(found: &Macro) -> bool {
    let last = found.path.segments.last();
    !last.is_some_and(|last| HARMLESS.iter().any(|name| last.ident == name))
        || leaves(&found.tokens)
}

/// Whether unparsed tokens may hold a way out.
fn leaves(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => ident == "return",
        TokenTree::Punct(punct) => punct.as_char() == '?' || punct.as_char() == '!',
        TokenTree::Group(group) => leaves(&group.stream()),
        TokenTree::Literal(_) => false,
    })
}
