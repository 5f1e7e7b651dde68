//! The list of all annotated functions. Each crate leaves its call sites in a section of the
//! binary, where the linker puts them side by side.
//!
//! `inventory` does this on every platform, with five items per function and a constructor that
//! runs before `main`. That takes a quarter of the time of checking an annotated function, and 0.3
//! s of the debug rebuild of 500. On platforms with ELF binaries the call site's static is the only
//! item, and the linker defines the start and end of the section. Other platforms use `inventory`.

use super::Site;
use crate::callsite::labels;

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
mod section {
    #![allow(unsafe_code)]

    use std::hint::black_box;
    use std::sync::{Mutex, MutexGuard, PoisonError};
    use std::{ptr, slice};

    use super::Site;

    // Another version of this crate in the binary has sites with another layout, so it needs a
    // section of its own. Cargo does not allow a second copy of the same version from another
    // source: `links` in `Cargo.toml`.
    const _: () = assert!(
        matches!(env!("CARGO_PKG_VERSION").as_bytes(), b"0.1.0"),
        "the section's name ends with the version, in all four places, and so does `links`"
    );

    // The linker puts objects whose size is their alignment side by side, without padding.
    const _: () = assert!(size_of::<Site>() == align_of::<Site>());

    /// The sites of one linked file: the executable, or a dynamic library.
    #[derive(Clone, Copy)]
    pub struct Sites(&'static [Site]);

    impl Sites {
        /// Returns the sites between two symbols.
        ///
        /// # Safety
        ///
        /// The symbols are the start and the end of the section with the sites.
        #[expect(
            clippy::cast_ptr_alignment,
            reason = "what the section holds aligns it"
        )]
        #[must_use]
        pub const unsafe fn between(start: *const usize, stop: *const usize) -> Self {
            // The compiler takes the linker's start symbol and the first site for two statics,
            // which could not share an address. `black_box` hides that they do.
            let (start, stop) = (black_box(start), black_box(stop));
            let (start, stop) = (start.cast::<Site>(), stop.cast::<Site>());
            // SAFETY: only `site!` and `sites!` write to the section, one `Site` each, whose size
            // is its alignment. The linker adds no padding and defines both symbols. A site changes
            // only through interior mutability.
            Self(unsafe { slice::from_raw_parts(start, stop.offset_from_unsigned(start)) })
        }

        /// Adds the sites of the file that a service is started from.
        pub fn list(self) {
            if self.are_in(own()) {
                return;
            }
            let mut others = others();
            // Some of them may have been called, and added, before.
            others.retain(|other| !other.are_in(self));
            others.push(self);
        }

        fn are_in(self, whole: Self) -> bool {
            self.0.first().is_none_or(|first| whole.have(first))
        }

        fn have(self, site: &Site) -> bool {
            self.0.as_ptr_range().contains(&ptr::from_ref(site))
        }
    }

    /// Returns the sites of the file it is linked into.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __sites {
        () => {{
            // The linker defines the start and end symbols only for a section that has a site.
            #[used]
            #[unsafe(link_section = "monitor_sites_0_1_0")]
            static PLACEHOLDER: $crate::__private::Site = $crate::__private::Site::placeholder();

            unsafe extern "C" {
                #[link_name = "__start_monitor_sites_0_1_0"]
                static START: usize;
                #[link_name = "__stop_monitor_sites_0_1_0"]
                static STOP: usize;
            }
            // SAFETY: the linker defines both symbols under these names.
            unsafe { $crate::__private::Sites::between(&raw const START, &raw const STOP) }
        }};
    }

    fn own() -> Sites {
        __sites!()
    }

    /// Sites of the executable and of other libraries, for a runtime that is itself a dynamic
    /// library.
    static OTHERS: Mutex<Vec<Sites>> = Mutex::new(Vec::new());

    fn others() -> MutexGuard<'static, Vec<Sites>> {
        OTHERS.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a site on its first call: it may belong to a library whose section was never listed.
    pub(crate) fn called(site: &'static Site) {
        if own().have(site) {
            return;
        }
        let mut others = others();
        if !others.iter().any(|other| other.have(site)) {
            others.push(Sites(slice::from_ref(site)));
        }
    }

    pub(crate) fn all() -> impl Iterator<Item = &'static Site> {
        let others = others().clone();
        let sites = [own()].into_iter().chain(others);
        // A site without a module is the placeholder that keeps the section alive.
        sites
            .flat_map(|sites| sites.0)
            .filter(|site| !site.module().is_empty())
    }

    /// Defines the site of the function it stands in, made by `Site::of`, `Site::of_async` or
    /// `Site::with_settings(settings)`, and puts it on the list.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __site {
        (@labelled $($site:tt)*) => { $crate::__labelled_site!($($site)*) };
        (@static $new:ident $(($($settings:tt)*))?) => {
            enum __MonitorHere {}
            #[used]
            #[unsafe(link_section = "monitor_sites_0_1_0")]
            static __MONITOR: $crate::__private::Site = $crate::__private::Site::$new::<__MonitorHere>(
                ::core::module_path!(),
                $($($settings)*)?
            );
        };
        ($($site:tt)*) => {{
            $crate::__site!(@static $($site)*);
            &__MONITOR
        }};
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
mod section {
    use super::Site;

    /// An entry of the list.
    pub struct Listed(pub &'static Site);

    inventory::collect!(Listed);

    pub(crate) fn all() -> impl Iterator<Item = &'static Site> {
        inventory::iter::<Listed>.into_iter().map(|listed| listed.0)
    }

    // Does nothing: each site has put itself on the list.
    pub(crate) fn called(_: &Site) {}

    /// Defines the site of the function it stands in, made by `Site::of`, `Site::of_async` or
    /// `Site::with_settings(settings)`, and puts it on the list.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __site {
        (@labelled $($site:tt)*) => { $crate::__labelled_site!($($site)*) };
        (@static $new:ident $(($($settings:tt)*))?) => {
            enum __MonitorHere {}
            static __MONITOR: $crate::__private::Site = $crate::__private::Site::$new::<__MonitorHere>(
                ::core::module_path!(),
                $($($settings)*)?
            );
            $crate::__private::inventory::submit! {
                $crate::__private::Listed(&__MONITOR)
            }
        };
        ($($site:tt)*) => {{
            $crate::__site!(@static $($site)*);
            &__MONITOR
        }};
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
pub use section::Listed;

#[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
pub use section::Sites;

pub(crate) use section::called;

/// Returns every annotated function of the binary and its dependencies, called or not. Of a dynamic
/// library that the service is not started from, it returns those that have been called.
///
/// A labelled function knows the values of its labels, as far as the compiler did.
pub(crate) fn all() -> impl Iterator<Item = &'static Site> {
    labels::read_declared();
    section::all()
}

/// The site of the labelled function it stands in, through the type that generic code can name.
#[doc(hidden)]
#[macro_export]
macro_rules! __labelled_site {
    ($($site:tt)*) => {{
        $crate::__private::site!(@static $($site)*);
        impl $crate::__private::Place for __MonitorHere {
            #[inline]
            fn site() -> &'static $crate::__private::Site {
                &__MONITOR
            }
        }
        $crate::__private::Labelled::<__MonitorHere>::here()
    }};
}

// The compiler checks for every static that it is `Sync`, and for every future of a monitored
// function that it is `Send`. Each check would walk all fields of a site, which takes half a
// millisecond per function. This impl answers at once, and the line below checks the fields once.
#[allow(unsafe_code)]
// SAFETY: a site consists of its fields, which are `Sync`: otherwise the next line does not
// compile.
unsafe impl Sync for Site {}
const _: () = shared::<super::Fields>();
const fn shared<T: Sync>() {}
