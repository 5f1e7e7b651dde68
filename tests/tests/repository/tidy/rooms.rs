//! The rooms of the runtime, and which of them may use which.
//!
//! Files are read as tokens, so that grouped imports, inline paths, macros and code after a test
//! module count, and comments do not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::{is_test, root, sources};

/// The rooms from the bottom up. A room may use those in the rows above its own.
pub(crate) const ORDER: [&[&str]; 13] = [
    &["base"],
    &["settings"],
    &["callsite"],
    &["traces"],
    &["context"],
    &["metrics"],
    &["logs"],
    &["inventory"],
    &["otlp", "sentry"],
    &["call", "health", "http", "testkit"],
    &["slo"],
    &["server"],
    &["monitor"],
];

/// Files beside the rooms: the table of contents, public modules that only re-export, names for
/// generated code, macros, fuzz targets.
const OUTSIDE: [&str; 7] = [
    "error.rs",
    "fuzzing.rs",
    "lib.rs",
    "macros.rs",
    "private.rs",
    "task.rs",
    "trace.rs",
];

/// One use of a room by a file of another.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Arrow {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) file: String,
    pub(crate) line: usize,
}

fn row(room: &str) -> Option<usize> {
    ORDER.iter().position(|row| row.contains(&room))
}

/// Returns the room of a file, by its path below `src`.
fn room_of(path: &str) -> Option<&str> {
    let first = path.split('/').next()?;
    let room = first.strip_suffix(".rs").unwrap_or(first);
    row(room).map(|_| room)
}

/// A path that begins with `crate` or `super`, as far as its first two names matter.
struct Found {
    /// The number of `super`s; 0 for `crate`.
    supers: usize,
    /// The names that follow: one, or those at the beginning of each part of a group.
    names: Vec<String>,
    line: usize,
    /// The inline modules around it.
    depth: usize,
}

/// Collects paths, without items under `#[cfg(test)]`.
fn paths(tokens: TokenStream, depth: usize, found: &mut Vec<Found>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        if is_for_tests(&tokens[at..]) {
            at = end_of_item(&tokens, at + 2);
            continue;
        }
        match &tokens[at] {
            TokenTree::Ident(ident) if ident == "crate" || ident == "super" => {
                at = path(&tokens, at, depth, found);
            }
            TokenTree::Group(group) => {
                let inside =
                    at >= 2 && matches!(&tokens[at - 2], TokenTree::Ident(it) if it == "mod");
                paths(group.stream(), depth + usize::from(inside), found);
                at += 1;
            }
            _ => at += 1,
        }
    }
}

pub(super) fn is_for_tests(tokens: &[TokenTree]) -> bool {
    let [TokenTree::Punct(hash), TokenTree::Group(attribute), ..] = tokens else {
        return false;
    };
    hash.as_char() == '#' && attribute.stream().to_string().replace(' ', "") == "cfg(test)"
}

/// Returns the place behind the item that begins here: behind its `;` or its braces.
pub(super) fn end_of_item(tokens: &[TokenTree], from: usize) -> usize {
    let ends = |token: &TokenTree| match token {
        TokenTree::Punct(punct) => punct.as_char() == ';',
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        _ => false,
    };
    let length = tokens[from..].iter().position(ends);
    length.map_or(tokens.len(), |length| from + length + 1)
}

/// Reads the path that begins at `at`, and returns the place behind what was read.
fn path(tokens: &[TokenTree], mut at: usize, depth: usize, found: &mut Vec<Found>) -> usize {
    let line = tokens[at].span().start().line;
    let mut supers = 0;
    let is_separator = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ':');
    loop {
        let word = tokens[at].to_string();
        supers += usize::from(word == "super");
        if !(is_separator(at + 1) && is_separator(at + 2)) {
            return at + 1;
        }
        at += 3;
        match tokens.get(at) {
            Some(TokenTree::Ident(next)) if next == "super" => {}
            Some(TokenTree::Ident(next)) => {
                found.push(Found {
                    supers,
                    names: vec![next.to_string()],
                    line,
                    depth,
                });
                return at + 1;
            }
            Some(TokenTree::Group(group)) => {
                let names = heads(group.stream());
                found.push(Found {
                    supers,
                    names,
                    line,
                    depth,
                });
                return at + 1;
            }
            _ => return at,
        }
    }
}

/// Returns the first name of each part of a group of imports.
fn heads(group: TokenStream) -> Vec<String> {
    let mut heads = Vec::new();
    let mut is_first = true;
    for token in group {
        match token {
            TokenTree::Ident(ident) if is_first => {
                heads.push(ident.to_string());
                is_first = false;
            }
            TokenTree::Punct(punct) if punct.as_char() == ',' => is_first = true,
            _ => {}
        }
    }
    heads
}

/// Returns the rooms whose items `lib.rs` has at the root of the crate, by the item's name.
fn root_items(lib: &str) -> BTreeMap<String, String> {
    let mut items = BTreeMap::new();
    for statement in lib.split("pub use ").skip(1) {
        let statement = statement.split(';').next().unwrap_or_default();
        let path = statement.trim_start_matches("crate::");
        let Some((room, rest)) = path.split_once("::") else {
            continue;
        };
        let names = rest.split(['{', '}', ',', ' ', '\n', ':']);
        for name in names.filter(|name| !name.is_empty()) {
            items.insert(name.to_owned(), room.to_owned());
        }
    }
    items
}

/// Returns the arrows out of one file, whose path is given below `src`.
pub(crate) fn arrows(path: &str, text: &str, root_items: &BTreeMap<String, String>) -> Vec<Arrow> {
    let Some(from) = room_of(path) else {
        return Vec::new();
    };
    let tokens: TokenStream = text
        .parse()
        .unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut found = Vec::new();
    paths(tokens, 0, &mut found);
    let folders = path
        .trim_end_matches(".rs")
        .trim_end_matches("/mod")
        .split('/')
        .count();
    let mut arrows = Vec::new();
    for found in found {
        // `super` leads to another room only from a module that stands directly in the crate.
        if found.supers > 0 && found.supers < folders + found.depth {
            continue;
        }
        for name in found.names {
            let to = root_items.get(&name).unwrap_or(&name);
            if row(to).is_some() && to != from {
                let (to, file) = (to.clone(), path.to_owned());
                arrows.push(Arrow {
                    from: from.to_owned(),
                    to,
                    file,
                    line: found.line,
                });
            }
        }
    }
    arrows
}

/// Returns the arrows that do not lead to a row above.
pub(crate) fn forbidden(arrows: &[Arrow]) -> Vec<&Arrow> {
    arrows
        .iter()
        .filter(|arrow| row(&arrow.to) >= row(&arrow.from))
        .collect()
}

fn all_arrows() -> Vec<Arrow> {
    let src = root().join("monitor-runtime/src");
    let lib = std::fs::read_to_string(src.join("lib.rs")).expect("the crate's root");
    let root_items = root_items(&lib);
    let mut all = Vec::new();
    for (path, text) in sources("monitor-runtime/src") {
        // Tests and fuzz targets may reach into any room.
        if !is_test(&path) && path.file_name() != Some("fuzzing.rs".as_ref()) {
            let inside = path
                .strip_prefix(&src)
                .expect("below src")
                .to_string_lossy()
                .into_owned();
            all.extend(arrows(&inside, &text, &root_items));
        }
    }
    all
}

#[test]
fn rooms_use_only_those_below_them() {
    let arrows = all_arrows();
    let rooms: BTreeSet<&str> = arrows.iter().map(|arrow| arrow.from.as_str()).collect();
    assert!(
        rooms.len() >= 10,
        "the arrows of most rooms are found: {rooms:?}"
    );
    let forbidden = forbidden(&arrows);
    assert!(
        forbidden.is_empty(),
        "a room may only use those in the rows before its own: {forbidden:#?}"
    );
}

#[test]
fn every_file_of_the_runtime_lies_in_a_room() {
    for (path, _) in sources("monitor-runtime/src") {
        let src = root().join("monitor-runtime/src");
        let inside = path.strip_prefix(src).expect("below src");
        let known = room_of(&inside.to_string_lossy()).is_some();
        let beside = OUTSIDE.iter().any(|file| inside == Path::new(file));
        assert!(known || beside, "{}: in no room", inside.display());
    }
}

#[test]
fn the_map_of_contributing_has_the_rooms_in_their_order() {
    let text = std::fs::read_to_string(root().join("CONTRIBUTING.md")).expect("it is there");
    let map = &text[text.find("| room |").expect("the map")..];
    let mut at = 0;
    for room in ORDER.concat() {
        let entry = format!("`{room}/`");
        let found = map[at..]
            .find(&entry)
            .unwrap_or_else(|| panic!("{room} is missing, or out of order"));
        at += found;
    }
}

#[test]
fn the_files_that_contributing_names_are_there() {
    let text = std::fs::read_to_string(root().join("CONTRIBUTING.md")).expect("it is there");
    let places = ["", "monitor-runtime/src", "monitor-macros/src"].map(|place| root().join(place));
    let spans = text.split('`').skip(1).step_by(2);
    let is_path = |word: &&str| {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
        let is_source = Path::new(word).extension() == Some("rs".as_ref());
        word.contains('/') && is_source && word.chars().all(is_plain)
    };
    let named: BTreeSet<&str> = spans
        .flat_map(str::split_whitespace)
        .filter(is_path)
        .collect();
    let missing = named
        .iter()
        .filter(|name| !places.iter().any(|place| place.join(name).exists()));
    let missing: Vec<_> = missing.collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert!(named.len() > 50, "{}", named.len());
}

#[test]
fn planted_arrows_are_found() {
    let items =
        root_items("pub use call::spawn::{scoped, spawn};\npub use crate::sentry::SentryLayer;");
    let from = |path: &str, text: &str| {
        let arrows = arrows(path, text, &items);
        forbidden(&arrows)
            .iter()
            .map(|arrow| (arrow.to.clone(), arrow.line))
            .collect::<Vec<_>>()
    };
    let one = |to: &str, line| vec![(to.to_owned(), line)];
    assert_eq!(
        from("base/clock.rs", "use crate::metrics::NAMES;"),
        one("metrics", 1)
    );
    assert_eq!(
        from("base/clock.rs", "use crate::{base::x,\n server::{a, b}};"),
        one("server", 1)
    );
    assert_eq!(
        from("callsite/mod.rs", "fn f() {\n crate::call::run()\n}"),
        one("call", 2)
    );
    assert_eq!(
        from(
            "callsite/mod.rs",
            "#[cfg(test)]\nmod tests;\nuse crate::slo::x;"
        ),
        one("slo", 3)
    );
    assert_eq!(
        from(
            "callsite/mod.rs",
            "macro_rules! m { () => { $crate::health::x() } }"
        ),
        one("health", 1)
    );
    assert_eq!(
        from("callsite/a.rs", "use super::super::call::x;"),
        one("call", 1)
    );
    assert_eq!(
        from(
            "callsite/a.rs",
            "mod b { use super::super::super::call::x; }"
        ),
        one("call", 1)
    );
    assert_eq!(
        from("logs/mod.rs", "fn f() { crate::spawn() }"),
        one("call", 1)
    );
    assert_eq!(
        from("http/mod.rs", "use crate::health::x;"),
        one("health", 1),
        "one row"
    );
    assert_eq!(
        from("call/mod.rs", "use crate::base::x; // crate::server::y"),
        []
    );
    assert_eq!(
        from(
            "base/clock.rs",
            "#[cfg(test)]\nmod tests { use crate::call::x; }"
        ),
        []
    );
    assert_eq!(
        from("callsite/a.rs", "use super::call::x;"),
        [],
        "a module of the same room"
    );
}
