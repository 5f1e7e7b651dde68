//! `monitor-runtime/src/callsite/counters` as it stands, over loom's atomics: whatever order threads and memory
//! find, no call is lost, none is counted twice, and no count goes backwards.
//!
//! What the cells ask of the rest of the runtime is answered here, as shortly as it can be.
#![cfg(test)]

mod base;
mod callsite;
mod models;
