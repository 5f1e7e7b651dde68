//! Directives that say which spans and events are logged: read here, applied by `trace`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use tracing_subscriber::filter::{EnvFilter, LevelFilter};

use crate::redact::without_secrets;

/// The longest filter that is taken while the process runs, in bytes.
const LONGEST_TEXT: usize = 4096;
/// The longest time that a filter can be set for.
pub(crate) const LONGEST_TIME: Duration = Duration::from_secs(24 * 60 * 60);

/// What a directive may be, for those whose was none.
const ALLOWED: &str = "a level (off, error, warn, info, debug, trace) or target=level, \
                       several with commas, such as `info,my_crate=debug`";

/// A filter, and the directives it was made of.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) filter: EnvFilter,
    pub(crate) text: String,
    /// Whether a directive is about spans or fields, so that the filter has to see every span.
    pub(crate) follows_spans: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            filter: EnvFilter::new("info"),
            text: "info".to_owned(),
            follows_spans: false,
        }
    }
}

impl Rules {
    /// What `RUST_LOG` may say: all that `tracing_subscriber` understands.
    pub(crate) fn parse(text: &str) -> Result<Self, impl fmt::Display + use<>> {
        // Trimmed here: its parser takes a directive behind a space for another one, or panics.
        let directives: Vec<&str> = text.split(',').map(str::trim).collect();
        let text = directives.join(",");
        EnvFilter::builder().parse(&text).map(|filter| Self {
            filter,
            follows_spans: text.contains('['),
            text,
        })
    }

    /// What may be set while the process runs: levels, by target or for all.
    ///
    /// Stricter than [`parse`](Self::parse), to which a misspelt level is a target to show all of.
    pub(crate) fn plain(text: &str) -> Result<Self, LogFilterError> {
        let refuse = |directive: &str, problem| LogFilterError::Invalid {
            directive: without_secrets(directive.to_owned())
                .chars()
                .take(100)
                .collect(),
            problem,
        };
        if text.len() > LONGEST_TEXT {
            return Err(refuse(text, "the filter has more than 4096 bytes"));
        }
        for directive in text.split(',').map(str::trim) {
            check(directive).map_err(|problem| refuse(directive, problem))?;
        }
        Self::parse(text).map_err(|_| refuse(text, "it is not a filter"))
    }
}

/// Why a directive is not one of a plain filter.
fn check(directive: &str) -> Result<(), &'static str> {
    if directive.contains(['[', '{']) {
        return Err(
            "directives on spans and fields make every span of the process take a lock, so they \
             are for RUST_LOG and a restart",
        );
    }
    let Some((target, level)) = directive.split_once('=') else {
        return if is_level(directive) {
            Ok(())
        } else {
            Err("it is not a level; a target needs one, as in `target=trace`")
        };
    };
    let in_target = |c: char| c.is_alphanumeric() || "_:-./".contains(c);
    if target.is_empty() || !target.chars().all(in_target) || target.starts_with(['.', '/']) {
        Err("what stands before `=` is not a target")
    } else if is_level(level) {
        Ok(())
    } else {
        Err("what stands behind `=` is not a level")
    }
}

fn is_level(word: &str) -> bool {
    // An empty word is a level to `tracing`.
    !word.is_empty() && LevelFilter::from_str(word).is_ok()
}

/// The log's filter at a moment; see [`Monitor::log_filter`](crate::Monitor::log_filter).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LogFilter {
    /// The directives that hold now.
    pub filter: String,
    /// Those that `start()` was given, and that a reset goes back to.
    pub default: String,
    /// The time until it goes back by itself; `None` if it does not, or has nowhere to go.
    pub reverts_in: Option<Duration>,
}

/// Why the log's filter was not set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogFilterError {
    /// A directive cannot be used.
    #[error("the filter's directive {directive:?} cannot be used: {problem}; allowed: {ALLOWED}")]
    Invalid {
        /// The directive; a long one is cut.
        directive: String,
        /// What is wrong with it.
        problem: &'static str,
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
    /// The thread that would have set it back could not be had; the filter is as it was.
    #[error("the filter was not set: the system has no thread to set it back in time")]
    NoThread,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_targets_are_taken() {
        for text in [
            "debug",
            "OFF",
            "info,hyper=warn",
            " info , my_crate::orders = debug",
            "3",
            "a-b.c/d=trace",
            "größe=info",
        ] {
            let text = text.replace(" = ", "=");
            let rules = Rules::plain(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert!(!rules.follows_spans && !rules.text.contains(' '), "{text}");
        }
    }

    #[test]
    fn a_refusal_names_the_directive_and_what_is_allowed() {
        for (text, directive, problem) in [
            ("", "", "not a level"),
            ("debgu", "debgu", "target=trace"),
            ("info,hyper", "hyper", "target=trace"),
            ("info,,warn", "", "not a level"),
            ("hyper=loud", "hyper=loud", "behind `=`"),
            ("hyper=", "hyper=", "behind `=`"),
            ("=info", "=info", "before `=`"),
            ("a=b=info", "a=b=info", "behind `=`"),
            ("two words=info", "two words=info", "before `=`"),
            ("[{user=7}]=debug", "[{user=7}]=debug", "take a lock"),
            ("shop[order]=debug", "shop[order]=debug", "take a lock"),
            ("x\u{202e}\n=info", r"x\u{202e}\n=info", "before `=`"),
        ] {
            let error = Rules::plain(text).expect_err(text).to_string();
            let named = format!("directive \"{directive}\" cannot");
            assert!(error.contains(&named) && error.contains(problem), "{error}");
            assert!(error.contains("allowed: a level"), "{error}");
        }
        let long = "a".repeat(5000);
        let error = Rules::plain(&long).expect_err("too long").to_string();
        assert!(error.contains("4096") && error.len() < 500, "{error}");
    }

    #[test]
    fn spaces_around_directives_mean_nothing() {
        // The parser below took these for other targets, or for invalid.
        let rules = Rules::parse("info, hyper=debug").unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(rules.filter.to_string(), "hyper=debug,info");
        // And it cuts this one inside of a character.
        assert!(Rules::parse("info,\u{3000}é=debug").is_ok());
        assert!(Rules::parse("[{user=7}]=debug").is_ok_and(|rules| rules.follows_spans));
    }
}
