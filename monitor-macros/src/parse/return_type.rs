//! Reads a declared return type: can it be a `Result`, is it a future, and of what?

use syn::visit_mut::{self, VisitMut};
use syn::{
    AngleBracketedGenericArguments, GenericArgument, Path, PathArguments, PathSegment, ReturnType,
    Token, Type, TypeImplTrait, TypeInfer, TypeParamBound, TypePath,
};

/// Types written as one word that are never a `Result`.
const PLAIN: [&str; 18] = [
    "bool", "char", "str", "String", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16",
    "i32", "i64", "i128", "isize", "f32", "f64",
];

/// Traits that the future around the declared one would not implement.
const BESIDES: [&str; 5] = ["Clone", "Copy", "Debug", "Default", "FusedFuture"];

/// A return type that is, by its spelling, a future.
pub(crate) struct Future {
    /// `Pin<Box<dyn Future>>` rather than `impl Future`.
    pub(crate) boxed: bool,
    /// `BoxFuture<…>`, which may be the user's own alias with another output.
    pub(crate) alias: bool,
    /// `T` of `Output = T`, where it is written.
    pub(crate) output: Option<Type>,
}

/// Returns the declared type, or `None` for a function that declares none.
pub(crate) fn declared(output: &ReturnType) -> Option<&Type> {
    match output {
        ReturnType::Default => None,
        ReturnType::Type(_, ty) => Some(ty),
    }
}

/// Returns the type that a call results in: the output of a future, otherwise the type itself.
pub(crate) fn settled(ty: &Type) -> Type {
    let output = future(ty).and_then(|future| future.output);
    output.unwrap_or_else(|| ty.clone())
}

/// Returns `true` if the spelling rules a `Result` out; `false` means nothing.
pub(crate) fn is_plain(ty: &Type) -> bool {
    match ty {
        Type::Paren(ty) => is_plain(&ty.elem),
        Type::Group(ty) => is_plain(&ty.elem),
        Type::Array(_)
        | Type::FnPtr(_)
        | Type::Never(_)
        | Type::Ptr(_)
        | Type::Reference(_)
        | Type::Slice(_) => true,
        // One that begins with a status is a response.
        Type::Tuple(ty) => ty.elems.iter().all(is_plain),
        Type::Path(ty) if ty.qself.is_none() => {
            last(&ty.path).is_some_and(|last| match ty.path.segments.len() {
                1 => PLAIN.contains(&last.ident.to_string().as_str()),
                _ => last.ident == "String",
            })
        }
        _ => false,
    }
}

/// Returns `true` for a `Result` whose spelling rules out that there is another one in its `Ok`.
pub(crate) fn has_plain_ok(ty: &Type) -> bool {
    let Type::Path(TypePath {
        qself: None, path, ..
    }) = ty
    else {
        return false;
    };
    let Some(result) = last(path).filter(|last| last.ident == "Result") else {
        return false;
    };
    let PathArguments::AngleBracketed(given) = &result.arguments else {
        return false;
    };
    match given.args.first() {
        // The one argument of an alias may be its error.
        Some(GenericArgument::Type(Type::Tuple(ty))) if given.args.len() == 1 => {
            ty.elems.is_empty()
        }
        Some(GenericArgument::Type(ty)) => given.args.len() == 2 && is_plain(ty),
        _ => false,
    }
}

/// Returns `true` if the spelling rules out that the value has to be dropped; `false` means nothing.
pub(crate) fn is_never_dropped(ty: &Type) -> bool {
    match ty {
        Type::FnPtr(_) | Type::Never(_) | Type::Ptr(_) | Type::Reference(_) => true,
        Type::Path(_) => is_plain(ty) && !is_string(ty),
        _ => false,
    }
}

fn is_string(ty: &Type) -> bool {
    matches!(ty, Type::Path(ty) if last(&ty.path).is_some_and(|name| name.ident == "String"))
}

/// Returns the type with `_` for every `impl Trait`, which only a signature may name.
pub(crate) fn erase(ty: &Type) -> Type {
    struct Erase;

    impl VisitMut for Erase {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            match ty {
                Type::ImplTrait(found) => {
                    let underscore_token = Token![_](found.impl_token.span);
                    *ty = Type::Infer(TypeInfer {
                        attrs: Vec::new(),
                        underscore_token,
                    });
                }
                other => visit_mut::visit_type_mut(self, other),
            }
        }
    }

    let mut ty = ty.clone();
    Erase.visit_type_mut(&mut ty);
    ty
}

/// Returns `true` if there is an `impl Trait` in the type.
pub(crate) fn is_opaque(ty: &Type) -> bool {
    struct Found(bool);

    impl VisitMut for Found {
        fn visit_type_impl_trait_mut(&mut self, _: &mut TypeImplTrait) {
            self.0 = true;
        }
    }

    let mut found = Found(false);
    found.visit_type_mut(&mut ty.clone());
    found.0
}

/// Returns `true` if the type is a future by its name, such as `JoinHandle<T>`.
pub(crate) fn sounds_like_future(ty: &Type) -> bool {
    match ty {
        Type::Paren(ty) => sounds_like_future(&ty.elem),
        Type::Group(ty) => sounds_like_future(&ty.elem),
        Type::Path(path) => last(&path.path).is_some_and(|name| {
            let name = name.ident.to_string();
            let known = ["Box", "Pin", "Ready", "Receiver"].contains(&name.as_str());
            known || name.ends_with("Future") || name.ends_with("Handle")
        }),
        _ => future(ty).is_some(),
    }
}

/// Returns `true` for a path that may be an alias of a future; `false` for `Pin<…>`.
pub(crate) fn is_alias(ty: &Type) -> bool {
    match ty {
        Type::Paren(ty) => is_alias(&ty.elem),
        Type::Group(ty) => is_alias(&ty.elem),
        Type::Path(ty) => last(&ty.path).is_some_and(|name| name.ident != "Pin"),
        _ => false,
    }
}

/// Recognises `impl Fn(…)`, `impl FnMut(…)` and `impl FnOnce(…)`, in a tuple too.
pub(crate) fn has_closure(ty: &Type) -> bool {
    match ty {
        Type::Paren(ty) => has_closure(&ty.elem),
        Type::Group(ty) => has_closure(&ty.elem),
        Type::Tuple(ty) => ty.elems.iter().any(has_closure),
        Type::ImplTrait(ty) => ty.bounds.iter().any(|bound| {
            matches!(bound, TypeParamBound::Trait(bound) if last(&bound.path)
                .is_some_and(|name| matches!(name.arguments, PathArguments::Parenthesized(_))))
        }),
        _ => false,
    }
}

/// Recognises `impl Future`, `Pin<Box<dyn Future>>`, `BoxFuture` and `LocalBoxFuture`.
pub(crate) fn future(ty: &Type) -> Option<Future> {
    match ty {
        Type::Paren(ty) => future(&ty.elem),
        Type::Group(ty) => future(&ty.elem),
        Type::ImplTrait(ty) => from_bounds(&ty.bounds, false),
        Type::Path(ty) => {
            let name = last(&ty.path)?;
            if name.ident == "BoxFuture" || name.ident == "LocalBoxFuture" {
                return Some(Future {
                    boxed: true,
                    alias: true,
                    output: last_type(name).cloned(),
                });
            }
            let Type::Path(inner) = (name.ident == "Pin").then(|| last_type(name)).flatten()?
            else {
                return None;
            };
            let inner = last(&inner.path)?;
            match (inner.ident == "Box").then(|| last_type(inner)).flatten()? {
                Type::TraitObject(ty) => from_bounds(&ty.bounds, true),
                Type::ImplTrait(ty) => from_bounds(&ty.bounds, true),
                // Edition 2018: a trait object without `dyn`.
                Type::Path(ty) => from_names(vec![last(&ty.path)?], true),
                _ => None,
            }
        }
        _ => None,
    }
}

fn from_bounds<'a>(
    bounds: impl IntoIterator<Item = &'a TypeParamBound>,
    boxed: bool,
) -> Option<Future> {
    let traits = bounds.into_iter().filter_map(|bound| match bound {
        TypeParamBound::Trait(bound) => last(&bound.path),
        _ => None,
    });
    from_names(traits.collect(), boxed)
}

fn from_names(names: Vec<&PathSegment>, boxed: bool) -> Option<Future> {
    let besides = |name: &&PathSegment| BESIDES.iter().any(|other| name.ident == other);
    if names.iter().any(besides) {
        return None;
    }
    names.into_iter().find_map(|name| {
        if name.ident != "Future" {
            return None;
        }
        let output = arguments(name)?
            .args
            .iter()
            .find_map(|argument| match argument {
                GenericArgument::AssocType(assoc) if assoc.ident == "Output" => {
                    Some(assoc.ty.clone())
                }
                _ => None,
            });
        Some(Future {
            boxed,
            alias: false,
            output,
        })
    })
}

fn last(path: &Path) -> Option<&PathSegment> {
    path.segments.last()
}

fn arguments(segment: &PathSegment) -> Option<&AngleBracketedGenericArguments> {
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(arguments),
        _ => None,
    }
}

fn last_type(segment: &PathSegment) -> Option<&Type> {
    arguments(segment)?
        .args
        .iter()
        .rev()
        .find_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
}
