//! The verdict on a rejection of warp.

use super::{Class, Classify};

impl Classify for warp::Rejection {
    fn classify(&self) -> Class {
        if self.is_not_found() || is_clients(self) {
            Class::Ok
        } else {
            Class::Error("rejection")
        }
    }
}

/// Returns `true` for a rejection that warp answers with a 4xx and that contains no other.
fn is_clients(rejection: &warp::Rejection) -> bool {
    use warp::filters::body::BodyDeserializeError;
    use warp::reject;

    macro_rules! holds_one_of {
        ($($kind:ty),* $(,)?) => {
            [$(rejection.find::<$kind>().is_some()),*].contains(&true)
        };
    }
    // The `Debug` text of several is a list: one of them may be the service's own.
    let several = || format!("{rejection:?}").starts_with("Rejection([");
    holds_one_of!(
        BodyDeserializeError,
        reject::InvalidHeader,
        reject::InvalidQuery,
        reject::LengthRequired,
        reject::MethodNotAllowed,
        reject::MissingCookie,
        reject::MissingHeader,
        reject::PayloadTooLarge,
        reject::UnsupportedMediaType,
    ) && !several()
}
