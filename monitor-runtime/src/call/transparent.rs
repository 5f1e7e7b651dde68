//! The class and text that an error derived as `transparent` takes from the error inside it.
//!
//! The inner type may be of any crate, such as `anyhow::Error`. Each question falls back as in
//! [`probe`](super::probe), and demands no bound of the user.
#![expect(clippy::unused_self, reason = "look-up goes by the receiver")]

use std::any::type_name;
use std::error::Error;
use std::fmt::{Debug, Display};
use std::marker::PhantomData;
use std::ops::Deref;

use super::judge::Stateless;
use super::probe::row;
use crate::base::class::Class;
use crate::base::classify::Classify;
use crate::base::unwind::Payload;
use crate::base::verdict::{ErrorRepr, Inner, foreign};

row! {
    /// Stands for the type of the error inside, whose class is asked for.
    Held => HeldShown;
    /// One without a class, which may be recognized by the name of its type.
    HeldShown => HeldUnclassed;
    /// One that shows nothing.
    HeldUnclassed;

    /// Stands for the type of the error inside, which is to be shown.
    Seen => SeenSendBox;
    /// Not an `Error`.
    SeenSendBox => SeenLocalBox;
    /// Nor does it hold one that may be sent.
    SeenLocalBox => SeenSharedSendBox;
    /// Nor does it hold any.
    SeenSharedSendBox => SeenSharedLocalBox;
    /// Nor does it point to what holds one that may be sent.
    SeenSharedLocalBox => SeenDisplay;
    /// Nor to what holds any.
    SeenDisplay => SeenPayload;
    /// It has no text.
    SeenPayload => SeenDebug;
    /// Nor is it a caught panic.
    SeenDebug => SeenNothing;
    /// It shows nothing.
    SeenNothing;
}

impl<E> Held<E> {
    /// Creates the probe for the type of a value.
    #[inline]
    pub const fn of(_: &E) -> Self {
        Self(PhantomData)
    }
}

impl<E> Seen<E> {
    /// Creates the probe for the type of a value.
    #[inline]
    pub const fn of(_: &E) -> Self {
        Self(PhantomData)
    }
}

#[doc(hidden)]
impl<E: Classify> Held<E> {
    pub fn __monitor_class(self, error: &E) -> Option<Class> {
        Some(error.classify())
    }
}
#[doc(hidden)]
impl<E: Debug> HeldShown<E> {
    pub fn __monitor_class(self, error: &E) -> Option<Class> {
        foreign::look(type_name::<E>(), Some(error))?.class
    }
}
#[doc(hidden)]
impl<E> HeldUnclassed<E> {
    pub fn __monitor_class(self, _: &E) -> Option<Class> {
        None
    }
}

macro_rules! seen {
    ($($row:ident $(<$inside:lifetime>)? [$($bound:tt)*] $error:ident $sight:expr;)*) => {$(
        #[doc(hidden)]
        impl<$($inside,)? E: $($bound)*> $row<E> {
            #[allow(clippy::elidable_lifetime_names, reason = "some rows name it")]
            pub fn __monitor_inner<'a>(self, $error: &'a E) -> Option<Inner<'a>>
            $(where $inside: 'a)?
            {
                Some(Inner($sight))
            }
        }
    )*};
}

seen! {
    Seen[Error] error ErrorRepr::Error(error);
    SeenSendBox<'e>[AsRef<dyn Error + Send + Sync + 'e>] error ErrorRepr::Boxed(error.as_ref());
    SeenLocalBox<'e>[AsRef<dyn Error + 'e>] error ErrorRepr::Boxed(error.as_ref());
    SeenSharedSendBox<'e>[Deref<Target: AsRef<dyn Error + Send + Sync + 'e>>] error ErrorRepr::Boxed((**error).as_ref());
    SeenSharedLocalBox<'e>[Deref<Target: AsRef<dyn Error + 'e>>] error ErrorRepr::Boxed((**error).as_ref());
    SeenDisplay[Display] error ErrorRepr::Display(error);
    SeenPayload<'e>[Deref<Target: Payload + 'e>] error ErrorRepr::Panic((**error).message());
    SeenDebug[Debug] error ErrorRepr::Debug(error);
}

#[doc(hidden)]
impl<E> SeenNothing<E> {
    pub fn __monitor_inner(self, _: &E) -> Option<Inner<'_>> {
        None
    }
}
