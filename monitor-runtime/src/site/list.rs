//! The list of all annotated functions: entries that each crate leaves in a section of the binary,
//! where the linker puts them side by side.
//!
//! `inventory` does this on every platform, with five items per function and a constructor that
//! runs before `main`: a quarter of what checking an annotated function costs, and 0.3 s of the
//! debug rebuild of 500. Where binaries are ELF, one static per function is enough, and the
//! linker says where the section begins and ends; elsewhere it is `inventory`.

use super::Site;

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
mod section {
    #![allow(unsafe_code)]

    use super::{Listed, Site};

    // Without an entry there would be no section, and no beginning and end of it.
    #[used]
    // SAFETY: everything in this section is a `Listed`.
    #[unsafe(link_section = "monitor_sites")]
    static NOBODY: Listed = Listed(None);

    unsafe extern "C" {
        #[link_name = "__start_monitor_sites"]
        static START: usize;
        #[link_name = "__stop_monitor_sites"]
        static STOP: usize;
    }

    pub(crate) fn all() -> impl Iterator<Item = &'static Site> {
        let (start, stop) = (&raw const START, &raw const STOP);
        let (start, stop) = (start.cast::<Listed>(), stop.cast::<Listed>());
        // SAFETY: only `register!` and this file write to the section, a `Listed` each, whose size
        // is its alignment; the linker leaves no room between them and defines both symbols.
        let entries =
            unsafe { std::slice::from_raw_parts(start, stop.offset_from_unsigned(start)) };
        entries.iter().filter_map(|listed| listed.0)
    }

    /// Puts a site on the list.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __register {
        ($site:ident) => {
            #[used]
            #[unsafe(link_section = "monitor_sites")]
            static __LISTED: $crate::__private::Listed =
                $crate::__private::Listed($crate::__private::Some(&$site));
        };
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
mod section {
    use super::{Listed, Site};

    inventory::collect!(Listed);

    pub(crate) fn all() -> impl Iterator<Item = &'static Site> {
        inventory::iter::<Listed>
            .into_iter()
            .filter_map(|listed| listed.0)
    }

    /// Puts a site on the list.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __register {
        ($site:ident) => {
            $crate::__private::inventory::submit! {
                $crate::__private::Listed($crate::__private::Some(&$site))
            }
        };
    }
}

/// An entry of the list; `register!` makes one.
#[repr(transparent)]
pub struct Listed(pub Option<&'static Site>);

/// Every annotated function of the binary and its dependencies, called or not.
pub(crate) fn all() -> impl Iterator<Item = &'static Site> {
    section::all()
}
