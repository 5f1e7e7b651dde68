//! The entry points of the three macros, and the three steps of `#[monitored]`: parse, decide, print.

use proc_macro2::TokenStream;
use quote::quote;

use crate::decide::{self, check};
use crate::derive::{classify, label};
use crate::parse::args::Args;
use crate::parse::errors::Errors;
use crate::parse::input::Input;
use crate::print;

pub(crate) fn monitored(
    args: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    monitored_or_item(args.into(), item.into()).into()
}

pub(crate) fn monitor_error(item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    classify::expand(item.into()).into()
}

pub(crate) fn monitor_label(item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    label::expand(item.into()).into()
}

pub(crate) fn monitored_or_item(args: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let args = Args::parse(args, &mut errors);
    check::conflicts(&args, &mut errors);
    let input = Input::parse(item, &mut errors);
    let models = decide::decide(args, &input, &mut errors);
    match errors.finish() {
        Ok(()) => print::expand(&input, models),
        // The item stays as written, so that the only errors are those of the attribute.
        Err(error) => {
            let (error, item) = (error.into_compile_error(), print::untouched(&input));
            quote!(#error #item)
        }
    }
}
