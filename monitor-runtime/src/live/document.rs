//! One JSON document with what is new since the last one somebody had: what the page asks for
//! every second or two, so it is short. Its schema stands at [`Live::document`].

use std::fmt::Write;
use std::sync::Arc;

use serde_json::{Value, json};

use super::counts::Counts;
use super::{COLUMN, Function, Live, State, WINDOWS, detail, milliseconds};
use crate::recent;

/// What a client already has: the process it was of, and the number of its document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known<'a> {
    pub(crate) process: &'a str,
    pub(crate) number: u64,
}

/// Quantiles that are shown.
const QUANTILES: [f64; 3] = [0.5, 0.95, 0.99];
/// Functions in columns that one document has at most: 3 MB of it.
const MOST_IN_COLUMNS: usize = 100_000;
/// Failures of the whole process that are shown.
const FAILURES: usize = 20;

/// The rows of the latest document, each with the number of the first that had it as it is.
#[derive(Default)]
pub(super) struct Rows {
    number: u64,
    all: Vec<(String, u64)>,
    /// The failures of the process, the number of the first document that had them, and how many
    /// there had been.
    failures: (Arc<str>, u64, u64),
}

impl Live {
    /// What is new since a document; all there is, for a client that knows nothing of this process.
    ///
    /// ```text
    /// process    which start of which process this is; with another one, all that was known is void
    /// number     of this document, for the next request
    /// at, began  now, and when the runtime started: milliseconds since 1970
    /// service    {name, version, commit, branch, pid}
    /// windows    the lengths in seconds of the two windows that numbers are of, about 10 and 60
    /// column     the length of a column of the history, in seconds
    /// bounds     every list of bucket bounds, in seconds; in a new client's document only
    /// functions  [function, module, file, line, place of its bounds]: its place is its id; likewise
    /// rows       [id, [ok, error, cancelled] since the start, in flight, window, window]
    ///            a window is [calls, errors, cancelled, p50, p95, p99, mean] in seconds, or 0 without
    ///            calls; a negative quantile is beyond its absolute value, the highest bound
    /// columns    [number, at, seconds, [[id, ok, error, cancelled, first bucket, heat]]]
    ///            heat has a digit to base 36 per bucket: the bits of its number of calls
    /// failures   the latest of the whole process, as in a detail, with the id of their function
    /// ```
    pub(crate) fn document(&self, known: Known<'_>) -> String {
        let known = if known.process == self.process {
            known.number
        } else {
            0
        };
        let mut state = self.state();
        state.refresh(&self.functions);
        let state = &mut *state;
        if state.rows.number != state.number {
            state.print_rows(&self.functions);
        }
        self.print_failures(state);
        let mut out = self.head(state);
        if known == 0 {
            self.print_functions(&mut out);
        }
        let new = state.rows.all.iter().filter(|(_, number)| *number > known);
        list(&mut out, "rows", new, |out, (row, _)| out.push_str(row));
        let columns = state.history.after(known, MOST_IN_COLUMNS);
        list(&mut out, "columns", columns, print_column);
        let (failures, number, _) = &state.rows.failures;
        if *number > known || known == 0 {
            out.push_str(",\"failures\":");
            out.push_str(failures);
        }
        out.push('}');
        out
    }

    /// Everything that does not grow with functions, without its closing brace.
    fn head(&self, state: &State) -> String {
        let service = &self.service;
        let windows = WINDOWS.map(|window| {
            let length = state.now.at - state.base(window).at;
            round(length.as_secs_f64())
        });
        let head = json!({
            "process": self.process,
            "number": state.number,
            "at": milliseconds(std::time::SystemTime::now()),
            "began": milliseconds(self.began),
            "service": {
                "name": service.name,
                "version": service.version,
                "commit": service.commit,
                "branch": service.branch,
                "pid": std::process::id(),
            },
            "windows": windows,
            "column": COLUMN.as_secs_f64(),
        });
        let mut head = head.to_string();
        head.pop();
        head
    }

    fn print_functions(&self, out: &mut String) {
        let mut all: Vec<&'static [f64]> = Vec::new();
        let describe = |out: &mut String, function: &Function| {
            let bounds = function.bounds();
            let place = all.iter().position(|other| *other == bounds);
            let place = place.unwrap_or_else(|| {
                all.push(bounds);
                all.len() - 1
            });
            let (file, line) = function.sites[0].location();
            let described = json!([function.name, function.module, file, line, place]);
            let _ = write!(out, "{described}");
        };
        list(out, "functions", self.functions.iter(), describe);
        let _ = write!(out, ",\"bounds\":{}", json!(all));
    }

    /// Prints the latest failures of the process, if there have been new ones.
    fn print_failures(&self, state: &mut State) {
        let failed = recent::failed();
        let (_, number, known) = &state.rows.failures;
        if *number > 0 && *known == failed {
            return;
        }
        let functions = self.functions.iter().enumerate();
        let mut all: Vec<_> = functions
            .flat_map(|(id, function)| {
                let failures = function.sites.iter();
                failures.flat_map(move |site| {
                    let own = site.recent().failures();
                    own.into_iter().map(move |failure| (id, site, failure))
                })
            })
            .filter(|(.., failure)| failure.first)
            .collect();
        all.sort_by_key(|(.., failure)| std::cmp::Reverse(failure.call.at));
        let shown = all.iter().take(FAILURES).map(|(id, site, failure)| {
            let mut shown = detail::failure(site, failure);
            shown["id"] = json!(id);
            shown
        });
        let shown: Value = shown.collect();
        state.rows.failures = (shown.to_string().into(), state.number, failed);
    }
}

impl State {
    /// Prints the row of every function, and finds out which are new.
    fn print_rows(&mut self, functions: &[Function]) {
        let mut rows = std::mem::take(&mut self.rows.all);
        rows.resize_with(functions.len(), Default::default);
        let bases = WINDOWS.map(|window| self.base(window));
        let mut row = String::new();
        for (id, (function, (known, number))) in functions.iter().zip(&mut rows).enumerate() {
            let now = &self.now.counts[id];
            let [ok, errors, cancelled] = now.ended;
            row.clear();
            let _ = write!(row, "[{id},[{ok},{errors},{cancelled}],{}", now.in_flight);
            for base in bases {
                let before = &base.counts[id];
                if Arc::ptr_eq(now, before) || now.ended == before.ended {
                    row.push_str(",0");
                } else {
                    row.push(',');
                    print_window(&mut row, &now.since(before), function.bounds());
                }
            }
            row.push(']');
            if *known != row {
                known.clone_from(&row);
                *number = self.number;
            }
        }
        self.rows.all = rows;
        self.rows.number = self.number;
    }
}

fn print_window(out: &mut String, counts: &Counts, bounds: &[f64]) {
    let [ok, errors, cancelled] = counts.ended;
    let _ = write!(out, "[{},{errors},{cancelled}", ok + errors + cancelled);
    for share in QUANTILES {
        match counts.quantile(share, bounds) {
            Some(seconds) => {
                let _ = write!(out, ",{}", round(seconds));
            }
            None => out.push_str(",null"),
        }
    }
    let _ = write!(out, ",{}]", round(counts.mean()));
}

fn print_column(out: &mut String, column: &super::Column) {
    let (number, at) = (column.number, milliseconds(column.at));
    let _ = write!(
        out,
        "[{number},{at},{},[",
        round(column.length.as_secs_f64())
    );
    for (place, calls) in column.calls().enumerate() {
        let [ok, errors, cancelled] = calls.ended;
        let comma = if place == 0 { "" } else { "," };
        let (id, first) = (calls.function, calls.first);
        let _ = write!(out, "{comma}[{id},{ok},{errors},{cancelled},{first},\"");
        let digits = calls.heat.iter();
        out.extend(
            digits.map(|bits| char::from_digit(u32::from(*bits).min(35), 36).unwrap_or('z')),
        );
        out.push_str("\"]");
    }
    out.push_str("]]");
}

/// `,"name":[…]`, each item printed by `print`.
fn list<T>(
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

/// A time in seconds to a tenth of a microsecond: more digits would be noise.
fn round(seconds: f64) -> f64 {
    (seconds * 1e7).round() / 1e7
}
