//! `buckets = …`: presets by name, or a list that is checked while the program is compiled.

use crate::parse::errors::Errors;
use crate::parse::values;
use quote::ToTokens;
use syn::parse::ParseStream;
use syn::{Error, Expr, ExprArray, Ident, Lit, Result};

/// The value of `buckets = …`.
#[derive(Clone)]
pub(crate) enum Buckets {
    Default,
    Fast,
    Slow,
    /// In seconds.
    List(Vec<f64>),
}

/// Reads `buckets = fast`, `default`, `slow` or a list of seconds.
pub(crate) fn parse(key: &Ident, input: ParseStream<'_>, errors: &mut Errors) -> Result<Buckets> {
    const WANTED: &str = "`fast`, `default`, `slow` or seconds: `buckets = [0.01, 0.1, 1]`";
    match bare(values::value(key, input, WANTED)?) {
        Expr::Array(list) => Ok(Buckets::List(bounds(&list, errors))),
        Expr::Path(path) if path.path.is_ident("fast") => Ok(Buckets::Fast),
        Expr::Path(path) if path.path.is_ident("default") => Ok(Buckets::Default),
        Expr::Path(path) if path.path.is_ident("slow") => Ok(Buckets::Slow),
        other => Err(Error::new_spanned(other, format!("`{key}` takes {WANTED}"))),
    }
}

/// Returns the expression without the invisible group that a macro's `$e:expr` comes in.
fn bare(expr: Expr) -> Expr {
    match expr {
        Expr::Group(group) => bare(*group.expr),
        other => other,
    }
}

/// Each bucket is a series for every result of the function.
const MOST_BUCKETS: usize = 40;

fn bounds(written: &ExprArray, errors: &mut Errors) -> Vec<f64> {
    let mut bounds: Vec<f64> = Vec::new();
    let mut wrong = |at: &dyn ToTokens, message: String| {
        errors.push(Error::new_spanned(at.to_token_stream(), message));
    };
    if written.elems.is_empty() {
        let message = "there is no bound; `latency = false` counts calls without timing them";
        wrong(written, message.to_owned());
    }
    for (index, expr) in written.elems.iter().enumerate() {
        let bound = match bare(expr.clone()) {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Float(float) => float.base10_parse::<f64>().ok(),
                Lit::Int(int) => int.base10_parse::<u32>().ok().map(f64::from),
                _ => None,
            },
            _ => None,
        };
        let before = bounds.last().copied().unwrap_or(0.0);
        match bound.filter(|bound| bound.is_finite()) {
            None => wrong(expr, "a bound is a number of seconds: `0.25`".to_owned()),
            Some(bound) if bound <= 0.0 => wrong(expr, "a bound is above 0".to_owned()),
            Some(bound) if bound <= before => {
                wrong(
                    expr,
                    format!("bounds rise, and `{bound}` stands behind `{before}`"),
                );
            }
            Some(_) if index == MOST_BUCKETS => {
                wrong(
                    expr,
                    format!("a function has at most {MOST_BUCKETS} buckets"),
                );
            }
            Some(bound) => bounds.push(bound),
        }
    }
    bounds
}
