//! Applies the parameters of the query of `/rules.yaml` and `/grafana.json`.

use super::dashboard::Dashboard;
use super::rules::Rules;
use super::scope::ParameterError;

/// A document that parameters can adjust.
pub(crate) trait Parameters: Sized {
    /// Its path, and the parameters it accepts.
    const TAKES: &'static str;

    /// Applies one parameter; `None` if there is no parameter of that name.
    fn with(self, name: &str, value: &str) -> Option<Result<Self, ParameterError>>;

    /// Applies parameters in their order.
    fn with_all(self, parameters: &[(String, String)]) -> Result<Self, ParameterError> {
        parameters.iter().try_fold(self, |this, (name, value)| {
            let unknown =
                || ParameterError::new(name, value, format!("no such parameter; {}", Self::TAKES));
            this.with(name, value).ok_or_else(unknown)?
        })
    }
}

impl Parameters for Rules {
    const TAKES: &'static str = "/rules.yaml takes by=env, selector=env=\"prod\", label=team=payments and annotation=note=text";

    fn with(self, name: &str, value: &str) -> Option<Result<Self, ParameterError>> {
        Some(match name {
            "by" => self.by(value),
            "selector" => self.selector(value),
            "label" => pair(name, value).and_then(|(key, value)| self.label(key, value)),
            "annotation" => pair(name, value).and_then(|(key, value)| self.annotation(key, value)),
            _ => return None,
        })
    }
}

impl Parameters for Dashboard {
    const TAKES: &'static str = "/grafana.json takes by=env and selector=env=\"prod\"";

    fn with(self, name: &str, value: &str) -> Option<Result<Self, ParameterError>> {
        Some(match name {
            "by" => self.by(value),
            "selector" => self.selector(value),
            _ => return None,
        })
    }
}

/// Splits `name=value` of an additional label or annotation.
fn pair<'a>(parameter: &str, given: &'a str) -> Result<(&'a str, &'a str), ParameterError> {
    given.split_once('=').ok_or_else(|| {
        let fix = "a name, `=` and a value are wanted, such as `team=payments`";
        ParameterError::new(parameter, given, fix)
    })
}
