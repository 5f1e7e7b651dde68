//! The classes of errors a site has seen, in the order it saw them.

use std::marker::PhantomData;
use std::sync::OnceLock;

use crate::base::clock;
use crate::base::outcome::PANIC;
use crate::callsite::Site;
use crate::settings::attribute::{ASYNC, DEFAULT, Settings};

/// An error type whose classes are known; `#[derive(Classify)]` implements it.
pub trait KnownClasses {
    /// Every class that is an error, except those of the errors inside it.
    const CLASSES: &'static [&'static str];
}

impl<T, E: KnownClasses> KnownClasses for Result<T, E> {
    const CLASSES: &'static [&'static str] = E::CLASSES;
}

/// Stands for the type whose classes are looked up.
pub struct ClassesOf<E: ?Sized>(PhantomData<E>);

impl<E: KnownClasses + ?Sized> ClassesOf<E> {
    /// The classes of the type. The compiler prefers this to the constant of [`NoClasses`].
    pub const CLASSES: &'static [&'static str] = E::CLASSES;

    /// The settings of a function that returns such an error and has no others.
    pub const SYNC: &'static Settings = &Settings::new().classes(E::CLASSES);

    /// The settings of such an `async fn`.
    pub const ASYNC: &'static Settings = &Settings::of_async().classes(E::CLASSES);
}

/// The fallback for types whose classes are not known.
pub trait NoClasses {
    /// Empty.
    const CLASSES: &'static [&'static str] = &[];

    /// The settings of a function that has none.
    const SYNC: &'static Settings = &DEFAULT;

    /// The settings of an `async fn` that has none.
    const ASYNC: &'static Settings = &ASYNC;
}

impl<E: ?Sized> NoClasses for ClassesOf<E> {}

/// Returns a constant of an error type.
///
/// A word may be a generic parameter of the surroundings, which an item must not name. In the inner block it is
/// a type of the module, which a glob import brings there. Otherwise it is a type of the outer block, which has
/// no classes.
// Not printed by the attribute, whose code is not optimised in a debug build.
#[doc(hidden)]
#[macro_export]
macro_rules! __of_error {
    ($constant:ident ($path:ty)) => {{
        use $crate::__private::NoClasses as _;
        $crate::__private::ClassesOf::<$path>::$constant
    }};
    // The same word twice: as generated code, of which no lint speaks, and in its edition, since in edition 2018 it
    // may be a trait. As an `ident` it would be of this file's edition.
    ($constant:ident $generated:ident $word:tt) => {{
        struct $generated;
        {
            use self::*;
            use $crate::__private::NoClasses as _;
            $crate::__private::ClassesOf::<$word>::$constant
        }
    }};
}

/// Classes of an error type that exist on a page before they are counted, at most: each is a series of every
/// function that returns the type.
const MOST_SHOWN: usize = 32;

/// Returns the classes of a function that exist on a page before they are counted: those of its error type,
/// in the order of their declaration, and `panic`.
pub(crate) fn known(site: &Site) -> impl Iterator<Item = &'static str> + use<> {
    let classes = site.known_classes.iter().take(MOST_SHOWN);
    classes.copied().chain([PANIC])
}

/// The number of classes that one site tells apart, the last one included.
pub(crate) const MAX_CLASSES: usize = 64;

/// The class of the last place. It counts the errors of every class that came after the other
/// places were taken.
const OTHER: &str = "other";

/// A list that only grows, read without a lock; empty until the first error with a class.
pub(crate) struct Classes(OnceLock<Box<[OnceLock<Known>; MAX_CLASSES]>>);

/// A class, and the time before its first error, in milliseconds since the Unix epoch.
type Known = (&'static str, u64);

impl Classes {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Returns the place of a class, and gives it one if it has none.
    #[cold]
    pub(crate) fn place(&self, class: &'static str) -> usize {
        let slots = self
            .0
            .get_or_init(|| Box::new([const { OnceLock::new() }; MAX_CLASSES]));
        let free = &slots[..MAX_CLASSES - 1];
        let own = free
            .iter()
            .position(|slot| slot.get_or_init(|| (class, clock::unix_millis())).0 == class);
        own.unwrap_or_else(|| {
            slots[MAX_CLASSES - 1].get_or_init(|| (OTHER, clock::unix_millis()));
            MAX_CLASSES - 1
        })
    }

    /// Returns the class at a place.
    pub(crate) fn name(&self, place: usize) -> Option<&'static str> {
        Some(self.0.get()?.get(place)?.get()?.0)
    }

    /// Returns the time before the first error of a class, in milliseconds since the Unix epoch.
    pub(crate) fn created(&self, class: &str) -> Option<u64> {
        let mut known = self.0.get()?.iter().filter_map(OnceLock::get);
        known.find_map(|(name, created)| (*name == class).then_some(*created))
    }

    /// Returns the classes by place.
    pub(crate) fn names(&self) -> impl Iterator<Item = (usize, &'static str)> {
        let slots = self.0.get().into_iter().flat_map(|slots| slots.iter());
        slots
            .enumerate()
            .filter_map(|(place, slot)| Some((place, slot.get()?.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_keeps_its_place_and_those_beyond_the_last_share_one() {
        let classes = Classes::new();
        let names: Vec<&'static str> = (0..80).map(|n| &*format!("c{n}").leak()).collect();
        let places: Vec<usize> = names.iter().map(|name| classes.place(name)).collect();
        assert_eq!(
            places[..MAX_CLASSES - 1],
            (0..MAX_CLASSES - 1).collect::<Vec<_>>()
        );
        assert!(
            places[MAX_CLASSES - 1..]
                .iter()
                .all(|place| *place == MAX_CLASSES - 1)
        );
        assert_eq!(classes.place(&String::from("c7").leak()[..]), 7);
        assert_eq!(classes.names().last(), Some((MAX_CLASSES - 1, OTHER)));
    }
}
