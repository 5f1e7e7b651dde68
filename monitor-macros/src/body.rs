//! What a body tells without being type-checked: the future it ends in, the names it uses.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit_mut::VisitMut;
use syn::{Expr, ExprAsync, ExprClosure, ExprReturn, ExprTry, Item, Macro, Stmt};

/// Whether there is a [`tail_future`].
pub(crate) fn ends_in_future(statements: &[Stmt]) -> bool {
    match statements.last() {
        Some(Stmt::Expr(tail, None)) => async_block(&mut tail.clone()).is_some(),
        _ => false,
    }
}

/// The async block in `Box::pin(async …)`, `async …` or `async ….boxed()` at the end of a body.
pub(crate) fn tail_future(statements: &mut [Stmt]) -> Option<&mut Expr> {
    match statements.last_mut()? {
        Stmt::Expr(tail, None) => async_block(tail),
        _ => None,
    }
}

fn async_block(tail: &mut Expr) -> Option<&mut Expr> {
    let block = match tail {
        Expr::Async(_) => tail,
        Expr::Call(call) if is_box_pin(&call.func) && call.args.len() == 1 => &mut call.args[0],
        Expr::MethodCall(call)
            if call.args.is_empty() && (call.method == "boxed" || call.method == "boxed_local") =>
        {
            &mut *call.receiver
        }
        _ => return None,
    };
    matches!(block, Expr::Async(_)).then_some(block)
}

fn is_box_pin(function: &Expr) -> bool {
    let Expr::Path(function) = function else {
        return false;
    };
    let mut names = function
        .path
        .segments
        .iter()
        .rev()
        .map(|segment| &segment.ident);
    names.next().is_some_and(|name| name == "pin") && names.next().is_some_and(|name| name == "Box")
}

/// Whether the function itself returns before its last statement is reached.
pub(crate) fn returns_early(statements: &[Stmt]) -> bool {
    struct Returns(bool);

    impl VisitMut for Returns {
        fn visit_expr_return_mut(&mut self, _: &mut ExprReturn) {
            self.0 = true;
        }
        // A `return` in these leaves them, not the function.
        fn visit_expr_async_mut(&mut self, _: &mut ExprAsync) {}
        fn visit_expr_closure_mut(&mut self, _: &mut ExprClosure) {}
        fn visit_item_mut(&mut self, _: &mut Item) {}
    }

    let mut returns = Returns(false);
    for statement in statements {
        returns.visit_stmt_mut(&mut statement.clone());
    }
    returns.0
}

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
            let last = found.path.segments.last();
            self.0 |= !last.is_some_and(|last| HARMLESS.iter().any(|name| last.ident == name))
                || leaves(&found.tokens);
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

/// Whether unparsed tokens may hold a way out.
fn leaves(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => ident == "return",
        TokenTree::Punct(punct) => punct.as_char() == '?' || punct.as_char() == '!',
        TokenTree::Group(group) => leaves(&group.stream()),
        TokenTree::Literal(_) => false,
    })
}
