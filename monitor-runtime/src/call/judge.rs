//! Ends a call with the verdict on its returned value: by type alone, or by the attribute's rules.

use crate::base::verdict::Verdict;
use crate::call::guard::CallGuard;

/// A judge of values of a type: ends a call by the value that it returned.
// Ends the call instead of returning a `Verdict<'_>`: the lifetime of a returned verdict would be
// required of the `dyn Error` behind `AsRef`, too.
pub trait Judge<R> {
    /// Ends a call that returned.
    fn end(&self, open: CallGuard, timed: bool, returned: &R);
}

/// A judge that needs no value, because its type says everything.
// Not `Default`, because the user's compiler would search its impls in all crates.
pub trait Stateless {
    /// The only value.
    const NEW: Self;
}

/// A judge that the attribute's arguments define: a closure that returns the verdict.
pub struct ByRule<V>(pub(crate) V);

impl<R, V: for<'a> Fn(&'a R) -> Verdict<'a>> Judge<R> for ByRule<V> {
    #[inline]
    fn end(&self, open: CallGuard, timed: bool, returned: &R) {
        open.returned(timed, (self.0)(returned));
    }
}

/// The judge of values that cannot be errors.
pub struct AlwaysOk;

impl<R> Judge<R> for AlwaysOk {
    #[inline]
    fn end(&self, open: CallGuard, timed: bool, _: &R) {
        open.returned(timed, Verdict::Ok);
    }
}

/// The judge of a call that is not timed.
pub struct Untimed<J>(pub J);

impl<R, J: Judge<R>> Judge<R> for Untimed<J> {
    #[inline]
    fn end(&self, open: CallGuard, _: bool, returned: &R) {
        self.0.end(open, false, returned);
    }
}

/// Selects the judge of a type in brackets, or of the type of the value behind a reference. `text` does not
/// ask whether an error is an `Error`.
#[doc(hidden)]
#[macro_export]
macro_rules! __judge {
    (@ $probe:expr) => {
        $probe
            .__monitor_value()
            .__monitor_error()
            .__monitor_value()
            .__monitor_error()
            .__monitor_value()
            .__monitor_error()
    };
    (@ $probe:expr, plain) => {
        $probe.__monitor_value().__monitor_error()
    };
    (@ $probe:expr, text) => {
        $probe
            .__monitor_shape()
            .__monitor_text()
            .__monitor_shape()
            .__monitor_text()
            .__monitor_shape()
            .__monitor_text()
    };
    // The spelling of the value in the `Ok` rules out a `Result`: each question is a tenth of what the
    // compiler does for a function.
    ([$($ty:tt)*], plain) => {
        $crate::__judge!(
            @ $crate::__private::Probe::<($($ty)*, $crate::__private::Shallow)>::NEW, plain
        )
    };
    ([$($ty:tt)*] $($how:tt)*) => {
        $crate::__judge!(@ $crate::__private::Probe::<($($ty)*, ())>::NEW $($how)*)
    };
    ($value:ident, plain) => {
        $crate::__judge!(@ $crate::__private::Probe::shallow($value), plain)
    };
    ($value:ident $($how:tt)*) => {
        $crate::__judge!(@ $crate::__private::Probe::of($value) $($how)*)
    };
}

/// Returns the judge's verdict. `ret Debug` adds the value to be shown.
#[doc(hidden)]
#[macro_export]
macro_rules! __verdict {
    ($value:ident $(, $how:ident)?) => {
        $crate::__judge!($value $(, $how)?).__monitor_verdict($value)
    };
    ($value:ident $show:ident $(, $how:ident)?) => {{
        let __monitor_verdict = $crate::__verdict!($value $(, $how)?);
        match $crate::__private::Probe::of($value)
            .__monitor_shape()
            .__monitor_ok($value)
        {
            ::core::option::Option::Some(__monitor_value) => {
                __monitor_verdict.shown($crate::__private::Shown::$show(__monitor_value))
            }
            ::core::option::Option::None => __monitor_verdict,
        }
    }};
}
