//! An objective that cannot be kept, or held against nothing.

use std::time::Duration;

use monitor_runtime::{Objective, monitored};

const SHARE: Objective = Objective::new("share").success_rate(0.999);
const ODD: Objective = Objective::new("a b");
const INSTANT: Objective = Objective::new("instant").latency(Duration::ZERO, 99.0);
const EMPTY: Objective = Objective::new("empty");
const FAST: Objective = Objective::new("fast").latency(Duration::from_millis(5), 99.0);

#[monitored(objective = EMPTY)]
fn promises_nothing() {}

#[monitored(objective = FAST, latency = false)]
fn is_not_timed() {}

#[monitored(objective = Duration::ZERO)]
fn is_no_objective() {}

fn main() {}
