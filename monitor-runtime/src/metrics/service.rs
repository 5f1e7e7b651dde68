//! The labels by which series name the service.

use super::text_format::label;

/// The process as `build_info` and the `service_name` label describe it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Service {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) commit: String,
    pub(crate) branch: String,
}

impl Service {
    /// Returns the labels of `build_info`.
    pub(super) fn build(&self) -> String {
        [
            label("version", &self.version),
            label("commit", &self.commit),
            label("branch", &self.branch),
            self.label(),
        ]
        .join(",")
    }

    pub(super) fn label(&self) -> String {
        label("service_name", &self.name)
    }
}
