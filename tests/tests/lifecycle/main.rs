//! A process from its start to whichever end: settings, a subscriber that is there already, drain,
//! signals, and faults around it.

mod cutting;
mod endings;
mod existing;
mod faults;
mod settings;
mod shutdown;
mod start;
