//! The value of a setting with its source, and the error for one that is not valid.

use std::ffi::OsString;
use std::fmt;
use std::time::Duration;

use super::{Env, SETTINGS, Setting};
use crate::base::escape::spelled_out;
use crate::base::redact::{HIDDEN, is_secret, without_secrets};

/// An invalid setting: its name, its value, and the values that are allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    pub(super) setting: String,
    pub(super) value: String,
    pub(super) problem: String,
    pub(super) allowed: &'static str,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            setting,
            value,
            problem,
            allowed,
        } = self;
        let text = format!("{setting}={value:?}: {problem}; allowed: {allowed}");
        // `Debug` shows some invisible characters as they are, such as U+1160.
        f.write_str(&spelled_out(&text))
    }
}

impl std::error::Error for ConfigError {}

/// A value and its source.
#[derive(Clone)]
pub(super) struct Given {
    pub(super) setting: &'static Setting,
    source: String,
    pub(super) value: String,
}

impl Given {
    /// Returns the builder's value, else the environment's. An empty variable counts as not set.
    pub(super) fn find(
        setting: &'static Setting,
        builder: Option<String>,
        env: Env<'_>,
    ) -> Result<Option<Self>, ConfigError> {
        Self::find_as(setting, setting.variable, builder, env)
    }

    /// Returns the value of a setting under another name than that of its table.
    pub(super) fn find_as(
        setting: &'static Setting,
        name: &str,
        builder: Option<String>,
        env: Env<'_>,
    ) -> Result<Option<Self>, ConfigError> {
        let of_builder = builder.is_some();
        let value = match (builder, variable(env, name)) {
            (Some(value), _) => Ok(value),
            (None, Some(value)) => value.clone().into_string(),
            (None, None) => return Ok(None),
        };
        let given = |value: &str| Self {
            setting,
            source: match setting.method {
                // The builder's method takes the name of a variable.
                "otel" => name.to_owned(),
                method if of_builder => format!("Builder::{method}"),
                _ => name.to_owned(),
            },
            value: value.to_owned(),
        };
        match value {
            Ok(value) if of_builder => Ok(Some(given(value.trim()))),
            Ok(value) if bare(&value).is_empty() => Ok(None),
            Ok(value) => Ok(Some(given(bare(&value)))),
            Err(raw) => Err(given(&raw.to_string_lossy()).refuse("is not UTF-8")),
        }
    }

    /// Returns `true` if the value is this word, in upper or lower case.
    pub(super) fn says(&self, word: &str) -> bool {
        self.value.eq_ignore_ascii_case(word)
    }

    /// Returns a duration of at most an hour, `None` for `off`, or the default without a value.
    pub(super) fn limit(
        given: Option<Self>,
        default: Duration,
        least: Duration,
    ) -> Result<Option<Duration>, ConfigError> {
        const MOST: Duration = Duration::from_secs(3600);
        let Some(given) = given else {
            return Ok(Some(default));
        };
        if given.says("off") {
            return Ok(None);
        }
        match humantime::parse_duration(&given.value) {
            Ok(limit) if limit < least => Err(given.refuse("is too short")),
            Ok(limit) if limit > MOST => Err(given.refuse("is too long")),
            Ok(limit) => Ok(Some(limit)),
            Err(problem) => Err(given.refuse(format_args!("is not a duration ({problem})"))),
        }
    }

    /// Returns another value with the same source.
    pub(super) fn with(&self, value: &str) -> Self {
        let value = value.to_owned();
        Self {
            value,
            ..self.clone()
        }
    }

    pub(super) fn refuse(self, problem: impl fmt::Display) -> ConfigError {
        // A secret stays out of the message.
        let is_secret =
            is_secret(self.setting.variable) || self.setting.variable.ends_with("_HEADERS");
        let value = if is_secret {
            format!("<{} characters>", self.value.chars().count())
        } else {
            without_login(without_secrets(self.value))
        };
        ConfigError {
            setting: self.source,
            value,
            // A problem may quote a part of the value.
            problem: without_secrets(problem.to_string())
                .split(' ')
                .map(|word| without_login(word.to_owned()))
                .collect::<Vec<_>>()
                .join(" "),
            allowed: self.setting.allowed,
        }
    }
}

/// Returns the value of a variable without white space, byte order marks and quotes around it.
///
/// Shells and systemd remove quotes, but `docker run --env-file` and a Kubernetes manifest keep them. A file with
/// line ends of Windows leaves a `\r`.
fn bare(value: &str) -> &str {
    let value = trimmed(value);
    trimmed(inside_quotes(value).unwrap_or(value))
}

fn trimmed(value: &str) -> &str {
    value.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

/// Returns the text in a pair of quotes around it.
pub(super) fn inside_quotes(value: &str) -> Option<&str> {
    let mut quotes = ['"', '\''].into_iter();
    quotes.find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
}

/// Returns a warning for each variable with quotes around its value, which are removed.
pub(super) fn quoted(env: Env<'_>) -> Vec<String> {
    let is_quoted = |setting: &&'static Setting| {
        let value = variable(env, setting.variable).and_then(|value| value.to_str());
        value.is_some_and(|value| inside_quotes(trimmed(value)).is_some())
    };
    let warning = |setting: &Setting| {
        let name = setting.variable;
        format!(
            "the variable {name} has quotes around its value, which are removed: write the value without them"
        )
    };
    let read = SETTINGS.iter().filter(|setting| setting.missing.is_none());
    read.filter(is_quoted).map(warning).collect()
}

/// Hides a login in text that is not a valid URL. A valid setting never contains one in that form.
fn without_login(value: String) -> String {
    match value.rsplit_once('@') {
        Some((login, host)) if login.contains(':') && !login.ends_with(HIDDEN) => {
            format!("{HIDDEN}@{host}")
        }
        _ => value,
    }
}

pub(super) fn variable<'e>(env: Env<'e>, name: &str) -> Option<&'e OsString> {
    let found = env.iter().find(|(variable, _)| variable == name);
    found.map(|(_, value)| value)
}
