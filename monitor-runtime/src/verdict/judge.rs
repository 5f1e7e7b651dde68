//! What ends a call by the type of what it returned alone: the answers of a probe, once they are types.

use std::error::Error;
use std::fmt::{Debug, Display};

use super::probe::{
    AskClass, NoClass, Plain, ViaDebug, ViaDisplay, ViaError, ViaLocalError, ViaNothing,
    ViaSendError,
};
use crate::run::Open;

/// A type that knows the verdict on values of another.
// The call is ended in here: where a verdict came back, its lifetime would be asked of what `AsRef` gives.
pub trait Judge<R>: Default {
    /// Ends a call that returned.
    fn end(open: Open, timed: bool, returned: &R);
}

impl<R, V: AskClass<R>> Judge<R> for Plain<(R, V)> {
    #[inline]
    fn end(open: Open, timed: bool, returned: &R) {
        open.returned(timed, Self::default().__monitor_verdict(returned));
    }
}

macro_rules! judges {
    ($($row:ident $(<$inside:lifetime>)? [$($bound:tt)*];)*) => {$(
        impl<$($inside,)? T, E, V: AskClass<T>, C: AskClass<E>> Judge<Result<T, E>> for $row<(T, E, V, C)>
        where
            E: $($bound)*
        {
            #[inline]
            fn end(open: Open, timed: bool, returned: &Result<T, E>) {
                open.returned(timed, Self::default().__monitor_verdict(returned));
            }
        }
    )*};
}

judges! {
    ViaError[Error];
    ViaSendError<'e>[AsRef<dyn Error + Send + Sync + 'e>];
    ViaLocalError<'e>[AsRef<dyn Error + 'e>];
    ViaDisplay[Display];
    ViaDebug[Debug];
    ViaNothing[Sized];
}

/// The judge of types that cannot be a `Result`.
#[inline]
pub fn plain<R>(_: &R) -> Plain<(R, NoClass)> {
    Plain::default()
}
