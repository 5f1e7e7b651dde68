//! Prints recurring pieces of JSON, and lists of values that have changed.

use std::fmt::Write;

use super::counts::{Counts, as_f64};

/// Quantiles that are shown.
const QUANTILES: [f64; 3] = [0.5, 0.95, 0.99];

/// Printed values, each with the number of the first document that has it unchanged.
#[derive(Default)]
pub(super) struct Changing(Vec<(String, u64)>);

impl Changing {
    /// Sets the value at a place, which is at most one behind the last.
    pub(super) fn set(&mut self, place: usize, value: &str, number: u64) {
        match self.0.get_mut(place) {
            Some((known, _)) if known == value => {}
            Some((known, since)) => {
                value.clone_into(known);
                *since = number;
            }
            None => self.0.push((value.to_owned(), number)),
        }
    }

    /// Prints `,"name":[…]` with the values that changed after a document.
    pub(super) fn print(&self, out: &mut String, name: &str, known: u64) {
        let new = self.0.iter().filter(|(_, number)| *number > known);
        list(out, name, new, |out, (value, _)| out.push_str(value));
    }

    /// Prints `,"name":value` for a single value, if it changed after a document.
    pub(super) fn print_one(&self, out: &mut String, name: &str, known: u64) {
        if let Some((value, _)) = self.0.first().filter(|(_, number)| *number > known) {
            let _ = write!(out, ",\"{name}\":{value}");
        }
    }
}

/// Prints `[calls, errors, cancelled, p50, p95, p99, mean]`, or `0` without calls. Of a function that is
/// `async`, the mean time inside polls follows.
///
/// `slowest` is the duration of the slowest known call. A quantile is an estimate, and is capped at
/// it.
pub(super) fn window(out: &mut String, counts: &Counts, bounds: &[f64], slowest: Option<f64>) {
    let [ok, errors, cancelled] = counts.ended;
    let calls = ok + errors + cancelled;
    if calls == 0 {
        out.push('0');
        return;
    }
    let _ = write!(out, "[{calls},{errors},{cancelled}");
    for share in QUANTILES {
        match counts.quantile(share, bounds) {
            Some(seconds) => {
                let most = slowest.filter(|most| seconds > *most);
                let _ = write!(out, ",{}", round(most.unwrap_or(seconds)));
            }
            None => out.push_str(",null"),
        }
    }
    let _ = write!(out, ",{}", round(counts.mean()));
    if let Some(busy) = counts.busy {
        let _ = write!(out, ",{}", round(busy / as_f64(calls)));
    }
    out.push(']');
}

/// Prints `,"name":[…]`, each item by `print`.
pub(super) fn list<T>(
    out: &mut String,
    name: &str,
    items: impl Iterator<Item = T>,
    mut print: impl FnMut(&mut String, T),
) {
    let _ = write!(out, ",\"{name}\":[");
    for (place, item) in items.enumerate() {
        if place > 0 {
            out.push(',');
        }
        print(out, item);
    }
    out.push(']');
}

/// Rounds a time in seconds to a tenth of a microsecond: more digits would be noise.
pub(super) fn round(seconds: f64) -> f64 {
    (seconds * 1e7).round() / 1e7
}
