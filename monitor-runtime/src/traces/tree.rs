//! The tree of a trace's spans, as readers show it.

use std::collections::HashMap;

use super::span::Span;

/// A span in its place in the tree.
pub(crate) struct Node<'a> {
    pub(crate) span: &'a Span,
    /// The number of spans around it.
    pub(crate) depth: usize,
    /// Ticks in which no span inside it was running: its own work, or waiting for what is not
    /// recorded.
    pub(crate) own_ticks: u64,
    /// `true` if the span around it was left out; it then stands below the root.
    pub(crate) is_orphan: bool,
}

/// Returns the tree from the root down, siblings in the order of their beginnings.
///
/// `spans` are in the order of their beginnings; `now` ends those that are open.
pub(crate) fn tree(spans: &[Span], now: u64) -> Vec<Node<'_>> {
    let places: HashMap<u64, usize> = (0..)
        .zip(spans)
        .map(|(at, span)| (span.number, at))
        .collect();
    let parents: Vec<Option<usize>> = spans
        .iter()
        .enumerate()
        .map(|(at, span)| {
            let parent = places.get(&span.parent?).copied().unwrap_or(0);
            (at > 0).then_some(parent)
        })
        .collect();
    let mut inside = vec![Vec::new(); spans.len()];
    for (at, parent) in parents.iter().enumerate() {
        if let Some(parent) = parent {
            inside[*parent].push(at);
        }
    }
    let mut nodes = Vec::with_capacity(spans.len());
    // The last is the next.
    let mut pending: Vec<(usize, usize)> = spans.first().map(|_| (0, 0)).into_iter().collect();
    while let Some((at, depth)) = pending.pop() {
        let span = &spans[at];
        nodes.push(Node {
            span,
            depth,
            own_ticks: own_ticks(span, inside[at].iter().map(|at| &spans[*at]), now),
            is_orphan: span
                .parent
                .is_some_and(|parent| !places.contains_key(&parent)),
        });
        let next = inside[at].iter().rev();
        pending.extend(next.map(|inner| (*inner, depth + 1)));
    }
    nodes
}

/// Returns the ticks of a span that none of the spans inside it covers. They may overlap.
fn own_ticks<'a>(span: &Span, inside: impl Iterator<Item = &'a Span>, now: u64) -> u64 {
    let end = span.end_or(now);
    let mut own = end.saturating_sub(span.began);
    // In the order of their beginnings.
    let mut covered = span.began;
    for inner in inside {
        let from = inner.began.max(covered);
        let to = inner.end_or(now).min(end);
        own = own.saturating_sub(to.saturating_sub(from));
        covered = covered.max(to);
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::outcome::Outcome;
    use crate::traces::span::{Detail, Subject};
    use crate::traces::waits::Waits;

    fn span(number: u64, parent: u64, began: u64, ended: u64) -> Span {
        Span {
            number,
            parent: (number > 0).then_some(parent),
            subject: Subject::Task(std::panic::Location::caller()),
            began,
            ended: (ended > 0).then_some((ended, Outcome::Ok)),
            waits: Waits::default(),
            detail: Detail::default(),
        }
    }

    fn shown(spans: &[Span], now: u64) -> Vec<(u64, usize, u64, bool)> {
        let nodes = tree(spans, now);
        nodes
            .iter()
            .map(|node| (node.span.number, node.depth, node.own_ticks, node.is_orphan))
            .collect()
    }

    #[test]
    fn own_time_is_what_no_inner_span_covers() {
        let spans = [
            span(0, 0, 100, 200),
            span(1, 0, 110, 150),
            // Beside the first, as in `join!`.
            span(2, 0, 120, 160),
            span(3, 1, 115, 125),
            // Outlives the span around it, as a task does.
            span(4, 0, 190, 250),
        ];
        assert_eq!(
            shown(&spans, 300),
            [
                (0, 0, 40, false),
                (1, 1, 30, false),
                (3, 2, 10, false),
                (2, 1, 40, false),
                (4, 1, 60, false)
            ]
        );
    }

    #[test]
    fn an_open_span_ends_now_and_an_orphan_stands_below_the_root() {
        let spans = [span(0, 0, 100, 0), span(7, 5, 120, 0), span(9, 7, 130, 140)];
        assert_eq!(
            shown(&spans, 200),
            [(0, 0, 20, false), (7, 1, 70, true), (9, 2, 10, false)]
        );
        assert_eq!(shown(&[], 0), []);
    }
}
