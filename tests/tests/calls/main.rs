//! Calls as a subscriber sees them: spans, fields, completions, cancellations, panics, and the one line of
//! an error that passes many functions.

mod cancellation;
mod classes;
mod early;
mod grammar;
mod panics;
mod spans;
mod stories;
