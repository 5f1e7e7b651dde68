//! Finds out, at compile time, how to look at a returned value without demanding any bound of the
//! user.
//!
//! A probe stands for a type and asks two questions. First: is it a `Result`, and does the value
//! have a class? Second: does the error have a class, and which trait shows it?
//!
//! Each question is one method of several types in a row. Each type of the row dereferences to the
//! next, less specific one, and method look-up takes the first whose bounds hold (autoderef
//! specialization). The methods have names that no trait of the user has, and no trait need be in
//! scope. A `Result` in an `Ok` is asked the same two questions, up to the third. For any other
//! type a type without a row answers them.
//!
//! The compiler resolves these few calls for every annotated function, so anything more here slows
//! down every build. Hence nearly every type is found in the first few rows, and the questions take a probe by value:
//! a borrow is one more thing to check.
#![expect(
    clippy::unused_self,
    clippy::unnecessary_wraps,
    reason = "look-up goes by the receiver, and the answers have one form"
)]

use std::error::Error;
use std::fmt::{Debug, Display};
use std::marker::PhantomData;
use std::ops::Deref;

use super::judge::{Judge, Stateless};
use super::levels::{Inside, Nested, Shallow, Stack};
use super::look::{
    ByClass, ByDebug, ByDisplay, ByError, ByLocalError, ByNothing, ByPayload, BySendError,
    BySharedLocalError, BySharedSendError, Level, Look, NoClass, Opaque, Value, View,
};
use crate::base::classify::Classify;
use crate::base::unwind::Payload;
use crate::base::verdict::Verdict;
use crate::call::run::CallGuard;

/// Declares types in a row: if one has no method of a name, look-up asks the next.
macro_rules! row {
    ($($(#[$doc:meta])* $this:ident $(=> $next:ident)?;)*) => {$(
        $(#[$doc])*
        pub struct $this<X>(PhantomData<fn() -> X>);
        impl<X> Clone for $this<X> {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<X> Copy for $this<X> {}
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

pub(crate) use row;

row! {
    /// Stands for a returned type, or for the type in the `Ok` of one.
    Probe => ClassedResult;
    /// Not a `Result` of a value with a class, or of another `Result`.
    ClassedResult => ErrorResult;
    /// Not a `Result` of an `Error` with a class either.
    ErrorResult => AnyResult;
    /// Nor of any `Error`.
    AnyResult => ClassedValue;
    /// Not a `Result`.
    ClassedValue => AnyValue;
    /// Not a `Result`, and without a class.
    AnyValue;

    /// A `Result` whose value has been asked for its class.
    Fallible => PlainError;
    /// Its error is not an `Error` with a class.
    PlainError => ClassedDisplay;
    /// Nor an `Error`.
    ClassedDisplay => ClassedDebug;
    /// Nor has it both a class and a `Display`.
    ClassedDebug => ClassedOnly;
    /// Nor both a class and a `Debug`.
    ClassedOnly => SendError;
    /// Its error has no class.
    SendError => LocalError;
    /// Nor does it hold an `Error` that may be sent.
    LocalError => SharedSendError;
    /// Nor does it hold any.
    SharedSendError => SharedLocalError;
    /// Nor does it point to what holds one that may be sent.
    SharedLocalError => PlainDisplay;
    /// Nor to what holds any.
    PlainDisplay => PlainPayload;
    /// Its error has no text.
    PlainPayload => PlainDebug;
    /// Nor is it a caught panic.
    PlainDebug => Nothing;
    /// Its error shows nothing; it is counted all the same.
    Nothing;

    /// All questions are answered.
    Done;
}

impl<R, S: Stack> Probe<(R, S)> {
    /// The probe of the type `R`.
    pub const NEW: Self = Self(PhantomData);
}

impl<R> Probe<(R, ())> {
    /// Creates the probe for the type of a value.
    #[inline]
    pub const fn of(_: &R) -> Self {
        Self(PhantomData)
    }
}

impl<R> Probe<(R, Shallow)> {
    /// Creates the probe for the type of a value that asks about one `Result` only.
    #[inline]
    pub const fn shallow(_: &R) -> Self {
        Self(PhantomData)
    }
}

/// The next question about a type, once it is known how an error is seen.
pub trait Then<H, T, S> {
    #[doc(hidden)]
    type Next: Stateless;
}
impl<H, T, S: Stack> Then<H, T, S> for ByClass {
    type Next = Done<S::Around<Level<H, Value<Self>>>>;
}
impl<H, T, S: Stack> Then<H, T, S> for NoClass {
    type Next = Done<S::Around<Level<H, Value<Self>>>>;
}
impl<H, T, S: Inner<H, T>> Then<H, T, S> for Nested {
    type Next = S::Next;
}

/// The next question about a `Result` in the `Ok` of one whose error is seen like `H`.
// The judge must not contain `T`. A lifetime in a type that a body writes is one that the compiler infers, and in the
// type of a future it would become `'static`.
pub trait Inner<H, T> {
    #[doc(hidden)]
    type Next: Stateless;
}
impl<H, T> Inner<H, T> for () {
    type Next = Probe<(T, (H, ()))>;
}
impl<A, H, T> Inner<H, T> for (A, ()) {
    type Next = Probe<(T, (H, Self))>;
}
// No question is left.
impl<A, B, S: Stack, H, T> Inner<H, T> for (A, (B, S)) {
    type Next = Done<<Self as Stack>::Around<Level<H, Opaque>>>;
}
impl<H, T> Inner<H, T> for Shallow {
    type Next = Done<Level<H, Opaque>>;
}

/// Declares the question for the value: each row, its bounds, the next question, and the methods by which it
/// is found. `__monitor_shape` does not ask whether an error is an `Error`.
macro_rules! values {
    ($($row:ident<$value:ty $(, $of:ident)*> [$($bounds:tt)*] $next:ty: $($method:ident)*;)*) => {$(
        #[doc(hidden)]
        impl<$($of,)* S: Stack> $row<($value, S)>
        where
            $($bounds)*
        {$(
            #[inline]
            pub fn $method(self) -> $next {
                Stateless::NEW
            }
        )*}
    )*};
}

/// The answer to both questions.
type Known<H, S> = Done<<S as Stack>::Around<Level<H, Value<NoClass>>>>;

// Nearly every error is an `Error`. Found here, it spares the compiler the rows of `Fallible`.
values! {
    Probe<Result<T, E>, T, E> [T: Inside] Fallible<(T, E, T::How, S)>: __monitor_value __monitor_shape;
    ClassedResult<Result<T, E>, T, E> [E: Classify + Error] Known<ByError<ByClass>, S>: __monitor_value;
    ErrorResult<Result<T, E>, T, E> [E: Error] Known<ByError<NoClass>, S>: __monitor_value;
    AnyResult<Result<T, E>, T, E> [] ClassedDisplay<(T, E, NoClass, S)>: __monitor_value __monitor_shape;
    ClassedValue<R, R> [R: Classify] Done<S::Around<Value<ByClass>>>: __monitor_value __monitor_shape;
    AnyValue<R, R> [] Done<S::Around<Value<NoClass>>>: __monitor_value __monitor_shape;
}

/// Declares the question for the error: each row, its bound, the way the error is then seen, and
/// the methods by which it is found. `__monitor_text` does not ask whether an error is an `Error`.
macro_rules! seen {
    ($($row:ident $(<$inside:lifetime>)? [$($bound:tt)*] $how:ty: $($method:ident)*;)*) => {$(
        #[doc(hidden)]
        impl<$($inside,)? T, E, V, S> $row<(T, E, V, S)>
        where
            E: $($bound)*,
            V: Then<$how, T, S>,
        {$(
            #[inline]
            pub fn $method(self) -> V::Next {
                Stateless::NEW
            }
        )*}
    )*};
}

seen! {
    Fallible[Classify + Error] ByError<ByClass>: __monitor_error;
    PlainError[Error] ByError<NoClass>: __monitor_error;
    ClassedDisplay[Classify + Display] ByDisplay<ByClass>: __monitor_error __monitor_text;
    ClassedDebug[Classify + Debug] ByDebug<ByClass>: __monitor_error __monitor_text;
    ClassedOnly[Classify] ByNothing<ByClass>: __monitor_error __monitor_text;
    // `anyhow::Error` and its like, `Box<dyn Error + Send + Sync>`.
    SendError<'e>[AsRef<dyn Error + Send + Sync + 'e>] BySendError: __monitor_error;
    // `Box<dyn Error>`.
    LocalError<'e>[AsRef<dyn Error + 'e>] ByLocalError: __monitor_error;
    // `Arc<anyhow::Error>` and the like.
    SharedSendError<'e>[Deref<Target: AsRef<dyn Error + Send + Sync + 'e>>] BySharedSendError: __monitor_error;
    // `Rc<Box<dyn Error>>`.
    SharedLocalError<'e>[Deref<Target: AsRef<dyn Error + 'e>>] BySharedLocalError: __monitor_error;
    PlainDisplay[Display] ByDisplay<NoClass>: __monitor_error __monitor_text;
    // `std::thread::Result`.
    PlainPayload<'e>[Deref<Target: Payload + 'e>] ByPayload: __monitor_error __monitor_text;
    PlainDebug[Debug] ByDebug<NoClass>: __monitor_error __monitor_text;
    Nothing[Sized] ByNothing<NoClass>: __monitor_error __monitor_text;
}

#[doc(hidden)]
impl<T, E, V, S> Nothing<(T, E, V, S)> {
    /// Returns the value that `ret` shows.
    #[inline]
    pub fn __monitor_ok(self, returned: &Result<T, E>) -> Option<&T> {
        returned.as_ref().ok()
    }
}

#[doc(hidden)]
impl<V> Done<Value<V>> {
    /// Returns the value that `ret` shows.
    #[inline]
    pub fn __monitor_ok<R>(self, returned: &R) -> Option<&R> {
        Some(returned)
    }
}

#[doc(hidden)]
impl<J> Done<J> {
    #[inline]
    pub fn __monitor_value(self) -> Self {
        Self(PhantomData)
    }

    #[inline]
    pub fn __monitor_shape(self) -> Self {
        Self(PhantomData)
    }

    #[inline]
    pub fn __monitor_error(self) -> Self {
        Self(PhantomData)
    }

    #[inline]
    pub fn __monitor_text(self) -> Self {
        Self(PhantomData)
    }

    #[inline]
    pub fn __monitor_verdict<'a, R>(self, returned: &'a R) -> Verdict<'a>
    where
        J: View<'a, R>,
    {
        J::verdict(returned)
    }
}

impl<R, J: Look<R>> Judge<R> for Done<J> {
    #[inline]
    fn end(&self, open: CallGuard, timed: bool, returned: &R) {
        J::end(open, timed, returned);
    }
}
