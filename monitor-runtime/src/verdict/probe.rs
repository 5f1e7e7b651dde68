//! How a returned value is looked at with no bound demanded of the user.
//!
//! A probe stands for a type and asks three questions of it: is it a `Result`, and has the value a
//! class; has the error a class; how does the error show itself. Each question is one method (by a
//! name that no trait of the user has) of several types in a row, each of which dereferences to the
//! next, less telling one; method look-up takes the first whose bounds hold. No trait need be in scope,
//! and the compiler looks at three method calls: anything more is paid for by every annotated function.
#![expect(
    clippy::unused_self,
    clippy::unnecessary_wraps,
    reason = "look-up goes by the receiver, and the answers have one form"
)]

use std::any::type_name;
use std::error::Error;
use std::fmt::{Debug, Display};
use std::marker::PhantomData;
use std::ops::Deref;

use super::judge::{Judge, Stateless};
use super::transparent::Inner;
use super::{ErrorView, Sight, Verdict};
use crate::classify::{self, Class, Classify};
use crate::run::Open;

/// Types in a row: what one has no method for is asked of the next.
macro_rules! row {
    ($($(#[$doc:meta])* $this:ident $(=> $next:ident)?;)*) => {$(
        $(#[$doc])*
        pub struct $this<X>(PhantomData<fn() -> X>);
        impl<X> Stateless for $this<X> {
            const NEW: Self = Self(PhantomData);
        }
        $(impl<X> Deref for $this<X> {
            type Target = $next<X>;
            #[inline]
            fn deref(&self) -> &$next<X> {
                &$next(PhantomData)
            }
        })?
    )*};
}

pub(super) use row;

row! {
    /// Stands for a returned type.
    Probe => AnyResult;
    /// Not a `Result` of a value with a class.
    AnyResult => ClassedValue;
    /// No `Result`.
    ClassedValue => AnyValue;
    /// No `Result`, and without a class.
    AnyValue;

    /// A `Result` whose value has been asked for its class.
    Fallible => Unclassed;
    /// One whose error has none.
    Unclassed;

    /// A `Result` whose error has been asked for its class, too.
    ViaError => ViaSendError;
    /// Its error is no `Error`.
    ViaSendError => ViaLocalError;
    /// Nor does it hold one that may be sent.
    ViaLocalError => ViaDisplay;
    /// Nor any.
    ViaDisplay => ViaDebug;
    /// Its error has no text.
    ViaDebug => ViaNothing;
    /// Its error shows nothing; it is counted all the same.
    ViaNothing;

    /// A value that is no `Result`: there is no error to ask for.
    Plain;
}

impl<R> Probe<R> {
    /// Of the type of a value.
    #[inline]
    pub const fn of(_: &R) -> Self {
        Self(PhantomData)
    }
}

#[doc(hidden)]
impl<T: Classify, E> Probe<Result<T, E>> {
    #[inline]
    pub fn __monitor_value(&self) -> Fallible<(T, E, ByType)> {
        Fallible(PhantomData)
    }
}
#[doc(hidden)]
impl<T, E> AnyResult<Result<T, E>> {
    #[inline]
    pub fn __monitor_value(&self) -> Fallible<(T, E, NoClass)> {
        Fallible(PhantomData)
    }
}
#[doc(hidden)]
impl<R: Classify> ClassedValue<R> {
    #[inline]
    pub fn __monitor_value(&self) -> Plain<(R, ByType)> {
        Plain(PhantomData)
    }
}
#[doc(hidden)]
impl<R> AnyValue<R> {
    #[inline]
    pub fn __monitor_value(&self) -> Plain<(R, NoClass)> {
        Plain(PhantomData)
    }
}

#[doc(hidden)]
impl<T, E: Classify, V> Fallible<(T, E, V)> {
    #[inline]
    pub fn __monitor_error(&self) -> ViaError<(T, E, V, ByType)> {
        ViaError(PhantomData)
    }
}
#[doc(hidden)]
impl<T, E, V> Unclassed<(T, E, V)> {
    #[inline]
    pub fn __monitor_error(&self) -> ViaError<(T, E, V, NoClass)> {
        ViaError(PhantomData)
    }

    /// What `ret` shows.
    #[inline]
    pub fn __monitor_ok<'a>(&self, returned: &'a Result<T, E>) -> Option<&'a T> {
        returned.as_ref().ok()
    }
}

#[doc(hidden)]
impl<R, V: AskClass<R>> Plain<(R, V)> {
    #[inline]
    pub fn __monitor_error(&self) -> &Self {
        self
    }

    #[inline]
    pub fn __monitor_verdict<'a>(&self, returned: &'a R) -> Verdict<'a> {
        of_value::<R, V>(returned)
    }

    #[inline]
    pub fn __monitor_judge(&self) -> Self {
        Self(PhantomData)
    }

    #[inline]
    pub fn __monitor_text(&self) -> Self {
        Self(PhantomData)
    }

    /// What `ret` shows.
    #[inline]
    pub fn __monitor_ok<'a>(&self, returned: &'a R) -> Option<&'a R> {
        Some(returned)
    }
}

impl<R, V: AskClass<R>> Judge<R> for Plain<(R, V)> {
    #[inline]
    fn end(&self, open: Open, timed: bool, returned: &R) {
        open.returned(timed, self.__monitor_verdict(returned));
    }
}

/// The last question, and the answer to all three.
macro_rules! seen {
    ($($row:ident $(<$inside:lifetime>)? [$($bound:tt)*] $error:ident $sight:expr;)*) => {$(
        #[doc(hidden)]
        impl<$($inside,)? T, E, V: AskClass<T>, C: AskClass<E>> $row<(T, E, V, C)>
        where
            E: $($bound)*
        {
            #[inline]
            pub fn __monitor_judge(&self) -> Self {
                Self(PhantomData)
            }

            #[inline]
            pub fn __monitor_verdict<'a>(&self, returned: &'a Result<T, E>) -> Verdict<'a>
            $(where $inside: 'a)?
            {
                match returned {
                    Ok(value) => of_value::<T, V>(value),
                    Err($error) => {
                        ErrorView::new(type_name::<E>(), $sight).verdict(C::class($error))
                    }
                }
            }
        }

        impl<$($inside,)? T, E, V: AskClass<T>, C: AskClass<E>> Judge<Result<T, E>> for $row<(T, E, V, C)>
        where
            E: $($bound)*
        {
            #[inline]
            fn end(&self, open: Open, timed: bool, returned: &Result<T, E>) {
                open.returned(timed, self.__monitor_verdict(returned));
            }
        }
    )*};
}

seen! {
    ViaError[Error] error Sight::Error(error);
    // `anyhow::Error` and its like, `Box<dyn Error + Send + Sync>`.
    ViaSendError<'e>[AsRef<dyn Error + Send + Sync + 'e>] error Sight::Boxed(error.as_ref());
    // `Box<dyn Error>`.
    ViaLocalError<'e>[AsRef<dyn Error + 'e>] error Sight::Boxed(error.as_ref());
    ViaDisplay[Display] error Sight::Display(error);
    // What it holds may say more, such as the chain in a `struct AppError(anyhow::Error)`.
    ViaDebug[Debug] error C::inner(error).map_or(Sight::Debug(error), Inner::sight);
    ViaNothing[Sized] error C::inner(error).map_or(Sight::Opaque, Inner::sight);
}

/// The last question where nobody asks whether an error is an `Error`.
macro_rules! texts {
    ($($row:ident[$bound:ident];)*) => {$(
        #[doc(hidden)]
        impl<T, E: $bound, V, C> $row<(T, E, V, C)> {
            #[inline]
            pub fn __monitor_text(&self) -> Self {
                Self(PhantomData)
            }
        }
    )*};
}

texts! {
    ViaDisplay[Display];
    ViaDebug[Debug];
    ViaNothing[Sized];
}

#[inline]
fn of_value<T, V: AskClass<T>>(value: &T) -> Verdict<'_> {
    Verdict::of_value(value, V::class(value))
}

/// Whether a type is asked for its class.
pub trait AskClass<T> {
    #[doc(hidden)]
    fn class(value: &T) -> Option<Class>;

    /// How the error is shown that a `transparent` one has in it.
    #[doc(hidden)]
    fn inner(value: &T) -> Option<Inner<'_>>;
}

/// It has `Classify`.
pub struct ByType;
impl<T: Classify> AskClass<T> for ByType {
    #[inline]
    fn class(value: &T) -> Option<Class> {
        classify::ask(|| value.classify())
    }

    #[inline]
    fn inner(value: &T) -> Option<Inner<'_>> {
        classify::ask(|| value.__monitor_inner())?
    }
}

/// It has not.
pub struct NoClass;
impl<T> AskClass<T> for NoClass {
    #[inline]
    fn class(_: &T) -> Option<Class> {
        None
    }

    #[inline]
    fn inner(_: &T) -> Option<Inner<'_>> {
        None
    }
}

/// Who judges the value behind a reference, by the value's type; `text` does not ask whether an error
/// is an `Error`.
#[doc(hidden)]
#[macro_export]
macro_rules! __judge {
    ($value:ident) => {
        $crate::__private::Probe::of($value)
            .__monitor_value()
            .__monitor_error()
            .__monitor_judge()
    };
    ($value:ident, text) => {
        $crate::__private::Probe::of($value)
            .__monitor_value()
            .__monitor_error()
            .__monitor_text()
    };
}

/// Their verdict; `ret Debug` takes the value along to be shown.
#[doc(hidden)]
#[macro_export]
macro_rules! __verdict {
    ($value:ident $(, $how:ident)?) => {
        $crate::__judge!($value $(, $how)?).__monitor_verdict($value)
    };
    ($value:ident $show:ident $(, $how:ident)?) => {{
        let __monitor_verdict = $crate::__verdict!($value $(, $how)?);
        match $crate::__private::Probe::of($value)
            .__monitor_value()
            .__monitor_ok($value)
        {
            ::core::option::Option::Some(__monitor_value) => {
                __monitor_verdict.shown($crate::__private::Shown::$show(__monitor_value))
            }
            ::core::option::Option::None => __monitor_verdict,
        }
    }};
}
