//! The files of a crate use each other in one direction, as its rooms do.
//!
//! A file may use the items of the module that it is a part of: those of `a/mod.rs` belong to `a/b.rs`
//! as well. Any other two files that use each other, directly or through others, are a circle. An item
//! that is re-exported is one of the file that declares it.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::rooms::{end_of_item, is_for_tests};
use super::{is_test, root, sources};

/// The names of a module, from the root of the crate on; that of the root is empty.
type Module = Vec<String>;

/// A path of the source, and `true` if it re-exports an item.
type Found = (Vec<String>, bool);

/// Collects the paths of code, without items under `#[cfg(test)]`: imports, and those that begin with `crate`,
/// `self` or `super`.
fn paths(tokens: TokenStream, found: &mut Vec<Found>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let (mut at, mut is_public) = (0, false);
    while at < tokens.len() {
        if is_for_tests(&tokens[at..]) {
            at = end_of_item(&tokens, at + 2);
            continue;
        }
        match &tokens[at] {
            TokenTree::Ident(word) if word == "use" => {
                let mut all = Vec::new();
                tree(&tokens[at + 1..], &[], &mut all);
                found.extend(all.into_iter().map(|path| (path, is_public)));
                at = end_of_item(&tokens, at);
                continue;
            }
            TokenTree::Ident(word) if ["crate", "self", "super"].iter().any(|it| word == it) => {
                let mut all = Vec::new();
                tree(&tokens[at..], &[], &mut all);
                found.extend(all.into_iter().map(|path| (path, false)));
            }
            TokenTree::Group(group)
                if group.delimiter() != Delimiter::Parenthesis || !is_public =>
            {
                paths(group.stream(), found);
            }
            _ => {}
        }
        let is_scope = matches!(&tokens[at], TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis);
        is_public =
            matches!(&tokens[at], TokenTree::Ident(word) if word == "pub") || is_public && is_scope;
        at += 1;
    }
}

/// Reads the path that begins here, or each of those that a group of imports ends in.
fn tree(tokens: &[TokenTree], before: &[String], all: &mut Vec<Vec<String>>) {
    let mut path = before.to_vec();
    let mut at = 0;
    loop {
        match tokens.get(at) {
            Some(TokenTree::Ident(name)) => path.push(name.to_string()),
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let inside: Vec<TokenTree> = group.stream().into_iter().collect();
                for part in inside
                    .split(|token| matches!(token, TokenTree::Punct(it) if it.as_char() == ','))
                {
                    if !part.is_empty() {
                        tree(part, &path, all);
                    }
                }
                return;
            }
            _ => break,
        }
        let is_colon =
            |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(it)) if it.as_char() == ':');
        if !(is_colon(at + 1) && is_colon(at + 2)) {
            break;
        }
        at += 3;
    }
    all.push(path);
}

/// The modules of a crate that have a file, and the paths in it.
struct Crate(BTreeMap<Module, Vec<Found>>);

impl Crate {
    /// Reads files, given by their path below `src`.
    fn new<'a>(files: impl Iterator<Item = (String, &'a str)>) -> Self {
        let read = |(path, text): (String, &str)| {
            let inside = path
                .trim_end_matches(".rs")
                .trim_end_matches("mod")
                .trim_end_matches('/');
            let module = inside.split('/').filter(|name| !["", "lib"].contains(name));
            let mut found = Vec::new();
            let tokens: TokenStream = text
                .parse()
                .unwrap_or_else(|error| panic!("{path}: {error}"));
            paths(tokens, &mut found);
            (module.map(str::to_owned).collect(), found)
        };
        Self(files.map(read).collect())
    }

    /// Returns the module that a path in a module leads to, with the rest of the path; `None` for another
    /// crate's.
    fn module_of<'p>(&self, inside: &Module, path: &'p [String]) -> Option<(Module, &'p [String])> {
        let (mut module, mut rest) = match path.first()?.as_str() {
            "crate" => (Module::new(), &path[1..]),
            "self" => (inside.clone(), &path[1..]),
            "super" => {
                let supers = path.iter().take_while(|name| *name == "super").count();
                let kept = inside.len().checked_sub(supers)?;
                (inside[..kept].to_vec(), &path[supers..])
            }
            _ => {
                let child: Module = inside.iter().chain(&path[..1]).cloned().collect();
                self.0.contains_key(&child).then_some((child, &path[1..]))?
            }
        };
        while let Some((name, behind)) = rest.split_first() {
            let child: Module = module.iter().chain([name]).cloned().collect();
            if !self.0.contains_key(&child) {
                break;
            }
            (module, rest) = (child, behind);
        }
        Some((module, rest))
    }

    /// Returns the module that declares what a path leads to.
    fn declaring(&self, inside: &Module, path: &[String]) -> Option<Module> {
        let (module, rest) = self.module_of(inside, path)?;
        let Some(name) = rest.first() else {
            return Some(module);
        };
        let exports = self.0.get(&module)?.iter();
        let mut exports =
            exports.filter(|(path, is_public)| *is_public && path.last() == Some(name));
        let elsewhere = exports.find_map(|(path, _)| {
            let (to, _) = self.module_of(&module, path)?;
            (to != module).then(|| self.declaring(&module, path))?
        });
        Some(elsewhere.unwrap_or(module))
    }

    fn arrows(&self) -> BTreeSet<(Module, Module)> {
        let mut arrows = BTreeSet::new();
        for (from, paths) in &self.0 {
            let used = paths.iter().filter(|(_, is_public)| !is_public);
            let to = used.filter_map(|(path, _)| self.declaring(from, path));
            let others = to.filter(|to| !from.starts_with(to) && self.0.contains_key(to));
            arrows.extend(others.map(|to| (from.clone(), to)));
        }
        arrows
    }
}

/// Returns the arrows of circles, and those between two circles.
fn circles(files: &Crate) -> Vec<String> {
    let mut arrows = files.arrows();
    loop {
        let starts: BTreeSet<Module> = arrows.iter().map(|(from, _)| from.clone()).collect();
        let ends: BTreeSet<Module> = arrows.iter().map(|(_, to)| to.clone()).collect();
        let before = arrows.len();
        arrows.retain(|(from, to)| starts.contains(to) && ends.contains(from));
        if arrows.len() == before {
            break;
        }
    }
    let shown = arrows
        .iter()
        .map(|(from, to)| format!("{} -> {}", from.join("/"), to.join("/")));
    shown.collect()
}

#[test]
fn no_two_files_use_each_other() {
    for folder in ["monitor-runtime/src", "monitor-macros/src"] {
        let src = root().join(folder);
        let mut files = sources(folder);
        files.retain(|(path, _)| !is_test(path));
        let inside = |path: &std::path::Path| {
            let inside = path.strip_prefix(&src).expect("below src");
            inside.to_string_lossy().into_owned()
        };
        let files = Crate::new(
            files
                .iter()
                .map(|(path, text)| (inside(path), text.as_str())),
        );
        let found = circles(&files);
        assert!(
            found.is_empty(),
            "a circle in {folder}:\n{}",
            found.join("\n")
        );
    }
}

#[test]
fn planted_circles_are_found() {
    let of = |files: &[(&str, &'static str)]| {
        circles(&Crate::new(
            files.iter().map(|(path, text)| ((*path).to_owned(), *text)),
        ))
    };
    let both = |one, other| {
        of(&[
            ("lib.rs", "mod a; mod b;"),
            ("a/mod.rs", "pub use self::c::C; mod c;"),
            ("a/c.rs", one),
            ("b.rs", other),
        ])
    };
    let circle = ["a/c -> b", "b -> a/c"];
    assert_eq!(both("use crate::b::B;", "use crate::a::c::{D, E};"), circle);
    // By the re-export, in a group, inline, in a macro, behind a test module, and relative.
    assert_eq!(both("use crate::{b::B, x};", "use crate::a::C;"), circle);
    assert_eq!(
        both("fn f() { crate::b::f() }", "fn f() { g!(crate::a::c::h) }"),
        circle
    );
    assert_eq!(
        both(
            "#[cfg(test)]\nmod tests;\nuse super::super::b;",
            "use super::a::c;"
        ),
        circle
    );
    // Tests, other crates' items of that name, and the module around a file are no circle.
    assert_eq!(
        both("#[cfg(test)]\nmod t { use crate::b; }", "use crate::a::C;"),
        [""; 0]
    );
    assert_eq!(
        both(
            "use b::B; use crate::a::X; use super::Y;",
            "use crate::a::C;"
        ),
        [""; 0]
    );
    let three = [
        ("lib.rs", ""),
        ("a.rs", "use crate::b;"),
        ("b.rs", "use crate::c;"),
        ("c.rs", "use crate::a;"),
    ];
    assert_eq!(of(&three), ["a -> b", "b -> c", "c -> a"]);
}
