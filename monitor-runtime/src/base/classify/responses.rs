//! Classes of values that become an HTTP response: their status decides.

use http::response::Parts;
use http::{HeaderMap, Response, StatusCode};

use super::{Class, Classify};

impl Classify for StatusCode {
    fn classify(&self) -> Class {
        (*self).into()
    }

    fn __monitor_is_response(&self) -> bool {
        true
    }
}

impl<B> Classify for Response<B> {
    fn classify(&self) -> Class {
        self.status().into()
    }

    fn __monitor_is_response(&self) -> bool {
        true
    }
}

impl Classify for Parts {
    fn classify(&self) -> Class {
        self.status.into()
    }

    fn __monitor_is_response(&self) -> bool {
        true
    }
}

/// The first part of a tuple that becomes a response, if that part decides the status.
// A local trait, so that the compiler knows `HeaderMap` and arrays do not have it.
trait Head: Classify {}
impl Head for StatusCode {}
impl<B> Head for Response<B> {}
impl Head for Parts {}

/// Implements the trait for axum's tuples: the status is that of the first part, or of the last if
/// headers come first.
macro_rules! tuples {
    ($($between:ident)*) => {
        tuples!(@one $($between)*);
        tuples!(@less $($between)*);
    };
    (@less) => {};
    (@less $first:ident $($rest:ident)*) => {
        tuples!($($rest)*);
    };
    (@one $($between:ident)*) => {
        impl<H: Head, $($between,)* L> Classify for (H, $($between,)* L) {
            fn classify(&self) -> Class {
                self.0.classify()
            }

            fn __monitor_is_response(&self) -> bool {
                true
            }
        }

        tuples!(@last [V] HeaderMap<V>, $($between)*);
        tuples!(@last [K, V, const N: usize] [(K, V); N], $($between)*);
    };
    (@last [$($generic:tt)*] $headers:ty, $($between:ident)*) => {
        impl<$($generic)*, $($between,)* L: Classify> Classify for ($headers, $($between,)* L) {
            fn classify(&self) -> Class {
                let (.., last) = self;
                last.classify()
            }

            fn __monitor_is_response(&self) -> bool {
                true
            }
        }
    };
}

// A status, 16 parts and a body are the most that axum takes.
tuples!(A B C D E F G I J M O P Q R S T);

impl<H: Head> Classify for (H,) {
    fn classify(&self) -> Class {
        self.0.classify()
    }

    fn __monitor_is_response(&self) -> bool {
        true
    }
}
