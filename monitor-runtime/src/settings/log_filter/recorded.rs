//! Directives on lines that are kept with their request, although the log does not show them.

use std::str::FromStr;

use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;

use super::{check, is_level};

/// Lines that a request's record keeps, although the log does not show them.
#[derive(Debug, Default)]
pub(crate) struct RecordDirectives {
    /// `None` without any.
    targets: Option<Targets>,
    text: String,
}

impl RecordDirectives {
    /// Parses levels by target.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let directives = text.split(',').map(str::trim);
        let directives: Vec<&str> = directives
            .filter(|directive| !directive.is_empty())
            .collect();
        for directive in &directives {
            if is_level(directive) {
                return Err(format!(
                    "{directive:?} has no target: the lines of every library would be made for every request; \
                     write `my_crate={directive}` for each crate of the service"
                ));
            }
            check(directive).map_err(|problem| format!("{directive:?}: {problem}"))?;
        }
        let text = directives.join(",");
        let targets = Targets::from_str(&text).map_err(|problem| problem.to_string())?;
        Ok(Self {
            targets: Some(targets),
            text,
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.targets.is_none()
    }

    pub(crate) fn admits(&self, metadata: &Metadata<'_>) -> bool {
        let targets = self.targets.as_ref();
        targets.is_some_and(|targets| targets.would_enable(metadata.target(), metadata.level()))
    }

    /// Returns the lowest level of all directives.
    pub(crate) fn max_level(&self) -> LevelFilter {
        let levels = self.targets.iter().flatten().map(|(_, level)| level);
        levels.max().unwrap_or(LevelFilter::OFF)
    }

    /// Returns a warning about a directive that is well formed but likely to be a mistake.
    pub(crate) fn mistake(&self) -> Option<String> {
        super::targets::misspelt(&self.text)
    }
}
