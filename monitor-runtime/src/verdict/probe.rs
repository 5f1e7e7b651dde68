//! How a returned value is looked at with no bound demanded of the user.
//!
//! Each question is a method (by a name that no trait of the user has) that several traits have, for more and less telling types; method
//! look-up takes the one that needs the fewest borrows. A value is first taken apart if it is a
//! `Result`, then what is in it is asked for its class, and an error for its text.

use std::any::type_name;
use std::convert::Infallible;
use std::error::Error;
use std::fmt::{Debug, Display};

use super::{ErrorView, Sight};
use crate::classify::{self, Class, Classify};

/// Carries a reference to a returned value, or to a part of it, through method look-up.
pub struct Probe<'a, R: ?Sized>(pub &'a R);

/// What a value is made of.
pub enum Parts<'a, T: ?Sized, E> {
    /// Any value, or the `Ok` of a `Result`.
    Value(&'a T),
    /// The `Err` of a `Result`.
    Error(&'a E),
}

/// `Result`, aliases included.
pub trait PartsOfResult<'a> {
    #[doc(hidden)]
    type Value;
    #[doc(hidden)]
    type Error;
    #[doc(hidden)]
    fn __monitor_parts(&self) -> Parts<'a, Self::Value, Self::Error>;
}
impl<'a, T, E> PartsOfResult<'a> for &Probe<'a, Result<T, E>> {
    type Value = T;
    type Error = E;
    #[inline]
    fn __monitor_parts(&self) -> Parts<'a, T, E> {
        match self.0 {
            Ok(value) => Parts::Value(value),
            Err(error) => Parts::Error(error),
        }
    }
}

/// Anything that is no `Result`.
pub trait PartsOfOther<'a> {
    #[doc(hidden)]
    type Value;
    #[doc(hidden)]
    fn __monitor_parts(&self) -> Parts<'a, Self::Value, Infallible>;
}
impl<'a, R> PartsOfOther<'a> for Probe<'a, R> {
    type Value = R;
    #[inline]
    fn __monitor_parts(&self) -> Parts<'a, R, Infallible> {
        Parts::Value(self.0)
    }
}

/// Values that know.
pub trait ClassByType {
    #[doc(hidden)]
    fn __monitor_class(&self) -> Option<Class>;
}
impl<V: Classify> ClassByType for &Probe<'_, V> {
    #[inline]
    fn __monitor_class(&self) -> Option<Class> {
        classify::ask(|| self.0.classify())
    }
}

/// Values that do not.
pub trait NoClass {
    #[doc(hidden)]
    fn __monitor_class(&self) -> Option<Class>;
}
impl<V> NoClass for Probe<'_, V> {
    #[inline]
    fn __monitor_class(&self) -> Option<Class> {
        None
    }
}

/// `E: Error`.
pub trait ViaError<'a> {
    #[doc(hidden)]
    fn __monitor_view(&self) -> ErrorView<'a>;
}
impl<'a, E: Error> ViaError<'a> for &&&&&Probe<'a, E> {
    #[inline]
    fn __monitor_view(&self) -> ErrorView<'a> {
        look::<E>(Sight::Error(self.0))
    }
}

/// `anyhow::Error` and its like, `Box<dyn Error + Send + Sync>`.
pub trait ViaSendError<'a> {
    #[doc(hidden)]
    fn __monitor_view(&self) -> ErrorView<'a>;
}
impl<'a, E> ViaSendError<'a> for &&&&Probe<'a, E>
where
    E: AsRef<dyn Error + Send + Sync + 'static>,
{
    #[inline]
    fn __monitor_view(&self) -> ErrorView<'a> {
        look::<E>(Sight::Boxed(self.0.as_ref()))
    }
}

/// `Box<dyn Error>`.
pub trait ViaLocalError<'a> {
    #[doc(hidden)]
    fn __monitor_view(&self) -> ErrorView<'a>;
}
impl<'a, E: AsRef<dyn Error + 'static>> ViaLocalError<'a> for &&&Probe<'a, E> {
    #[inline]
    fn __monitor_view(&self) -> ErrorView<'a> {
        look::<E>(Sight::Boxed(self.0.as_ref()))
    }
}

/// `E: Display`.
pub trait ViaDisplay<'a> {
    #[doc(hidden)]
    fn __monitor_view(&self) -> ErrorView<'a>;
}
impl<'a, E: Display> ViaDisplay<'a> for &&Probe<'a, E> {
    #[inline]
    fn __monitor_view(&self) -> ErrorView<'a> {
        look::<E>(Sight::Display(self.0))
    }
}

/// `E: Debug`.
pub trait ViaDebug<'a> {
    #[doc(hidden)]
    fn __monitor_view(&self) -> ErrorView<'a>;
}
impl<'a, E: Debug> ViaDebug<'a> for &Probe<'a, E> {
    #[inline]
    fn __monitor_view(&self) -> ErrorView<'a> {
        look::<E>(Sight::Debug(self.0))
    }
}

/// An error that shows nothing: still counted.
pub trait ViaNothing<'a> {
    #[doc(hidden)]
    fn __monitor_view(&self) -> ErrorView<'a>;
}
impl<'a, E> ViaNothing<'a> for Probe<'a, E> {
    #[inline]
    fn __monitor_view(&self) -> ErrorView<'a> {
        look::<E>(Sight::Opaque)
    }
}

#[inline]
fn look<E>(sight: Sight<'_>) -> ErrorView<'_> {
    ErrorView::new(type_name::<E>(), sight)
}

/// The verdict on the value behind a reference, by the value's type; `ret Debug` takes the value
/// along to be shown.
#[doc(hidden)]
#[macro_export]
macro_rules! __verdict {
    ($value:ident $($show:ident)?) => {{
        use $crate::__private::probe::*;
        match (&&$crate::__private::probe::Probe($value)).__monitor_parts() {
            $crate::__private::probe::Parts::Value(value) => {
                let class = (&&$crate::__private::probe::Probe(value)).__monitor_class();
                $crate::__private::Verdict::of_value(value, class)
                    $(.shown($crate::__private::Shown::$show(value)))?
            }
            $crate::__private::probe::Parts::Error(error) => {
                let class = (&&$crate::__private::probe::Probe(error)).__monitor_class();
                (&&&&&&$crate::__private::probe::Probe(error)).__monitor_view().verdict(class)
            }
        }
    }};
}
