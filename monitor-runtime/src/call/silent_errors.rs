//! Warns once per function about errors that show nothing of themselves.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::base::verdict::ErrorView;
use crate::callsite::Site;
use crate::sentry;

/// The functions with a warning, by the number of their site.
static WARNED: Mutex<Option<HashSet<usize>>> = Mutex::new(None);

/// Warns of an error whose type has neither `Debug` nor `Display`, and which has no class.
#[cold]
pub(super) fn warn(site: &'static Site, view: &ErrorView<'_>) {
    let Some(type_name) = view.silent_type() else {
        return;
    };
    let mut warned = WARNED.lock().unwrap_or_else(PoisonError::into_inner);
    let is_new = warned.get_or_insert_default().insert(site.id());
    drop(warned);
    if is_new {
        sentry::own_line(false, || {
            tracing::warn!(
                function = site.function(),
                "the function finds neither Debug nor Display of the error type `{type_name}`: log lines \
                 and events show only its name; derive Debug for it or implement Display, or, in a generic \
                 function, add the bound"
            );
        });
    }
}
