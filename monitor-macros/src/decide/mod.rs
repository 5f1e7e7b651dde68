//! Decides how each function is monitored: one [`Model`] per function says all that is printed.
//!
//! Start reading at [`decide`]. [`strategy`] chooses how the body runs and who judges what it returns,
//! [`captures`] which arguments the body owns, and [`check`] holds the rules that span several arguments.

mod captures;
pub(crate) mod check;
mod control_flow;
mod desugar;
mod doc;
pub(crate) mod items;
mod model;
mod record;
pub(crate) mod returned_futures;
mod rustdoc;
pub(crate) mod static_bounds;
mod strategy;

use crate::parse::arg::Arg;
use crate::parse::args::Args;
use crate::parse::errors::Errors;
use crate::parse::input::{self, Function, Input, Member};

pub(crate) use captures::Captures;
pub(crate) use model::{Model, Questions};
pub(crate) use record::{Level, Record};
pub(crate) use strategy::{Strategy, Verdict};

/// Makes a model of each function of the input; `None` leaves the function as it is.
pub(crate) fn decide(args: Args, input: &Input, errors: &mut Errors) -> Vec<Option<Model>> {
    match input {
        Input::Refused(_) => Vec::new(),
        Input::Function(function) => {
            check::once(&function.own, errors);
            if let Some(Arg { key, value: None }) = args.skip {
                let message = "`skip` alone leaves a method of a `#[monitored]` impl block out; \
                               on this function, remove the attribute";
                errors.at(key, message);
            }
            vec![Model::new(args, function, true, errors)]
        }
        Input::Impl(block) => {
            check::block(&args, errors);
            for error in &block.unread {
                errors.push(error.clone());
            }
            // Arguments that only a method may have are reported once, not again for each method.
            let outer = Args {
                name: None,
                fields: None,
                arguments: None,
                labels: None,
                skip: None,
                ..args
            };
            let last = desugar::is_last_macro(&block.attrs);
            let functions = block.members.iter().filter_map(|member| match member {
                Member::Function(function) => Some(function),
                Member::Other(_) => None,
            });
            functions
                .map(|function| method(&outer, function, last, errors))
                .collect()
        }
    }
}

fn method(outer: &Args, function: &Function, last: bool, errors: &mut Errors) -> Option<Model> {
    check::once(function.own.get(1..).unwrap_or_default(), errors);
    let own = match function.own.first().map(input::arguments) {
        None => Args::default(),
        Some(Ok(tokens)) => Args::parse(tokens, errors),
        Some(Err(error)) => {
            errors.push(error);
            Args::default()
        }
    };
    check::conflicts(&own, errors);
    if own.leaves_out() {
        return None;
    }
    Model::new(own.over(outer), function, last, errors)
}
