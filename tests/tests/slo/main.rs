//! Objectives and the inventory of functions, in process.

mod inventory;
mod objectives;
