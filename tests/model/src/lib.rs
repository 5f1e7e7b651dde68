//! Checks `monitor-runtime/src/callsite/counters` with loom: in any order of threads and memory
//! accesses, no call is lost, none is counted twice, and no count goes backwards.
//!
//! The parts of the runtime that the counters use are replaced here by minimal ones.
#![cfg(test)]

mod base;
mod callsite;
mod models;
