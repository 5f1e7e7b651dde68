//! Selects the series for rules and a dashboard: one service, narrowed by matchers, in groups told
//! apart by labels.

mod parse;

use std::fmt;

use crate::metrics;

/// An invalid parameter of [`Rules`](super::Rules) or [`Dashboard`](super::Dashboard).
///
/// Its `Display` names the parameter, the value and the fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterError {
    parameter: String,
    value: String,
    problem: String,
}

impl ParameterError {
    pub(super) fn new(
        parameter: &str,
        value: impl Into<String>,
        problem: impl Into<String>,
    ) -> Self {
        Self {
            parameter: parameter.to_owned(),
            value: value.into(),
            problem: problem.into(),
        }
    }
}

impl fmt::Display for ParameterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            parameter,
            value,
            problem,
        } = self;
        write!(f, "{parameter}={value:?}: {problem}")
    }
}

impl std::error::Error for ParameterError {}

/// One matcher of a PromQL selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Matcher {
    pub(super) label: String,
    pub(super) operator: &'static str,
    pub(super) value: String,
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            label,
            operator,
            value,
        } = self;
        f.write_str(&matcher((label, operator, value)))
    }
}

/// The series of one service, and the labels that tell its groups apart.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    pub(super) service: String,
    /// Matchers beside that of the service's name.
    pub(super) matchers: Vec<Matcher>,
    /// Each once, in the order given.
    pub(super) by: Vec<String>,
}

/// Labels that the rules set or sum over, or that not every family has.
const TAKEN: [&str; 13] = [
    "service_name",
    "objective_name",
    "slo",
    "function",
    "module",
    "result",
    "error",
    "le",
    "version",
    "commit",
    "branch",
    "alertname",
    "severity",
];

impl Scope {
    pub(super) fn new(service: &str) -> Self {
        Self {
            service: service.to_owned(),
            matchers: Vec::new(),
            by: Vec::new(),
        }
    }

    /// Adds labels that tell groups apart, separated by commas.
    pub(super) fn by(&mut self, labels: &str) -> Result<(), ParameterError> {
        for label in labels.split(',') {
            self.add_by("by", labels, label.trim())?;
        }
        Ok(())
    }

    /// Adds matchers. Their labels tell groups apart, too: rules for two values of a label then
    /// record different series.
    pub(super) fn select(&mut self, matchers: &str) -> Result<(), ParameterError> {
        for matcher in parse::matchers(matchers)? {
            self.add_by("selector", matchers, &matcher.label)?;
            self.matchers.push(matcher);
        }
        Ok(())
    }

    fn add_by(&mut self, parameter: &str, given: &str, label: &str) -> Result<(), ParameterError> {
        label_name(parameter, given, label)?;
        if TAKEN.contains(&label) {
            return Err(ParameterError::new(
                parameter,
                given,
                format!(
                    "the label `{label}` is one that the runtime or the rules set; take one of the target, such as `env`"
                ),
            ));
        }
        if !self.by.iter().any(|known| known == label) {
            self.by.push(label.to_owned());
        }
        Ok(())
    }

    /// Returns `{service_name="shop",…}`, with these matchers behind those of the scope.
    pub(super) fn selector(&self, more: &[(&str, &str, &str)]) -> String {
        format!("{{{}}}", self.matchers(more))
    }

    /// Returns the matchers of [`selector`](Self::selector), without braces.
    pub(super) fn matchers(&self, more: &[(&str, &str, &str)]) -> String {
        let service = ("service_name", "=", self.service.as_str());
        let matchers = self.matchers.iter();
        let matchers = matchers.map(|matcher| {
            let Matcher {
                label,
                operator,
                value,
            } = matcher;
            (label.as_str(), *operator, value.as_str())
        });
        let all = [service].into_iter().chain(matchers);
        let all = all.chain(more.iter().copied()).map(matcher);
        all.collect::<Vec<_>>().join(",")
    }

    /// Returns the labels that series of one group have in common, with `more` behind them.
    pub(super) fn group(&self, more: &[&str]) -> String {
        let own = ["service_name"].into_iter();
        let by = self.by.iter().map(String::as_str);
        let more = more.iter().copied();
        let more = more.filter(|label| !self.by.iter().any(|known| known == label));
        own.chain(by).chain(more).collect::<Vec<_>>().join(", ")
    }
}

/// Returns a matcher, escaped in the same way as on the page of metrics.
fn matcher((label, operator, value): (&str, &str, &str)) -> String {
    format!("{label}{operator}\"{}\"", metrics::escape(value))
}

/// Returns an error for text that is not a valid name of a label, or that Prometheus reserves.
pub(super) fn label_name(parameter: &str, given: &str, label: &str) -> Result<(), ParameterError> {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let problem = if label.is_empty() {
        "the name of a label is missing; write it as in `env`"
    } else if !label.starts_with(first) || !label.chars().all(|c| first(c) || c.is_ascii_digit()) {
        "the name of a label has letters, digits and `_`, and does not begin with a digit, such as `env`"
    } else if label.starts_with("__") {
        "labels that begin with `__` are Prometheus' own and on no series; take one such as `env`"
    } else {
        return Ok(());
    };
    Err(ParameterError::new(parameter, given, problem))
}
