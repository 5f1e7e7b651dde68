//! Log lines as they leave the process: JSON, the filter, standard output, and what must not be in them.

mod held_back;
mod injection;
mod json_global;
mod json_lines;
mod layer_filters;
mod log_level;
mod own_span;
mod redaction;
mod secrets;
mod spans_in_lines;
mod stdout;
mod storm;
