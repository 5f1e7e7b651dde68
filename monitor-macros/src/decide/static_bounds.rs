//! Errors whose type is open: types that need not be `'static` are part of it.
//!
//! Method look-up ignores lifetimes. It selects `impl<E: Error + 'static> Error for Failed<E>` where the
//! function does not declare `E: 'static`, and the borrow checker refuses that afterwards (E0310).

use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{
    GenericArgument, GenericParam, Ident, PathArguments, Signature, Type, TypeParamBound, TypePath,
    TypeReference, WherePredicate,
};

/// Returns `true` if the error of a `Result<…, Failed<E>>` may be an `Error` only where `E` is `'static`.
pub(crate) fn has_open_error(ty: &Type, sig: &Signature) -> bool {
    let error = types(ty).into_iter().nth(1);
    error.iter().flat_map(types).any(|part| {
        let open = Open::look(&part, sig);
        open.parameter || open.reference
    })
}

/// Returns `true` if a type parameter without a `'static` bound is part of the type.
pub(crate) fn has_parameter(ty: &Type, sig: &Signature) -> bool {
    Open::look(ty, sig).parameter
}

struct Open<'a> {
    sig: &'a Signature,
    parameter: bool,
    reference: bool,
}

impl<'a> Open<'a> {
    fn look(ty: &Type, sig: &'a Signature) -> Self {
        let mut open = Self {
            sig,
            parameter: false,
            reference: false,
        };
        open.visit_type_mut(&mut ty.clone());
        open
    }
}

impl VisitMut for Open<'_> {
    fn visit_type_reference_mut(&mut self, ty: &mut TypeReference) {
        let lifetime = ty.lifetime.as_ref();
        self.reference |= lifetime.is_none_or(|lifetime| lifetime.ident != "static");
        visit_mut::visit_type_reference_mut(self, ty);
    }
    fn visit_type_path_mut(&mut self, ty: &mut TypePath) {
        self.parameter |= is_parameter(ty, self.sig) && !is_static(ty, self.sig);
        visit_mut::visit_type_path_mut(self, ty);
    }
}

/// Returns the type arguments of a generic type.
fn types(ty: &Type) -> Vec<Type> {
    let last = match ty {
        Type::Group(ty) => return types(&ty.elem),
        Type::Paren(ty) => return types(&ty.elem),
        Type::Path(ty) => ty.path.segments.last(),
        _ => None,
    };
    match last.map(|last| &last.arguments) {
        Some(PathArguments::AngleBracketed(found)) => found
            .args
            .iter()
            .filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ty.clone()),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Returns `true` for a type parameter, or a type that belongs to one. The parameters of an `impl`
/// block are not visible here, but have the usual short names.
fn is_parameter(ty: &TypePath, sig: &Signature) -> bool {
    let first = match ty.path.segments.first() {
        Some(first) if ty.qself.is_none() => &first.ident,
        _ => return ty.qself.is_some(),
    };
    let declared = |ident: &Ident| {
        let mut params = sig.generics.type_params();
        params.any(|param| param.ident == *ident)
    };
    let name = first.to_string();
    let usual = name.len() <= 2 && name.starts_with(|c: char| c.is_ascii_uppercase());
    usual || declared(first) || (name == "Self" && ty.path.segments.len() > 1)
}

fn is_static(ty: &TypePath, sig: &Signature) -> bool {
    let is = |bound: &TypeParamBound| matches!(bound, TypeParamBound::Lifetime(it) if it.ident == "static");
    let parameter = sig.generics.params.iter().any(|param| match param {
        GenericParam::Type(param) => ty.path.is_ident(&param.ident) && param.bounds.iter().any(is),
        _ => false,
    });
    let text = ty.to_token_stream().to_string();
    let predicates = sig.generics.where_clause.iter();
    parameter
        || predicates
            .flat_map(|clause| &clause.predicates)
            .any(|predicate| match predicate {
                WherePredicate::Type(of) => {
                    of.bounded_ty.to_token_stream().to_string() == text && of.bounds.iter().any(is)
                }
                _ => false,
            })
}
