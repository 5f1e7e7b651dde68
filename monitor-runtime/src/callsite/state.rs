//! The part of a call site that its first call makes.

use std::sync::OnceLock;

use super::counters::Shards;
use super::error_classes::Classes;
use super::events::Events;
use super::labels::LabelSets;
use super::objective_counts::Unsuccessful;
use super::rate_limits::Limits;
use super::recent_calls::Recent;
use crate::base::rate_limit::Limit;

/// The state of a call site, made on its first call.
pub(super) struct State {
    /// Counts calls without labels, and calls whose labels are all `other`.
    pub(super) store: Shards,
    pub(super) label_sets: LabelSets,
    pub(super) classes: Classes,
    pub(super) own_ticks: OnceLock<Box<[u64]>>,
    pub(super) limits: Limits,
    pub(super) recent: Recent,
    pub(super) function: OnceLock<String>,
    pub(super) events: OnceLock<Events>,
    pub(super) unsuccessful: Unsuccessful,
    pub(super) slow_poll_lines: Limit,
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            store: Shards(OnceLock::new()),
            label_sets: LabelSets::new(),
            classes: Classes::new(),
            own_ticks: OnceLock::new(),
            limits: Limits::new(),
            recent: Recent::default(),
            function: OnceLock::new(),
            events: OnceLock::new(),
            unsuccessful: Unsuccessful::default(),
            slow_poll_lines: Limit::new(),
        }
    }
}
