//! A function's name as its metrics, spans and events carry it: `Orders::create`.
//!
//! The compiler knows the path of every item, and `type_name` of a type declared in the function
//! spells it: `app::db::Orders::create::__MonitorHere`. Rust does not guarantee the
//! form of that text, so a path that cannot be parsed is used as it is. It never causes a panic.

/// Returns the label for a function at `path`, written in module `module`.
pub(crate) fn from_path(path: &str, module: &str) -> String {
    let item = item(path);
    let local = item
        .strip_prefix(module)
        .and_then(|rest| rest.strip_prefix("::"))
        .unwrap_or(item);
    let mut parts = split(local);
    parts.retain(|segment| *segment != "{{closure}}");
    if let Some(name) = moved_into_own_type(&parts) {
        return name.to_owned();
    }
    let segments: Vec<String> = parts
        .into_iter()
        .map(|segment| match implementing(segment) {
            Some((ty, Some(of))) => format!("<{} as {}>", short(ty), short(of)),
            Some((ty, None)) => short(ty),
            None => short(segment),
        })
        .collect();
    if segments.is_empty() {
        path.to_owned()
    } else {
        segments.join("::")
    }
}

/// Returns the name of a function that a macro has moved into a method of a type with the
/// function's name. The route macros of actix-web do so: `<show as
/// HttpServiceFactory>::register::show` is `show` to its author.
fn moved_into_own_type<'a>(parts: &[&'a str]) -> Option<&'a str> {
    let [owner, _method, name] = parts else {
        return None;
    };
    let (ty, Some(_)) = implementing(owner)? else {
        return None;
    };
    (last_segment(ty) == *name).then_some(*name)
}

/// Returns the path without the generated type at its end.
fn item(path: &str) -> &str {
    path.rfind("::__").map_or(path, |end| &path[..end])
}

/// Splits the segment `<impl Type>` or `<Type as Trait>` into its type and trait.
fn implementing(segment: &str) -> Option<(&str, Option<&str>)> {
    let inner = segment.strip_prefix('<')?.strip_suffix('>')?;
    if let Some(ty) = inner.strip_prefix("impl ") {
        // `<impl Trait for Type>` is how a trait impl inside a function is spelt.
        return Some(match at_top(ty, " for ") {
            Some(at) => (&ty[at + " for ".len()..], Some(&ty[..at])),
            None => (ty, None),
        });
    }
    let at = at_top(inner, " as ")?;
    Some((&inner[..at], Some(&inner[at + " as ".len()..])))
}

/// Shortens every path in a type to its last segment, and drops generics that were not written.
fn short(ty: &str) -> String {
    let mut out = String::with_capacity(ty.len());
    let mut word = 0;
    for (index, character) in ty.char_indices() {
        let part_of_path =
            character.is_alphanumeric() || matches!(character, '_' | ':' | '{' | '}' | '#');
        if !part_of_path {
            out.push_str(last_segment(&ty[word..index]));
            out.push(character);
            word = index + character.len_utf8();
        }
    }
    out.push_str(last_segment(&ty[word..]));
    without_inferred(&out)
}

fn last_segment(path: &str) -> &str {
    path.rfind("::").map_or(path, |at| &path[at + 2..])
}

/// Removes the parameters of a generic impl, which say nothing: `Cache<_, _>` → `Cache`.
fn without_inferred(ty: &str) -> String {
    let Some(open) = ty.find('<').filter(|at| *at > 0) else {
        return ty.to_owned();
    };
    let blank = ty[open..]
        .chars()
        .all(|c| matches!(c, '<' | '>' | '_' | ',' | ' ' | '\''));
    if blank {
        ty[..open].to_owned()
    } else {
        ty.to_owned()
    }
}

/// Returns the parts of a path, split where `::` stands outside any brackets.
fn split(path: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = path;
    while let Some(at) = at_top(rest, "::") {
        parts.push(&rest[..at]);
        rest = &rest[at + 2..];
    }
    parts.push(rest);
    parts.retain(|part| !part.is_empty());
    parts
}

/// Returns the position of the first `needle` outside any brackets.
fn at_top(text: &str, needle: &str) -> Option<usize> {
    let mut depth = 0_i32;
    for (index, character) in text.char_indices() {
        if depth == 0 && text[index..].starts_with(needle) {
            return Some(index);
        }
        match character {
            '<' | '(' | '[' => depth += 1,
            // The arrow of `Fn() -> T` closes nothing.
            '>' if !text[..index].ends_with('-') => depth -= 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::from_path;

    /// Lists the path that rustc 1.95 prints for one function of each kind.
    #[test]
    fn every_kind_of_function_has_the_name_its_author_would_say() {
        let cases = [
            ("app::m::free::__MonitorHere", "free"),
            ("app::m::S::new::__MonitorHere", "S::new"),
            (
                "app::m::S::asynchronous::{{closure}}::__MonitorHere",
                "S::asynchronous",
            ),
            ("app::m::free::nested::__MonitorHere", "free::nested"),
            (
                "app::m::free::<impl app::m::G<u8>>::in_block::__MonitorHere",
                "free::G<u8>::in_block",
            ),
            (
                "<app::m::S as app::m::Tr>::t::__MonitorHere",
                "<S as Tr>::t",
            ),
            ("app::m::Tr::d::__MonitorHere", "Tr::d"),
            (
                "<app::m::G<_> as app::m::Tr>::t::__MonitorHere",
                "<G as Tr>::t",
            ),
            ("app::m::G<_>::gm::__MonitorHere", "G::gm"),
            (
                "app::m::G<alloc::vec::Vec<u8>>::special::__MonitorHere",
                "G<Vec<u8>>::special",
            ),
            (
                "<alloc::vec::Vec<_> as app::m::Tr>::t::__MonitorHere",
                "<Vec as Tr>::t",
            ),
            ("<&str as app::m::Tr>::t::__MonitorHere", "<&str as Tr>::t"),
            (
                "<[u8; 4] as app::m::Tr>::t::__MonitorHere",
                "<[u8; 4] as Tr>::t",
            ),
            (
                "<(u8, alloc::string::String) as app::m::Tr>::t::__MonitorHere",
                "<(u8, String) as Tr>::t",
            ),
            ("app::m::<impl app::other::S>::far::__MonitorHere", "S::far"),
            (
                "<app::m::S as app::m::Gt<alloc::string::String>>::x::__MonitorHere",
                "<S as Gt<String>>::x",
            ),
            (
                "<app::m::show as actix_web::service::HttpServiceFactory>::register::show::{{closure}}::__MonitorHere",
                "show",
            ),
            (
                "<app::m::S as app::m::Tr>::t::S2::__MonitorHere",
                "<S as Tr>::t::S2",
            ),
            (
                "<dyn core::ops::function::Fn(u8) -> alloc::string::String as app::m::Tr>::t::__MonitorHere",
                "<dyn Fn(u8) -> String as Tr>::t",
            ),
        ];
        for (path, name) in cases {
            assert_eq!(from_path(path, "app::m"), name, "{path}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_shown_as_it_is() {
        for path in ["", "::", "<", "<<>>", "{{closure}}", "a<b", "é::__é"] {
            let _ = from_path(path, "app");
        }
        assert_eq!(from_path("{{closure}}", "app"), "{{closure}}");
    }
}
