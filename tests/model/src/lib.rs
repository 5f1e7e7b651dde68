//! Checks `monitor-runtime/src/callsite/counters` with loom: in any order of threads and memory
//! accesses, no call is lost, none is counted twice, and no count goes backwards. Of
//! `monitor-runtime/src/traces/slots.rs` it checks that a reader never sees half a span.
//!
//! The parts of the runtime that these two use are replaced here by minimal ones.
#![cfg(test)]

mod base;
mod callsite;
mod models;
mod traces;
