//! The identifiers of a body or an expression, to find out whether it mentions an argument.

use proc_macro2::{TokenStream, TokenTree};
use syn::Ident;
use syn::ext::IdentExt;

/// Identifiers, read once: turning one into a `String` is a call into the compiler.
#[derive(Default)]
pub(crate) struct Idents {
    /// Identifiers outside of all brackets.
    outer: Vec<String>,
    inner: Vec<String>,
    literals: Vec<String>,
}

impl Idents {
    pub(crate) fn from_tokens(trees: impl IntoIterator<Item = TokenTree>) -> Self {
        let mut words = Self::default();
        for tree in trees {
            match tree {
                TokenTree::Ident(ident) => words.outer.push(ident.to_string()),
                tree => words.add(tree),
            }
        }
        words
    }

    /// Adds the identifiers of further tokens.
    pub(crate) fn extend(&mut self, tokens: impl IntoIterator<Item = TokenStream>) {
        for tree in tokens.into_iter().flatten() {
            self.add(tree);
        }
    }

    fn add(&mut self, tree: TokenTree) {
        match tree {
            TokenTree::Ident(ident) => self.inner.push(ident.to_string()),
            TokenTree::Group(group) => group.stream().into_iter().for_each(|tree| self.add(tree)),
            TokenTree::Literal(literal) => self.literals.push(literal.to_string()),
            TokenTree::Punct(_) => {}
        }
    }

    /// Returns `true` if any of these words stands outside of all brackets.
    pub(crate) fn any_outside(&self, words: &[&str]) -> bool {
        self.outer.iter().any(|word| words.contains(&word.as_str()))
    }

    pub(crate) fn have(&self, word: &str) -> bool {
        let mut all = self.outer.iter().chain(&self.inner);
        all.any(|known| known == word)
    }

    /// Returns `true` if `name` occurs; a string such as `"{name}"` counts.
    pub(crate) fn mention(&self, name: &Ident) -> bool {
        let inline = || format!("{{{}", name.unraw());
        let shows = |text: &String| text.contains('{') && text.contains(&inline());
        self.have(&name.to_string()) || self.literals.iter().any(shows)
    }
}
