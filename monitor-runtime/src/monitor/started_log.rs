//! The log of a process that starts: what is installed, and what its settings get wrong.

use crate::base::rate_limit::Throttle;
use crate::logs;
use crate::monitor::subscriber::{self, Installed};
use crate::settings::log_filter::{LogDirectives, RecordDirectives};
use crate::settings::log_format::LogFormat;

/// The log after the start.
pub(super) struct StartedLog {
    subscriber: Installed,
    filter_mistake: Option<String>,
    filter_forgets_runtime: bool,
    record_mistake: Option<String>,
    is_recording: bool,
}

impl StartedLog {
    /// Installs the subscriber, unless the process already has one.
    pub(super) fn install(
        form: (LogFormat, bool),
        (filter, record_level): (LogDirectives, RecordDirectives),
        limit: Throttle,
    ) -> Self {
        let filter_mistake = filter.mistake();
        let filter_forgets_runtime = filter.forgets_runtime();
        let record_mistake = record_level.mistake();
        let is_recording = !record_level.is_empty();
        Self {
            subscriber: subscriber::install(form, (filter, record_level), limit),
            filter_mistake,
            filter_forgets_runtime,
            record_mistake,
            is_recording,
        }
    }

    /// Logs a line if the process had a subscriber before.
    pub(super) fn announce(&self) {
        if self.subscriber == Installed::Theirs {
            tracing::info!("logging through the subscriber that was already installed");
            logs::warn_if_hidden();
        }
    }

    /// Warns of settings that are likely to be a mistake or have no effect.
    pub(super) fn warn(&self) {
        let is_ours = self.subscriber == Installed::Ours;
        if let Some(mistake) = self.filter_mistake.as_ref().filter(|_| is_ours) {
            logs::warn_of_filter(mistake);
        } else if is_ours && self.filter_forgets_runtime {
            logs::warn_if_forgotten();
        }
        if self.is_recording && !is_ours {
            tracing::warn!(
                "MONITOR_RECORD_LEVEL has no effect: the log's subscriber was installed by the service, not by start()"
            );
        } else if let Some(mistake) = &self.record_mistake {
            tracing::warn!("MONITOR_RECORD_LEVEL: {mistake}");
        }
    }
}
