//! The kinds of failure of the whole process, merged from those of each function.

use std::fmt::Write;

use serde_json::json;

use super::{Live, detail};
use crate::callsite::Site;
use crate::callsite::recent_calls;
use crate::callsite::recent_calls::Failure;

/// Kinds that are shown, unless more classes have failed.
const MAX_KINDS: usize = 20;
/// The most kinds that are shown.
const MAX_CLASSES: usize = 100;

/// The list in the latest document.
#[derive(Default)]
pub(super) struct Failures {
    /// The latest first.
    printed: Vec<Printed>,
    /// The number of the first document with this list; 0 before the first list.
    number: u64,
    /// The process's number of failures at that time.
    failed: u64,
}

struct Printed {
    kind: u64,
    version: u64,
    json: String,
    /// The number of the first document that contained it.
    number: u64,
}

impl Failures {
    /// Brings the list up to date for a document.
    pub(super) fn refresh(&mut self, live: &Live, number: u64) {
        let failed = recent_calls::failed();
        if self.number > 0 && self.failed == failed {
            return;
        }
        let mut before = std::mem::take(&mut self.printed);
        let shown = chosen(live).into_iter().map(|(id, site, failure)| {
            let same =
                |known: &Printed| (known.kind, known.version) == (failure.kind, failure.version);
            if let Some(place) = before.iter().position(same) {
                return before.swap_remove(place);
            }
            let mut shown = detail::failure(site, &failure);
            shown["id"] = json!(id);
            Printed {
                kind: failure.kind,
                version: failure.version,
                json: shown.to_string(),
                number,
            }
        });
        self.printed = shown.collect();
        (self.number, self.failed) = (number, failed);
    }

    /// Prints `,"failures":[…]` with what is new since a document. A kind that the document already
    /// had is its number alone.
    pub(super) fn print(&self, out: &mut String, known: u64) {
        if self.number <= known {
            return;
        }
        super::print::list(out, "failures", self.printed.iter(), |out, one| {
            if one.number > known {
                out.push_str(&one.json);
            } else {
                let _ = write!(out, "{}", one.kind);
            }
        });
    }
}

/// Returns the latest kind of each class of each function, and as many others as there is room for;
/// the latest first.
pub(super) fn chosen(live: &Live) -> Vec<(usize, &'static Site, Failure)> {
    let functions = live.functions.iter().enumerate();
    let mut all: Vec<_> = functions
        .flat_map(|(id, function)| {
            let failures = function.sites.iter();
            failures.flat_map(move |site| {
                let own = site.recent().failures().into_iter();
                own.map(move |failure| (id, *site, failure))
            })
        })
        .filter(|(.., failure)| failure.first)
        .collect();
    all.sort_by_key(|(.., failure)| std::cmp::Reverse(failure.call.at));
    let class = |(id, _, failure): &(usize, &Site, Failure)| (*id, detail::class(failure));
    let mut seen = std::collections::HashSet::new();
    let (mut chosen, others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|one| seen.insert(class(one)));
    chosen.truncate(MAX_CLASSES);
    let room = MAX_KINDS.saturating_sub(chosen.len());
    chosen.extend(others.into_iter().take(room));
    chosen.sort_by_key(|(.., failure)| std::cmp::Reverse(failure.call.at));
    chosen
}
