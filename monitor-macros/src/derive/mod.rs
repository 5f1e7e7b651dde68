//! The derive macros: `Classify` gives an error type its classes, `MonitorLabel` makes an enum a type of labels.

pub(crate) mod classify;
pub(crate) mod label;
