//! The JSON document that the page requests every two seconds: only what is new since the document
//! the client already has, so it is short. [`Live::document`] describes its schema.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;

use super::failures::Failures;
use super::parts::Parts;
use super::print::{self, Changing, list, round};
use super::{COLUMN, Function, Live, State, WINDOWS, milliseconds};
use crate::settings::buckets::HTTP_BUCKETS;

/// The document a client already has: the process it came from, and its number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known<'a> {
    pub(crate) process: &'a str,
    pub(crate) number: u64,
}

/// The most functions in the columns of one document: 3 MB of it.
const MAX_IN_COLUMNS: usize = 100_000;
/// The state of the latest document that the next one needs.
#[derive(Default)]
pub(super) struct Shown {
    /// The reading that the rows are of.
    reading: Option<Instant>,
    rows: Changing,
    failures: Failures,
    parts: Parts,
}

impl Live {
    /// Prints what is new since a document, or all there is for a client that knows nothing of this process.
    ///
    /// ```text
    /// process    which start of which process this is; with another one, all that was known is void
    /// number     of this document, for the next request
    /// at, began  now, and when the runtime started: milliseconds since 1970
    /// service    {name, version, commit, branch, pid}
    /// windows    the lengths in seconds of the two windows that numbers are of, about 10 and 60
    /// column     the length of a column of the history, in seconds
    /// links      {trace, source}: templates of URLs; in a new client's document only
    /// bounds     every list of bucket bounds, in seconds, that of routes first; likewise
    /// functions  [function, module, file, line, place of its bounds]: its place is its id; likewise
    /// rows       [id, [ok, error, cancelled] since the start, in flight, since when one of those has run
    ///            at least (milliseconds since 1970, 0 if not for some seconds), window, window]
    ///            a window is [calls, errors, cancelled, p50, p95, p99, mean] in seconds, or 0 without
    ///            calls; a negative quantile is beyond its absolute value, the highest bound. A window of an
    ///            async function ends with the mean time inside polls, which in calls that go on is more
    /// columns    [number, at, seconds, [[id, ok, error, cancelled, first bucket, heat]]]
    ///            heat has a digit to base 36 per bucket: the bits of its number of calls
    /// failures   the latest kinds of the whole process, as in a detail, with the id of their function;
    ///            one that is as before is the number of its kind alone
    /// routes     [place, method, route, [ok, error, cancelled] since the start, in flight, window, window]
    /// health     [status, output]
    /// blocked    [[runtime, worker, sentence]]: workers that one function holds up
    /// checks     [place, name, status, critical, milliseconds, output]
    /// incidents  [[id, at, sentence, is open]], the latest first
    /// objectives as `/objectives` has them
    /// level      {filter, default, reverts_at}, or null where the log is not the runtime's
    /// loudest    [bytes of all lines since the start, [level, target, source, lines, bytes]] of the places
    ///            that have written the most, with the loudest first
    /// targets    that the log is known to have
    /// system     {cpu_seconds, resident_bytes, open_fds, max_fds, threads, workers, tasks, queued, busy_seconds}
    /// ```
    ///
    /// From `failures` on, what has not changed is left out.
    pub(crate) fn document(&self, known: Known<'_>) -> String {
        let known = if known.process == self.process {
            known.number
        } else {
            0
        };
        let mut state = self.state();
        state.refresh(&self.functions);
        let state = &mut *state;
        // Parts that do not come from a reading may have changed since the last document.
        state.number += 1;
        if state.shown.reading != Some(state.now.at) {
            state.print_rows(&self.functions);
        }
        let mut shown = std::mem::take(&mut state.shown);
        shown.failures.refresh(self, state.number);
        shown.parts.refresh(&self.around, state.number);
        let mut out = self.head(state);
        if known == 0 {
            self.print_functions(&mut out);
        }
        shown.rows.print(&mut out, "rows", known);
        let columns = state.history.after(known, MAX_IN_COLUMNS);
        list(&mut out, "columns", columns, print_column);
        shown.failures.print(&mut out, known);
        shown.parts.print(&mut out, known);
        state.shown = shown;
        out.push('}');
        out
    }

    /// Returns everything whose size does not depend on the number of functions, without its
    /// closing brace.
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
        let links = &self.around.links;
        let links = json!({ "trace": links.trace, "source": links.source });
        let _ = write!(out, ",\"links\":{links}");
        let mut all: Vec<&'static [f64]> = vec![&HTTP_BUCKETS];
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
}

impl State {
    /// Prints the row of every function and route, and notes which have changed.
    fn print_rows(&mut self, functions: &[Function]) {
        let mut shown = std::mem::take(&mut self.shown);
        let bases = WINDOWS.map(|window| self.base(window));
        let mut row = String::new();
        for (id, function) in functions.iter().enumerate() {
            let now = &self.now.counts[id];
            let [ok, errors, cancelled] = now.ended;
            let since = self.oldest.since(id, now).map_or(0, milliseconds);
            row.clear();
            let _ = write!(
                row,
                "[{id},[{ok},{errors},{cancelled}],{},{since}",
                now.in_flight
            );
            for base in bases {
                let before = &base.counts[id];
                row.push(',');
                if Arc::ptr_eq(now, before) || now.ended == before.ended {
                    row.push('0');
                } else {
                    let slowest = function.slowest();
                    print::window(&mut row, &now.since(before), function.bounds(), slowest);
                }
            }
            row.push(']');
            shown.rows.set(id, &row, self.number);
        }
        shown.parts.print_routes(&self.now, bases, self.number);
        shown.reading = Some(self.now.at);
        self.shown = shown;
    }
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
