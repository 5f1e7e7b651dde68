//! The errors of a start.
//!
//! [`Builder::start`](crate::Builder::start) either starts everything or changes nothing and returns a [`StartError`]. Each
//! error names the setting, its value, where the value comes from, and a value that would be accepted.

pub use crate::monitor::start_error::StartError;
pub use crate::server::BindError;
pub use crate::settings::config::ConfigError;
