//! The proc-macro half of `monitor-runtime`; use it from there.

mod args;
mod bindings;
mod body;
mod check;
mod errors;
mod expand;
mod input;
mod keys;
mod model;
mod returns;

use args::Args;
use errors::Errors;
use input::Input;
use proc_macro2::TokenStream;
use quote::quote;

/// Monitors every call of a function.
#[proc_macro_attribute]
pub fn monitored(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    monitored_or_item(args.into(), item.into()).into()
}

fn monitored_or_item(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = Args::parse(args, &mut errors);
    let input = Input::parse(item, &mut errors);
    let models = model::decide(args, &input, &mut errors);
    match errors.finish() {
        Ok(()) => expand::expand(&input, models),
        // The item stays as written, so that the only messages are ours.
        Err(error) => {
            let (error, item) = (error.into_compile_error(), expand::untouched(&input));
            quote!(#error #item)
        }
    }
}
