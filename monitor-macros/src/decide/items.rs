//! The items of a body, which stay in the function itself.
//!
//! Inside the closure around the body, the path of a local type would get one `{{closure}}` longer:
//! `type_name` shows it, and with it the `Debug` output of other crates.

use crate::parse::idents::Idents;
use crate::parse::input::{self, Body};
use proc_macro2::{Group, Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::Parser;
use syn::{Block, Item, Signature, Stmt, UseTree};

/// Idents without which a body has no items worth a look.
const WORDS: [&str; 8] = [
    "const", "enum", "fn", "static", "struct", "trait", "type", "union",
];

/// Splits a body into its items and the rest; `None` if they have to stay together.
pub(crate) fn split(sig: &Signature, body: &Body) -> Option<(TokenStream, Group)> {
    if !body.words.any_outside(&WORDS) {
        return None;
    }
    let block = &body.block;
    let statements = Block::parse_within.parse2(block.stream()).ok()?;
    let (mut items, mut rest) = (TokenStream::new(), TokenStream::new());
    let mut names = Vec::new();
    for statement in &statements {
        match statement {
            Stmt::Item(item) => {
                name(item, &mut names)?;
                item.to_tokens(&mut items);
            }
            other => other.to_tokens(&mut rest),
        }
    }
    // Around the closure, an item would change what the same name means in its signature.
    let signature = Idents::from_tokens(quote!(#sig));
    let clash = names.iter().any(|name| signature.mention(name));
    (!clash && !items.is_empty()).then(|| (items, input::with_stream(block, rest)))
}

/// Adds the names an item brings into scope; `None` where they are not to be known, or where the
/// place of the item matters.
fn name(item: &Item, names: &mut Vec<Ident>) -> Option<()> {
    names.push(match item {
        Item::Const(item) => item.ident.clone(),
        Item::Enum(item) => item.ident.clone(),
        Item::Fn(item) => item.sig.ident.clone(),
        Item::Static(item) => item.ident.clone(),
        Item::Struct(item) => item.ident.clone(),
        Item::Trait(item) => item.ident.clone(),
        Item::Type(item) => item.ident.clone(),
        Item::Union(item) => item.ident.clone(),
        Item::Use(item) => return used(&item.tree, names),
        Item::Impl(_) => return Some(()),
        _ => return None,
    });
    Some(())
}

fn used(tree: &UseTree, names: &mut Vec<Ident>) -> Option<()> {
    match tree {
        UseTree::Path(tree) => used(&tree.tree, names),
        UseTree::Name(tree) => {
            names.push(tree.ident.clone());
            Some(())
        }
        UseTree::Rename(tree) => {
            names.push(tree.rename.clone());
            Some(())
        }
        UseTree::Group(tree) => tree.items.iter().try_for_each(|tree| used(tree, names)),
        UseTree::Glob(_) => None,
    }
}
