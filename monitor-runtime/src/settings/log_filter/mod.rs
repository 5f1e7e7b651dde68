//! Parses the directives that decide which spans and events are logged; `trace` applies them.

mod recorded;
mod targets;
mod words;

use std::str::FromStr;
use std::time::Duration;

use tracing_subscriber::filter::{EnvFilter, LevelFilter};

pub(crate) use recorded::RecordDirectives;
pub(crate) use targets::{note, note_functions, targets};

use crate::base::escape::spelled_out;
use crate::base::redact::without_secrets;

/// The longest filter that can be set while the process runs, in bytes.
const MAX_TEXT_BYTES: usize = 4096;
/// The longest time that a filter can be set for.
pub(crate) const MAX_TIME: Duration = Duration::from_secs(24 * 60 * 60);

/// The valid directives, for an error about one that is not.
const ALLOWED: &str = "a level (off, error, warn, info, debug, trace, or 0 to 5) or target=level, several with \
                       commas, such as `info,my_crate=debug`";

/// A filter, and the directives it was made from.
#[derive(Debug)]
pub(crate) struct LogDirectives {
    pub(crate) filter: EnvFilter,
    pub(crate) text: String,
    /// `true` if a directive is about spans or fields, so that the filter has to see every span.
    pub(crate) follows_spans: bool,
}

impl Default for LogDirectives {
    fn default() -> Self {
        Self {
            filter: EnvFilter::new("info"),
            text: "info".to_owned(),
            follows_spans: false,
        }
    }
}

impl LogDirectives {
    /// Parses `RUST_LOG`: everything that `tracing_subscriber` understands, except text that it
    /// would take for the target of a crate that does not exist.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        // Trimmed here, because `EnvFilter` takes a directive behind a space for another one, or
        // panics.
        let directives: Vec<&str> = text.split(',').map(str::trim).collect();
        // Brackets contain commas and other characters of their own.
        let plain = directives
            .iter()
            .take_while(|one| !one.contains(['[', '{']));
        for directive in plain.filter(|directive| !directive.is_empty()) {
            check_loosely(directive).map_err(|problem| {
                let which = if directives.len() > 1 {
                    format!("{directive:?}: ")
                } else {
                    String::new()
                };
                without_secrets(which + &problem)
            })?;
        }
        Self::read(directives.join(","))
    }

    fn read(text: String) -> Result<Self, String> {
        let filter = EnvFilter::builder().parse(&text);
        let filter = filter.map_err(|problem| problem.to_string())?;
        Ok(Self {
            filter,
            follows_spans: text.contains('['),
            text,
        })
    }

    /// Returns a warning about a directive that is well formed but likely to be a mistake.
    pub(crate) fn mistake(&self) -> Option<String> {
        targets::mistaken(&self.text)
    }

    /// Returns `true` if no directive is for all targets or for the runtime, and not all are for errors alone:
    /// what the filter hides of the runtime's lines is then likely to be a mistake.
    pub(crate) fn forgets_runtime(&self) -> bool {
        let most = self.filter.max_level_hint();
        let shows_more = most.is_none_or(|most| most > LevelFilter::ERROR);
        shows_more && !self.text.contains("monitor_runtime") && !self.text.split(',').any(is_level)
    }

    /// Returns a hint about a directive that matches nothing the process is known to log.
    pub(crate) fn hint(&self) -> Option<String> {
        targets::unmatched(&self.text)
    }

    /// Parses a filter to set while the process runs: levels, by target or for all.
    ///
    /// Stricter than [`parse`](Self::parse), which accepts targets without a level.
    pub(crate) fn plain(text: &str) -> Result<Self, LogFilterError> {
        let refuse = |directive: &str, problem: String| LogFilterError::Invalid {
            directive: without_secrets(directive.to_owned())
                .chars()
                .take(100)
                .collect(),
            problem,
        };
        if text.len() > MAX_TEXT_BYTES {
            let problem = "the filter has more than 4096 bytes".to_owned();
            return Err(refuse(text, problem));
        }
        for directive in text.split(',').map(str::trim) {
            check(directive).map_err(|problem| refuse(directive, problem))?;
        }
        Self::parse(text).map_err(|problem| refuse(text, problem))
    }
}

impl LogDirectives {
    /// Returns these directives and one more.
    pub(crate) fn and_info_of(&self, target: &str) -> Self {
        // A later directive for the same target replaces an earlier one.
        let text = format!("{},{target}=info", self.text);
        Self::read(text).unwrap_or_default()
    }
}

/// Returns an error for a directive that a plain filter cannot have.
fn check(directive: &str) -> Result<(), String> {
    if directive.contains(['[', '{']) {
        return Err(
            "directives on spans and fields make every span of the process take a lock, so they \
             are for RUST_LOG and a restart"
                .to_owned(),
        );
    }
    if !directive.is_empty() {
        check_loosely(directive)?;
    }
    if directive.contains('=') || is_level(directive) {
        return Ok(());
    }
    Err("it is not a level; a target needs one, as in `target=trace`".to_owned())
}

/// Returns an error for a directive without spans and fields that is certainly a mistake.
fn check_loosely(directive: &str) -> Result<(), String> {
    let Some((target, level)) = directive.split_once('=') else {
        return check_word(directive);
    };
    if let Some(problem) = not_a_target(target) {
        return Err(format!("the text before `=` is not a target{problem}"));
    }
    if !targets::may_be(target) && is_word_for_all(target) {
        return Err(format!(
            "the text before `=` is not a target; for all targets write `{level}` alone"
        ));
    }
    if level.is_empty() || !is_level(level) {
        let meant = words::meant(level).map(|meant| format!("; did you mean `{target}={meant}`?"));
        let meant = meant.unwrap_or_default();
        return Err(format!("the text behind `=` is not a level{meant}"));
    }
    Ok(())
}

/// Returns an error for a directive without `=` that is neither a level nor a target.
fn check_word(word: &str) -> Result<(), String> {
    // `tracing` takes these digits for levels, so they are no mistake. Any other number is one.
    let is_digit = matches!(word.as_bytes(), [b'0'..=b'5']);
    let is_number = !is_digit && word.parse::<f64>().is_ok();
    if is_level(word) && !is_number {
        return Ok(());
    }
    let meant = || words::meant(word).map(|meant| format!("; did you mean `{meant}`?"));
    if let Some(problem) = not_a_target(word) {
        let problem = meant().unwrap_or(problem);
        return Err(format!("is neither a level nor a target{problem}"));
    }
    match meant() {
        // A crate may have such a name.
        Some(meant) if is_number || !targets::may_be(word) => {
            Err(format!("it is not a level{meant}"))
        }
        _ => Ok(()),
    }
}

/// Returns the reason why a text cannot begin a target.
fn not_a_target(text: &str) -> Option<String> {
    let in_target = |c: char| c.is_alphanumeric() || "_:-./".contains(c);
    let problem = match text.chars().find(|c| !in_target(*c)) {
        Some(';' | '|' | '&') => "; directives are separated by commas",
        Some(c) if c.is_whitespace() => "; directives are separated by commas",
        Some('"' | '\'' | '`') => "; write it without quotes",
        Some(_) => "",
        None if text.is_empty() || text.starts_with(['.', '/', ':', '-']) => "",
        None if text.replace("::", "").contains(':') => {
            "; a level stands behind `=`, as in `my_crate=debug`"
        }
        None => return None,
    };
    Some(problem.to_owned())
}

/// Returns `true` for a word by which other tools set one level for everything.
fn is_word_for_all(target: &str) -> bool {
    const WORDS: [&str; 12] = [
        "all",
        "default",
        "global",
        "level",
        "lvl",
        "log",
        "loglevel",
        "logging",
        "root",
        "rustlog",
        "severity",
        "verbosity",
    ];
    let bare = target.to_lowercase().replace(['-', '_', '.'], "");
    WORDS.contains(&bare.as_str())
}

fn is_level(word: &str) -> bool {
    // `tracing` parses an empty word as a level.
    !word.is_empty() && LevelFilter::from_str(word).is_ok()
}

fn is_off(word: &str) -> bool {
    LevelFilter::from_str(word).is_ok_and(|level| level == LevelFilter::OFF)
}

/// The log's filter at a moment; see [`Monitor::log_filter`](crate::Monitor::log_filter).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogFilter {
    /// The directives in effect.
    pub filter: String,
    /// The directives that `start()` was given, to which a reset returns.
    pub default: String,
    /// The time until it goes back by itself; `None` if it does not.
    pub reverts_in: Option<Duration>,
    /// A warning after it was set: a directive that matches no target the process is known to have.
    pub hint: Option<String>,
}

/// A reason why the log's filter was not set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogFilterError {
    /// A directive cannot be used.
    #[error(
        "the filter's directive {} cannot be used: {}; allowed: {ALLOWED}",
        spelled_out(&format!("{directive:?}")),
        spelled_out(problem)
    )]
    Invalid {
        /// The directive; a long one is cut.
        directive: String,
        /// The fault of the directive.
        problem: String,
    },
    /// The time is zero or too long.
    #[error("the filter cannot be set for {0:?}; allowed: a time above 0 and up to 24h")]
    Time(Duration),
    /// The process had a subscriber before `start()`.
    #[error(
        "the log's subscriber was installed by the service, not by start(): put a \
         tracing_subscriber::reload::Layer around its filter to change it, or leave it to start()"
    )]
    NotOurs,
    /// The system gave no thread to set it back later; the filter is unchanged.
    #[error("the filter was not set: the system has no thread to set it back in time")]
    NoThread,
}

#[cfg(test)]
mod tests;
