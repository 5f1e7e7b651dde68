//! The room without the feature `otlp`: nothing is exported.

use std::io;
use std::time::Duration;

use crate::metrics::Page;
use crate::settings::config::Config;

/// An exporter that exports nothing.
#[derive(Default)]
pub(crate) struct Exporter;

/// A plan to start none.
pub(crate) struct Plan;

impl Plan {
    pub(crate) fn new(_: &mut Config) -> Self {
        Self
    }

    #[expect(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "the signature with the feature"
    )]
    pub(crate) fn start(self, _: &Page) -> io::Result<Exporter> {
        Ok(Exporter)
    }
}

impl Exporter {
    pub(crate) fn stop(&self, _: Duration) {}
}

/// Returns the items so far: none.
pub(crate) fn items() -> impl Iterator<Item = (&'static str, &'static str, u64)> {
    std::iter::empty()
}

pub(crate) fn is_flushed() -> bool {
    true
}

pub(crate) fn switch_off() {}
