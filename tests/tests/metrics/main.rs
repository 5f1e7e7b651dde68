//! The page of `/metrics`, and the series of call sites elsewhere.

mod exemplars;
mod exposition;
mod facade;
mod label_series;
mod messages;
mod native;
mod own_series;
mod polls;
mod process;
mod protobuf;
mod slow_polls;
