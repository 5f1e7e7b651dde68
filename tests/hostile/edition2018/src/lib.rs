//! The functions of `hostile.rs` in edition 2018, without the prelude.
#![no_implicit_prelude]
#![forbid(unsafe_code)]
#![deny(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    warnings,
    clippy::pedantic,
    clippy::nursery
)]

mod attribute {
    pub(crate) use ::monitor_runtime::monitored;
}

/// All of them.
#[path = "../../functions.rs"]
pub mod functions;

/// Trait objects without `dyn`.
#[allow(
    bare_trait_objects,
    clippy::missing_errors_doc,
    clippy::must_use_candidate,
    clippy::type_complexity
)]
pub mod bare {
    use ::std::boxed::Box;
    use ::std::error::Error;
    use ::std::future::Future;
    use ::std::marker::Send;
    use ::std::pin::Pin;
    use ::std::rc::Rc;
    use ::std::result::Result::{self, Err, Ok};
    use ::std::string::{String, ToString};
    use ::std::sync::Arc;

    use super::attribute::monitored;

    /// An error that is one word.
    #[monitored]
    pub fn boxed(text: &str) -> Result<u8, Box<Error>> {
        Ok(text.parse()?)
    }

    /// Two words.
    #[monitored]
    pub fn sent(text: &str) -> Result<u8, Box<Error + Send>> {
        text.parse()
            .map_err(|error: ::std::num::ParseIntError| Box::new(error) as _)
    }

    /// In pointers of other kinds.
    #[monitored]
    pub fn shared() -> Result<u8, Arc<Error>> {
        Ok(1)
    }

    /// In one that stays on its thread.
    #[monitored]
    pub fn counted() -> Result<u8, Rc<Error>> {
        Ok(1)
    }

    /// An error of this crate, by its path.
    #[monitored]
    pub fn fault() -> Result<u8, Box<faults::Fault>> {
        Ok(1)
    }

    /// Errors of this crate.
    pub mod faults {
        /// An error that is a trait.
        pub trait Fault: ::std::error::Error {}
    }

    /// In a reference.
    #[monitored]
    pub fn lent<'a>(error: &'a Error) -> Result<u8, &'a Error> {
        Err(error)
    }

    /// In a future.
    #[monitored]
    pub async fn later(text: &str) -> Result<u8, Box<Error>> {
        boxed(text)
    }

    /// In a future that is one itself.
    #[monitored]
    pub fn pinned() -> Pin<Box<Future<Output = Result<u8, Box<Error>>>>> {
        Box::pin(later("1"))
    }

    /// A path.
    #[monitored(args(lent), ret)]
    #[must_use]
    pub fn path(lent: &::std::error::Error) -> String {
        lent.to_string()
    }

    /// A method.
    #[derive(Clone, Copy, Debug)]
    pub struct Text;

    #[monitored]
    impl Text {
        /// Of a type.
        pub fn parse(self) -> Result<u8, Box<Error>> {
            boxed("1")
        }
    }
}

#[cfg(test)]
#[path = "../../order.rs"]
mod order;

#[cfg(test)]
#[::core::prelude::v1::test]
fn everything_is_dropped_in_the_same_order() {
    order::check();
}
