//! The attribute on functions of every kind, where no subscriber listens: names, labels, verdicts,
//! and all that must stay as it was without the attribute.

mod arguments;
mod deep;
mod errors;
mod labels;
mod names;
mod unchanged;
mod verdicts;
