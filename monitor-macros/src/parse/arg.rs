//! An argument of the attribute: a value, and the span of its key.

use proc_macro2::Span;
use syn::{Error, Ident, Result};

/// A value and the span of the key that it was given under.
#[derive(Clone)]
pub(crate) struct Arg<T> {
    pub(crate) key: Span,
    pub(crate) value: T,
}

/// Fills a slot that is still empty; a second value for a key is an error.
pub(crate) fn set<T>(slot: &mut Option<Arg<T>>, key: &Ident, value: T) -> Result<()> {
    if slot.is_some() {
        return Err(Error::new(
            key.span(),
            format!("`{key}` is given twice; keep one"),
        ));
    }
    *slot = Some(Arg {
        key: key.span(),
        value,
    });
    Ok(())
}

/// Returns the value without its key.
pub(crate) fn value<T>(arg: Option<Arg<T>>) -> Option<T> {
    arg.map(|arg| arg.value)
}
