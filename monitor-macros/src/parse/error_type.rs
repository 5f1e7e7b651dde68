//! Reads which error a declared return type has, where an item inside the function may name it.
//!
//! An item knows nothing of the generic parameters around it, and the attribute on a method does not see those
//! of its `impl` block. A name that may be one of them is told apart by [`Named::Word`].

use proc_macro2::Span;
use syn::{GenericArgument, Ident, Path, PathArguments, PathSegment, Type};

use super::return_type::{is_plain, settled};

/// A type that is named without generic parameters of its surroundings.
pub(crate) enum Named {
    /// One word, which may be a generic parameter.
    Word(Ident),
    /// A path that begins with a module, or an alias of `Result`.
    Path(Path),
}

/// Returns the error of a `Result`, or the `Result` itself where an alias holds its error.
pub(crate) fn error(returns: &Type) -> Option<Named> {
    let Type::Path(ty) = settled(returns) else {
        return None;
    };
    let last = ty.path.segments.last().filter(|_| ty.qself.is_none())?;
    if last.ident != "Result" {
        return None;
    }
    match &*arguments(last)? {
        [_, error] => named(error),
        [value] if ty.path.segments.len() == 1 || may_derive(&ty.path) => {
            let mut path = ty.path.clone();
            if !is_closed(value) {
                // The value may name a parameter. An alias has one error, whatever the value is.
                path.segments.last_mut()?.arguments =
                    PathArguments::AngleBracketed(syn::parse_quote!(<()>));
            }
            Some(Named::Path(path))
        }
        _ => None,
    }
}

fn named(ty: &Type) -> Option<Named> {
    let Type::Path(ty) = ty else { return None };
    let last = ty.path.segments.last().filter(|_| ty.qself.is_none())?;
    let is_pointer = ["Box", "Arc", "Rc"].iter().any(|name| last.ident == name);
    match &*arguments(last)? {
        [inner] if is_pointer => named(inner),
        [] if ty.path.segments.len() > 1 => {
            may_derive(&ty.path).then(|| Named::Path(ty.path.clone()))
        }
        [] if last.ident == "String" => None,
        [] if last.ident != "Self" && ty.path.leading_colon.is_none() => {
            Some(Named::Word(last.ident.clone()))
        }
        _ => None,
    }
}

/// Returns the types between the angle brackets; `None` if they contain anything else.
fn arguments(segment: &PathSegment) -> Option<Vec<&Type>> {
    match &segment.arguments {
        PathArguments::None => Some(Vec::new()),
        PathArguments::AngleBracketed(given) => {
            let types = given.args.iter().map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty),
                _ => None,
            });
            types.collect()
        }
        PathArguments::Parenthesized(_) => None,
    }
}

/// Returns `true` for a path whose beginning cannot be a generic parameter.
fn is_of_module(path: &Path) -> bool {
    let (Some(first), all) = (path.segments.first(), path.segments.iter()) else {
        return false;
    };
    let bare = all.rev().skip(1).all(|segment| segment.arguments.is_none());
    let name = first.ident.to_string();
    let is_module = path.leading_colon.is_some() || !name.starts_with(char::is_uppercase);
    bare && is_module
}

/// Returns `true` for a path into a module whose types may derive `Classify`.
fn may_derive(path: &Path) -> bool {
    let first = path.segments.first().map(|first| first.ident.to_string());
    let foreign = ["std", "core", "alloc", "anyhow"];
    is_of_module(path) && !first.is_some_and(|first| foreign.contains(&first.as_str()))
}

/// Returns `true` for a type that names nothing of its surroundings.
fn is_closed(ty: &Type) -> bool {
    match ty {
        Type::Tuple(ty) => ty.elems.is_empty(),
        Type::Path(_) => is_plain(ty),
        _ => false,
    }
}

/// Returns the identifier with the hygiene of generated code.
pub(crate) fn renamed(word: &Ident, at: Span) -> Ident {
    let mut word = word.clone();
    word.set_span(at.located_at(word.span()));
    word
}
