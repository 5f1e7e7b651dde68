//! Types of other crates below 1.0 in the public interface of the runtime, and the list of them in its
//! documentation.
//!
//! The lint `unreachable_pub` is on, so an item that is `pub` is part of the interface.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::{is_test, root, sources};

/// Returns the dependencies of the runtime with a version below 1.0, as they are spelled in code.
fn unstable_crates() -> BTreeSet<String> {
    let manifest =
        std::fs::read_to_string(root().join("monitor-runtime/Cargo.toml")).expect("a manifest");
    let (_, dependencies) = manifest.split_once("[dependencies]").expect("dependencies");
    let mut unstable = BTreeSet::new();
    for line in dependencies.lines() {
        if let Some((name, value)) = line.split_once(" = ")
            && (value.starts_with("\"0.") || value.contains("version = \"0."))
        {
            unstable.insert(name.replace('-', "_"));
        }
    }
    unstable
}

/// Returns the names that a file imports from one of the crates, with the crate.
fn imports(text: &str, crates: &BTreeSet<String>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for statement in text.split("\nuse ").skip(1) {
        let statement = statement.split(';').next().unwrap_or_default();
        let path = statement.trim_start_matches("::");
        let Some((name, rest)) = path.split_once("::") else {
            continue;
        };
        if crates.contains(name) {
            let words = rest.split(|c: char| !c.is_alphanumeric() && c != '_');
            let types = words.filter(|word| word.starts_with(char::is_uppercase));
            found.extend(types.map(|word| (word.to_owned(), name.to_owned())));
        }
    }
    found
}

/// Returns the crates whose types stand in signatures of public items.
fn in_signatures(text: &str, crates: &BTreeSet<String>) -> BTreeSet<String> {
    let imports = imports(text, crates);
    let tokens: TokenStream = text.parse().expect("Rust");
    let mut used = BTreeSet::new();
    public_items(tokens, &mut |word, begins_path| {
        for (name, of) in &imports {
            if name == word {
                used.insert(of.clone());
            }
        }
        if begins_path && crates.contains(word) {
            used.insert(word.to_owned());
        }
    });
    used
}

/// Calls `see` with each word between a `pub` and the body of its item, in all modules and blocks, and
/// whether `::` follows the word but does not precede it within the crate.
fn public_items(tokens: TokenStream, see: &mut impl FnMut(&str, bool)) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Ident(word) if word == "pub" => at = signature(&tokens, at + 1, see),
            TokenTree::Group(group) => {
                public_items(group.stream(), see);
                at += 1;
            }
            _ => at += 1,
        }
    }
}

fn signature(tokens: &[TokenTree], mut at: usize, see: &mut impl FnMut(&str, bool)) -> usize {
    let is_restricted = |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis);
    if tokens.get(at).is_some_and(is_restricted) {
        return at + 1;
    }
    while let Some(token) = tokens.get(at) {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ';' => return at,
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return at,
            TokenTree::Group(group) => words(group.stream(), see),
            TokenTree::Ident(word) => see(&word.to_string(), begins_path(tokens, at)),
            _ => {}
        }
        at += 1;
    }
    at
}

fn words(tokens: TokenStream, see: &mut impl FnMut(&str, bool)) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => words(group.stream(), see),
            TokenTree::Ident(word) => see(&word.to_string(), begins_path(&tokens, at)),
            _ => {}
        }
    }
}

/// Returns `true` if the word at this place is the first of a path, as a crate's name is.
fn begins_path(tokens: &[TokenTree], at: usize) -> bool {
    let is_colon = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    let follows_a_name = at >= 3
        && is_colon(tokens.get(at - 1))
        && is_colon(tokens.get(at - 2))
        && matches!(&tokens[at - 3], TokenTree::Ident(_));
    is_colon(tokens.get(at + 1)) && is_colon(tokens.get(at + 2)) && !follows_a_name
}

#[test]
fn the_documentation_lists_the_unstable_crates_of_the_interface() {
    let crates = unstable_crates();
    assert!(
        crates.contains("warp") && !crates.contains("tokio"),
        "{crates:?}"
    );
    let src = root().join("monitor-runtime/src");
    let mut used = BTreeSet::new();
    for (path, text) in sources("monitor-runtime/src") {
        if !is_test(&path) && path != src.join("private.rs") {
            used.extend(in_signatures(&text, &crates));
        }
    }
    let lib = std::fs::read_to_string(src.join("lib.rs")).expect("the crate's root");
    let (_, list) = lib.split_once("# Types of other crates").expect("the list");
    let listed: BTreeSet<String> = crates
        .iter()
        .filter(|name| list.contains(&format!("`{name}::")))
        .cloned()
        .collect();
    assert_eq!(
        used, listed,
        "types in public signatures, and those listed in `lib.rs`"
    );
}

#[test]
fn a_planted_type_in_a_signature_is_found() {
    let crates = BTreeSet::from(["warp".to_owned(), "sentry".to_owned()]);
    let found = |text: &str| in_signatures(text, &crates);
    let warp = BTreeSet::from(["warp".to_owned()]);
    assert_eq!(
        found("\nuse warp::{Filter, Reply};\npub fn f() -> impl Filter { g() }"),
        warp
    );
    assert_eq!(
        found("\nimpl A { pub fn f(x: ::warp::Rejection) {} }"),
        warp
    );
    assert_eq!(
        found("\nuse warp::Filter;\npub(crate) fn f() -> impl Filter { g() }"),
        BTreeSet::new()
    );
    assert_eq!(
        found("\nuse warp::Filter;\npub fn f() { Filter::x() }"),
        BTreeSet::new()
    );
}
