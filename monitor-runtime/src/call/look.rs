//! Computes verdicts on values, on errors and on the `Result`s of both, once their types are known.

use std::any::type_name;
use std::error::Error;
use std::fmt::{Debug, Display};
use std::marker::PhantomData;
use std::ops::Deref;

use crate::base::class::Class;
use crate::base::classify::Classify;
use crate::base::unwind::{Payload, caught};
use crate::base::verdict::{ErrorRepr, ErrorView, Verdict};
use crate::call::run::CallGuard;

/// Ends a call by the value that it returned.
// Separate from `View`: a returned verdict borrows from the value. The lifetime in a `Box<dyn Error
// + 'e>` would then have to outlive every argument of `end`.
pub trait Look<R> {
    #[doc(hidden)]
    fn end(open: CallGuard, timed: bool, returned: &R);
}

/// Returns the verdict on a value, which the attribute may overrule.
pub trait View<'a, R> {
    #[doc(hidden)]
    fn verdict(returned: &'a R) -> Verdict<'a>;
}

/// A `Result`: its error is seen like `H`, the value in its `Ok` like `I`.
pub struct Level<H, I>(PhantomData<fn() -> (H, I)>);

impl<T, E, H: Look<E>, I: Look<T>> Look<Result<T, E>> for Level<H, I> {
    #[inline]
    fn end(open: CallGuard, timed: bool, returned: &Result<T, E>) {
        match returned {
            Ok(value) => I::end(open, timed, value),
            Err(error) => H::end(open, timed, error),
        }
    }
}

impl<'a, T, E, H: View<'a, E>, I: View<'a, T>> View<'a, Result<T, E>> for Level<H, I> {
    #[inline]
    fn verdict(returned: &'a Result<T, E>) -> Verdict<'a> {
        match returned {
            Ok(value) => I::verdict(value),
            Err(error) => H::verdict(error),
        }
    }
}

/// A value that is not a `Result`, asked for its class or not.
pub struct Value<C>(PhantomData<fn() -> C>);

impl<R, C: AskClass<R>> Look<R> for Value<C> {
    #[inline]
    fn end(open: CallGuard, timed: bool, returned: &R) {
        open.returned(timed, Self::verdict(returned));
    }
}

impl<'a, R, C: AskClass<R>> View<'a, R> for Value<C> {
    #[inline]
    fn verdict(returned: &'a R) -> Verdict<'a> {
        Verdict::of_value(returned, C::class(returned))
    }
}

/// A `Result` whose types are not examined.
pub struct Opaque;

impl<T, E> Look<Result<T, E>> for Opaque {
    #[inline]
    fn end(open: CallGuard, timed: bool, returned: &Result<T, E>) {
        open.returned(timed, Self::verdict(returned));
    }
}

impl<'a, T, E> View<'a, Result<T, E>> for Opaque {
    #[inline]
    fn verdict(returned: &'a Result<T, E>) -> Verdict<'a> {
        match returned {
            Ok(_) => Verdict::Ok,
            Err(error) => ByNothing::<NoClass>::verdict(error),
        }
    }
}

/// Declares ways to see an error, by the traits of its type.
macro_rules! ways {
    ($($(#[$doc:meta])* $way:ident<$class:ident> $([$bound:ident])? $error:ident $sight:expr;)*) => {$(
        $(#[$doc])*
        pub struct $way<$class>(PhantomData<fn() -> $class>);

        impl<E $(: $bound)?, $class: AskClass<E>> Look<E> for $way<$class> {
            #[inline]
            fn end(open: CallGuard, timed: bool, error: &E) {
                open.returned(timed, Self::verdict(error));
            }
        }

        impl<'a, E $(: $bound)?, $class: AskClass<E>> View<'a, E> for $way<$class> {
            #[inline]
            fn verdict($error: &'a E) -> Verdict<'a> {
                $class::judge($error, ErrorView::new(type_name::<E>(), $sight))
            }
        }
    )*};
}

ways! {
    /// As an `Error`.
    ByError<C> [Error] error ErrorRepr::Error(error);
    /// By its `Display`.
    ByDisplay<C> [Display] error ErrorRepr::Display(error);
    /// By its `Debug`.
    ByDebug<C> [Debug] error ErrorRepr::Debug(error);
    /// Shows nothing.
    ByNothing<C> error { let _ = error; ErrorRepr::Opaque };
}

/// Declares ways to see an error that holds one of another type.
macro_rules! holders {
    ($($(#[$doc:meta])* $way:ident<$inside:lifetime> [$($bound:tt)*] $error:ident $sight:expr;)*) => {$(
        $(#[$doc])*
        pub struct $way;

        impl<$inside, E: $($bound)*> Look<E> for $way {
            #[inline]
            fn end(open: CallGuard, timed: bool, $error: &E) {
                let view = ErrorView::new(type_name::<E>(), $sight);
                open.returned(timed, Verdict::Error(view));
            }
        }

        impl<'a, $inside: 'a, E: $($bound)*> View<'a, E> for $way {
            #[inline]
            fn verdict($error: &'a E) -> Verdict<'a> {
                Verdict::Error(ErrorView::new(type_name::<E>(), $sight))
            }
        }
    )*};
}

holders! {
    /// As `anyhow::Error` and its like, and `Box<dyn Error + Send + Sync>` are.
    BySendError<'e> [AsRef<dyn Error + Send + Sync + 'e>] error ErrorRepr::Boxed(error.as_ref());
    /// As `Box<dyn Error>` is.
    ByLocalError<'e> [AsRef<dyn Error + 'e>] error ErrorRepr::Boxed(error.as_ref());
    /// As `Arc<anyhow::Error>` does.
    BySharedSendError<'e> [Deref<Target: AsRef<dyn Error + Send + Sync + 'e>>] error ErrorRepr::Boxed((**error).as_ref());
    /// As `Rc<Box<dyn Error>>` does.
    BySharedLocalError<'e> [Deref<Target: AsRef<dyn Error + 'e>>] error ErrorRepr::Boxed((**error).as_ref());
    /// As the box of a caught panic is.
    ByPayload<'e> [Deref<Target: Payload + 'e>] error ErrorRepr::Panic((**error).message());
}

/// A question for a value's class; a type without one answers `None`.
pub trait AskClass<T> {
    #[doc(hidden)]
    fn class(value: &T) -> Option<Class>;

    /// Returns the verdict on an error.
    #[doc(hidden)]
    fn judge<'a>(error: &'a T, view: ErrorView<'a>) -> Verdict<'a>;
}

/// The value has `Classify`.
pub struct ByClass;
impl<T: Classify> AskClass<T> for ByClass {
    #[inline]
    fn class(value: &T) -> Option<Class> {
        caught(|| value.classify())
    }

    fn judge<'a>(error: &'a T, view: ErrorView<'a>) -> Verdict<'a> {
        let is_response = error.__monitor_is_response();
        let inner = caught(|| error.__monitor_inner()).flatten();
        view.of_class(Self::class(error), is_response, inner)
    }
}

/// The value does not have `Classify`.
pub struct NoClass;
impl<T> AskClass<T> for NoClass {
    #[inline]
    fn class(_: &T) -> Option<Class> {
        None
    }

    #[inline]
    fn judge<'a>(_: &'a T, view: ErrorView<'a>) -> Verdict<'a> {
        view.by_name()
    }
}
