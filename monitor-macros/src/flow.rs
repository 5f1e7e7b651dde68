//! Parse, decide, print.

use proc_macro2::TokenStream;
use quote::quote;

use crate::args::Args;
use crate::errors::Errors;
use crate::input::Input;
use crate::{check, derive, expand, label_type, model};

pub(crate) fn monitored(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    monitored_or_item(args.into(), item.into()).into()
}

pub(crate) fn monitor_error(item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    derive::expand(item.into()).into()
}

pub(crate) fn monitor_label(item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    label_type::expand(item.into()).into()
}

pub(crate) fn monitored_or_item(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = Args::parse(args, &mut errors);
    check::conflicts(&args, &mut errors);
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
