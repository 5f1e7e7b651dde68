//! The futures a body makes where it is left: at its end, and at each `return`.

use crate::decide::control_flow;
use syn::visit_mut::VisitMut;
use syn::{Arm, Block, Expr, ExprAsync, ExprClosure, ExprIf, ExprReturn, Item, Macro, Stmt, Token};

/// The kinds of exits that a body has.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "four facts, each by itself")]
pub(crate) struct Exits {
    /// The number of exits that make a future: `async …`, `async ….boxed()`, `Box::pin(…)`.
    pub(crate) futures: usize,
    /// `true` if an `async` block is among them.
    pub(crate) blocks: bool,
    /// `true` if there are other exits.
    pub(crate) others: bool,
    /// `true` if a macro may hide an exit.
    pub(crate) hidden: bool,
    /// `true` if the body is such a future and nothing else.
    pub(crate) alone: bool,
}

/// Looks at a body.
pub(crate) fn of(statements: &[Stmt]) -> Exits {
    each(&mut statements.to_vec(), &mut |_| {})
}

/// Hands on each future at an exit, without the box it is put into.
pub(crate) fn each(statements: &mut [Stmt], then: &mut dyn FnMut(&mut Expr)) -> Exits {
    let alone = match statements {
        [Stmt::Expr(value, None)] => future(value).is_some(),
        _ => false,
    };
    let found = Exits {
        alone,
        ..Exits::default()
    };
    let mut visitor = Visitor { found, then };
    visitor.end(statements);
    visitor.found
}

struct Visitor<'f> {
    found: Exits,
    then: &'f mut dyn FnMut(&mut Expr),
}

impl Visitor<'_> {
    fn end(&mut self, statements: &mut [Stmt]) {
        let Some((last, before)) = statements.split_last_mut() else {
            self.found.others = true;
            return;
        };
        for statement in before {
            self.visit_stmt_mut(statement);
        }
        match last {
            Stmt::Expr(value, None) => self.value(value),
            Stmt::Expr(Expr::Return(last), Some(_)) => self.visit_expr_return_mut(last),
            Stmt::Macro(last) if diverges(&last.mac) => {}
            last => {
                self.visit_stmt_mut(last);
                self.found.others = true;
            }
        }
    }

    /// Follows the body's value into branches and blocks.
    fn value(&mut self, value: &mut Expr) {
        match value {
            Expr::Paren(value) => self.value(&mut value.expr),
            Expr::Group(value) => self.value(&mut value.expr),
            Expr::Unsafe(value) => self.block(&mut value.block),
            Expr::Block(value) if value.label.is_none() => self.block(&mut value.block),
            Expr::If(value) => self.branches(value),
            Expr::Match(value) => {
                self.visit_expr_mut(&mut value.expr);
                for arm in &mut value.arms {
                    self.arm(arm);
                }
            }
            Expr::Return(value) => self.visit_expr_return_mut(value),
            Expr::Macro(value) if diverges(&value.mac) => {}
            value => self.exit(value),
        }
    }

    fn block(&mut self, block: &mut Block) {
        self.end(&mut block.stmts);
    }

    fn branches(&mut self, branches: &mut ExprIf) {
        self.visit_expr_mut(&mut branches.cond);
        self.block(&mut branches.then_branch);
        match &mut branches.else_branch {
            Some((_, other)) => self.value(other),
            None => self.found.others = true,
        }
    }

    fn arm(&mut self, arm: &mut Arm) {
        // With its guard.
        self.visit_pat_mut(&mut arm.pat);
        self.value(&mut arm.body);
        // An expression in place of a block needs a comma.
        arm.comma.get_or_insert_with(<Token![,]>::default);
    }

    fn exit(&mut self, value: &mut Expr) {
        let Some(future) = future(value) else {
            self.visit_expr_mut(value);
            self.found.others = true;
            return;
        };
        self.visit_expr_mut(future);
        self.found.futures += 1;
        self.found.blocks |= matches!(future, Expr::Async(_));
        (self.then)(future);
    }
}

impl VisitMut for Visitor<'_> {
    fn visit_expr_return_mut(&mut self, returned: &mut ExprReturn) {
        match returned.expr.as_deref_mut() {
            Some(value) => self.value(value),
            None => self.found.others = true,
        }
    }
    fn visit_macro_mut(&mut self, found: &mut Macro) {
        self.found.hidden |= control_flow::may_leave(found);
    }
    // A `return` in these leaves them, not the function.
    fn visit_expr_async_mut(&mut self, _: &mut ExprAsync) {}
    fn visit_expr_closure_mut(&mut self, _: &mut ExprClosure) {}
    fn visit_item_mut(&mut self, _: &mut Item) {}
}

/// Returns the future in `Box::pin(…)`, `async …` or `async ….boxed()`.
fn future(value: &mut Expr) -> Option<&mut Expr> {
    match value {
        Expr::Async(_) => Some(value),
        Expr::Call(call) if is_box_pin(&call.func) && call.args.len() == 1 => call.args.first_mut(),
        Expr::MethodCall(call)
            if call.args.is_empty()
                && (call.method == "boxed" || call.method == "boxed_local")
                && matches!(*call.receiver, Expr::Async(_)) =>
        {
            Some(&mut call.receiver)
        }
        _ => None,
    }
}

fn is_box_pin(function: &Expr) -> bool {
    let Expr::Path(function) = function else {
        return false;
    };
    // A box that says what is in it is not one for something else.
    let mut segments = function.path.segments.iter().rev();
    let mut next_is = |name| {
        let segment = segments.next();
        segment.is_some_and(|segment| segment.ident == name && segment.arguments.is_none())
    };
    next_is("pin") && next_is("Box")
}

/// Macros without a value, by their names.
fn diverges(found: &Macro) -> bool {
    let names = ["panic", "todo", "unimplemented", "unreachable"];
    let last = found.path.segments.last();
    last.is_some_and(|last| names.iter().any(|name| last.ident == name))
}
