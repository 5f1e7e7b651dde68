//! Against real servers and tools, which `tests/run` installs.

mod alerting;
mod bugsink;
mod clock;
mod dashboard;
mod live_page;
mod otlp;
mod prometheus;
mod rules;
mod rustdoc;

use monitor_runtime::inventory::{self, Inventory};

/// Returns the inventory of the functions of one module and those in it, without the rest of this program's.
fn inventory_of(module: &str) -> Inventory {
    let mut inventory = inventory::collect();
    let functions = &mut inventory.functions;
    functions.retain(|function| function.module.starts_with(module));
    inventory
}
