//! Expansions as snapshots, one file per shape, and every message word for word.
//!
//! `UPDATE_EXPECT=1 cargo test` writes the snapshots anew; the difference belongs in the review.

mod derive;
mod messages;
mod shapes;
mod static_bounds;

use crate::pipeline::monitored_or_item;
use proc_macro2::{TokenStream, TokenTree};
use syn::LitStr;

/// Returns the expansion of an item.
fn expand(args: TokenStream, item: TokenStream) -> String {
    let expanded = monitored_or_item(args, item);
    let file = syn::parse2(expanded).expect("an expansion that parses");
    prettyplease::unparse(&file)
}

/// The messages, in order, and the tokens left of the item.
fn refuse(args: TokenStream, item: TokenStream) -> (Vec<String>, String) {
    messages_of(monitored_or_item(args, item))
}

/// The messages in an expansion, in order, and its other tokens.
fn messages_of(expanded: TokenStream) -> (Vec<String>, String) {
    let mut messages = Vec::new();
    let mut rest = Vec::new();
    for tree in expanded {
        match tree {
            TokenTree::Group(group) if is_compile_error(&rest) => {
                let message: LitStr = syn::parse2(group.stream()).expect("a message");
                messages.push(message.value());
                rest.clear();
            }
            other => rest.push(other),
        }
    }
    (
        messages,
        rest.into_iter().collect::<TokenStream>().to_string(),
    )
}

fn is_compile_error(before: &[TokenTree]) -> bool {
    let path: String = before.iter().map(ToString::to_string).collect();
    path == "::core::compile_error!"
}
