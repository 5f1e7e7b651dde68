//! The repository's own rules: its documentation is true, its sources are in order.

mod copies;
mod guides;
mod readme;
mod tidy;
