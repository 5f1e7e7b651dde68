//! Counts of calls: every kind of function by every way out, and many threads at once.
//!
//! A program of few functions: each test reads whole pages, and one compares how often it can.

mod concurrency;
mod outcomes;
mod reasons;
