//! The labels of functions before their first call.
//!
//! Only the body of a function knows the types of its labels, so its call site cannot name them. Each labelled
//! function that is compiled therefore leaves an entry in a section of the binary: a function pointer that returns
//! its call site and the values of its labels. An `asm!` block without an instruction writes it, because a `static`
//! cannot depend on the parameters of a generic function: <https://doc.rust-lang.org/error_codes/E0401.html>.

use std::collections::BTreeMap;
use std::ptr;
use std::sync::Once;

use super::{Dimensions, Values};
use crate::callsite::Site;

/// A type that stands for the call site of one labelled function.
pub trait Place {
    /// Returns the call site.
    fn site() -> &'static Site;
}

/// Returns a call site and adds the values of its labels; the section's own entry has none.
type Entry = fn(&mut Vec<Values>) -> Option<&'static Site>;

pub(crate) use section::declare as leave;

/// Tells every labelled function of this file which values its labels have, once.
///
/// A generic function may have labels of several types. Those are known when it is called.
pub(crate) fn read() {
    static DECLARED: Once = Once::new();
    DECLARED.call_once(|| {
        let mut known: BTreeMap<*const Site, Found> = BTreeMap::new();
        for entry in section::entries() {
            let mut values = Vec::new();
            let Some(site) = entry(&mut values) else {
                continue;
            };
            let found = known.entry(ptr::from_ref(site)).or_insert(Found {
                site,
                values: values.clone(),
                is_mixed: false,
            });
            found.is_mixed |= found.values != values;
        }
        known.into_values().for_each(Found::declare);
    });
}

/// A labelled function and the values of its labels.
struct Found {
    site: &'static Site,
    values: Vec<Values>,
    /// `true` if it also has labels with other values.
    is_mixed: bool,
}

impl Found {
    fn declare(self) {
        if self.is_mixed {
            self.site.note_mixed_labels();
        } else {
            self.site.sets().declare(self.values);
        }
    }
}

#[cfg(all(
    any(target_os = "linux", target_os = "android", target_os = "freebsd"),
    any(target_arch = "x86_64", target_arch = "aarch64"),
    target_pointer_width = "64",
    not(miri)
))]
mod section {
    #![allow(unsafe_code)]

    use std::arch::asm;
    use std::hint::black_box;
    use std::slice;

    use super::{Dimensions, Entry, Place, Site, Values};

    // Another version of this crate in the binary has entries of another shape.
    const _: () = assert!(
        matches!(env!("CARGO_PKG_VERSION").as_bytes(), b"0.1.0"),
        "the name of the section of labels ends with the version, in all three places"
    );

    /// Leaves an entry in the section. The linker keeps it (`R`), and whatever calls this executes nothing for it.
    macro_rules! leave {
        ($entry:path) => {
            // SAFETY: the block has no instruction; the pointer that it writes is one that the linker relocates,
            // to a function of the type `Entry`.
            unsafe {
                asm!(
                    ".pushsection monitor_labels_0_1_0, \"awR\", @progbits",
                    ".balign 8",
                    ".quad {entry}",
                    ".popsection",
                    entry = sym $entry,
                    options(nomem, nostack, preserves_flags),
                )
            }
        };
    }

    #[expect(
        clippy::inline_always,
        reason = "a call of its own would be an instruction"
    )]
    #[inline(always)]
    pub(crate) fn declare<P: Place, D: Dimensions>() {
        leave!(entry::<P, D>);
    }

    #[expect(clippy::unnecessary_wraps, reason = "`none` has the same type")]
    fn entry<P: Place, D: Dimensions>(values: &mut Vec<Values>) -> Option<&'static Site> {
        D::push(values);
        Some(P::site())
    }

    fn none(_: &mut Vec<Values>) -> Option<&'static Site> {
        None
    }

    /// Returns the entries of this file: the executable, or the dynamic library that the runtime is in.
    pub(super) fn entries() -> &'static [Entry] {
        unsafe extern "C" {
            #[link_name = "__start_monitor_labels_0_1_0"]
            static START: usize;
            #[link_name = "__stop_monitor_labels_0_1_0"]
            static STOP: usize;
        }
        // Without an entry there would be no section, and no beginning and end of it.
        leave!(none);
        // To the compiler these are two statics, and could not be the same memory.
        let (start, stop) = (black_box(&raw const START), black_box(&raw const STOP));
        let (start, stop) = (start.cast::<Entry>(), stop.cast::<Entry>());
        // SAFETY: the linker defines both symbols, and only `leave!` writes between them: pointers to functions,
        // each aligned to its size.
        unsafe { slice::from_raw_parts(start, stop.offset_from_unsigned(start)) }
    }
}

#[cfg(not(all(
    any(target_os = "linux", target_os = "android", target_os = "freebsd"),
    any(target_arch = "x86_64", target_arch = "aarch64"),
    target_pointer_width = "64",
    not(miri)
)))]
mod section {
    use super::Entry;

    /// Leaves nothing: labels are known from the first call on.
    pub(crate) fn declare<P, D>() {}

    pub(super) fn entries() -> &'static [Entry] {
        &[]
    }
}
