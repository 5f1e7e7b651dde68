//! Spells templates as this crate does, and warns of spellings from other frameworks.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::matches;
use crate::logs;

/// The number of warnings that are kept. A layer that is made for each request would produce them
/// without end.
const MAX_WARNINGS: usize = 100;

/// All warnings so far, and those that are not in the log yet.
static WARNINGS: Mutex<(BTreeSet<String>, Vec<String>)> = Mutex::new((BTreeSet::new(), Vec::new()));

/// Warns of a template that never matches a path, because of its spelling or of earlier templates. Returns
/// `false` for one whose spelling is that of another framework, which is to match none.
pub(super) fn check(template: &str, before: &[&str]) -> bool {
    let right = spelled(template);
    if right != template {
        warn(format!(
            "the route template {template:?} never matches a path: write {right:?}"
        ));
        return false;
    }
    let is_rest = |template: &str| template.contains("{*");
    let hides = |earlier: &&&str| {
        **earlier != template
            && matches(earlier, template)
            && (is_rest(earlier) || !is_rest(template))
    };
    if let Some(earlier) = before.iter().find(hides) {
        warn(format!(
            "the route template {template:?} is never reached, because {earlier:?} before it \
             matches the same paths: put {template:?} first"
        ));
    }
    true
}

/// Warns of the name of a route that looks like a template of another framework.
pub(crate) fn check_name(route: &str) {
    let right = spelled(route);
    // A name may be any word.
    if right != route && right.trim_start_matches('/') != route {
        warn(format!(
            "the route {route:?} is not spelled as a template: write {right:?}"
        ));
    }
}

/// Writes a warning to the log, once. Before the log is installed, [`pending`] keeps it.
#[cold]
fn warn(warning: String) {
    let mut warnings = WARNINGS.lock().unwrap_or_else(PoisonError::into_inner);
    let (known, pending) = &mut *warnings;
    if known.len() == MAX_WARNINGS || !known.insert(warning.clone()) {
        return;
    }
    if logs::has_subscriber() {
        drop(warnings);
        tracing::warn!("{warning}");
    } else {
        pending.push(warning);
    }
}

/// Returns the warnings that are not in the log yet.
pub(crate) fn pending() -> Vec<String> {
    let mut warnings = WARNINGS.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::take(&mut warnings.1)
}

/// Spells a template as this crate does.
fn spelled(template: &str) -> Cow<'_, str> {
    if is_plain(template) {
        return template.into();
    }
    let mut path = template.trim();
    let is_method = |word: &str| word.bytes().all(|byte| byte.is_ascii_uppercase());
    if let Some((_, behind)) = path.split_once(' ').filter(|(word, _)| is_method(word)) {
        path = behind.trim_start();
    }
    if let Some((_, behind)) = path.split_once("://") {
        path = behind.find('/').map_or("/", |at| &behind[at..]);
    }
    path = path.trim_start_matches('^').trim_end_matches('$');
    // Not the question mark of `:id?` or `(?:…)`.
    let query = path.find(['?', '#']).filter(|at| {
        let behind = &path[at + 1..];
        !behind.is_empty() && !behind.starts_with(['/', ':', 'P', '<'])
    });
    path = &path[..query.unwrap_or(path.len())];
    let mut right = String::with_capacity(template.len() + 4);
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        right.push('/');
        right.push_str(&spelled_segment(segment));
        if right.ends_with('}') && right[right.rfind('/').unwrap_or(0)..].starts_with("/{*") {
            // It matches everything that follows.
            return right.into();
        }
    }
    if right.is_empty() || (path.ends_with('/') && path.len() > 1) {
        right.push('/');
    }
    right.into()
}

/// Returns `true` for the form of most templates: fixed segments, and whole segments in braces.
fn is_plain(template: &str) -> bool {
    let is_plain = |segment: &str| {
        if let Some(rest) = segment.strip_prefix('{') {
            rest.strip_suffix('}').is_some_and(|name| {
                !name.starts_with('*') && !name.contains(['{', '}', '.', ':', '?'])
            })
        } else {
            let first = segment.bytes().next();
            first.is_some_and(|byte| !b":<*[(".contains(&byte))
                && !segment.contains(['{', '}', '?', '#', ' ', '^', '…', '\\'])
                && !segment.ends_with("...")
        }
    };
    template.strip_prefix('/').is_some_and(|path| {
        let path = path.strip_suffix('/').unwrap_or(path);
        path.is_empty() || path.split('/').all(is_plain)
    }) && template != "//"
}

fn spelled_segment(segment: &str) -> Cow<'_, str> {
    let braces = |inside: &str| {
        // `{name:pattern}` matches as `{name}` does.
        let (name, pattern) = inside.split_once(':').unwrap_or((inside, ""));
        (
            name.to_owned(),
            pattern.starts_with(".*") || pattern.starts_with(".+"),
        )
    };
    let (name, is_rest) = if let Some(behind) = segment.strip_prefix(':') {
        (
            behind.to_owned(),
            behind.ends_with(['*', '+']) || behind.contains(".*"),
        )
    } else if let Some(inside) = between(segment, '<', '>') {
        let (kind, name) = inside.rsplit_once(':').unwrap_or(("", inside));
        (name.to_owned(), kind == "path")
    } else if let Some(inside) = between(segment, '[', ']') {
        (inside.to_owned(), false)
    } else if segment.starts_with('*') || segment == "…" || segment == "..." {
        (segment.to_owned(), true)
    } else if let Some(inside) = between(segment, '{', '}') {
        let (name, is_rest) = braces(inside);
        let is_one = !inside.starts_with('*') && !inside.contains("..") && !is_rest;
        if is_one || inside.starts_with('*') {
            return segment.into();
        }
        (name, true)
    } else if segment.starts_with('(') && segment.contains(['\\', '*', '+']) {
        ("id".to_owned(), segment.contains(".*"))
    } else if segment.contains(['{', '}']) {
        let inside = segment.split(['{', '}']).nth(1).unwrap_or_default();
        let inside = if inside.is_empty() { segment } else { inside };
        (inside.to_owned(), false)
    } else {
        return segment.replace(' ', "%20").into();
    };
    let is_rest = is_rest || name.contains("..");
    let in_name = |c: &char| c.is_alphanumeric() || *c == '_' || *c == '-';
    let name = name.trim_start_matches(|c| !in_name(&c));
    let name: String = name.chars().take_while(in_name).collect();
    let star = if is_rest { "*" } else { "" };
    let name = match (name.as_str(), is_rest) {
        ("", true) => "rest",
        ("", false) => "id",
        (name, _) => name,
    };
    format!("{{{star}{name}}}").into()
}

fn between(segment: &str, open: char, close: char) -> Option<&str> {
    segment.strip_prefix(open)?.strip_suffix(close)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_of_other_frameworks_are_told_in_ours() {
        for (template, right) in [
            ("/orders/:id", "/orders/{id}"),
            ("/orders/:id/items/:item_id", "/orders/{id}/items/{item_id}"),
            ("/orders/:id?", "/orders/{id}"),
            ("/files/:path*", "/files/{*path}"),
            ("/files/:path(.*)", "/files/{*path}"),
            ("orders/{id}", "/orders/{id}"),
            ("orders", "/orders"),
            ("", "/"),
            ("/orders/<id>", "/orders/{id}"),
            ("/orders/<int:id>", "/orders/{id}"),
            ("/files/<path:rest>", "/files/{*rest}"),
            ("/files/<path..>", "/files/{*path}"),
            ("/orders/[id]", "/orders/{id}"),
            ("/files/[...path]", "/files/{*path}"),
            ("/orders//{id}", "/orders/{id}"),
            ("//", "/"),
            ("/orders//", "/orders/"),
            ("*", "/{*rest}"),
            ("/*", "/{*rest}"),
            ("/**", "/{*rest}"),
            ("/files/*path", "/files/{*path}"),
            ("/files/…", "/files/{*rest}"),
            ("/files/...", "/files/{*rest}"),
            ("/files/{path...}", "/files/{*path}"),
            ("/files/{path:.*}", "/files/{*path}"),
            ("/files/{*path}/raw", "/files/{*path}"),
            ("/orders/{id", "/orders/{id}"),
            ("/orders/id}", "/orders/{id}"),
            ("/v1/{name}:cancel", "/v1/{name}"),
            ("/reports/q-{quarter}", "/reports/{quarter}"),
            ("/orders/(\\d+)", "/orders/{id}"),
            ("^/orders$", "/orders"),
            ("/orders?page={page}", "/orders"),
            ("/orders#top", "/orders"),
            (" /orders ", "/orders"),
            ("/my orders", "/my%20orders"),
            ("GET /orders/:id", "/orders/{id}"),
            ("https://shop.example/orders/:id", "/orders/{id}"),
        ] {
            assert_eq!(spelled(template), right, "{template}");
            assert_eq!(spelled(right), right, "{right} is right");
        }
    }

    #[test]
    fn right_templates_are_left_alone() {
        for template in [
            "/",
            "/orders",
            "/orders/",
            "/orders/{id}",
            "/files/{*path}",
            "/{*rest}",
            "/a/{}",
            "/greet.Greeter/{method}",
            "/v1/items:cancel",
            "/a/{id:[0-9]+}",
            "/$metadata",
            "/Products(1)",
            "/a.b-c_d~e",
            "/größe",
            "/{a}-{b}",
            "/a*b",
        ] {
            assert_eq!(spelled(template), template);
        }
    }
}
