//! OpenTelemetry's variables, from the builder or from the environment.

use std::time::Duration;

use super::super::{ConfigError, Env, Given, SETTINGS, Setting};
use super::Signal;

/// The variables that are given; those of the builder win.
pub(super) struct OtelVariables<'a> {
    pub(super) given: &'a [(String, String)],
    pub(super) env: Env<'a>,
}

impl OtelVariables<'_> {
    /// Returns the value of a setting.
    pub(super) fn find(&self, setting: &'static Setting) -> Result<Option<Given>, ConfigError> {
        self.find_as(setting, setting.variable)
    }

    /// Returns the value of a setting for one signal: `OTEL_EXPORTER_OTLP_TRACES_HEADERS`, else
    /// `OTEL_EXPORTER_OTLP_HEADERS`.
    pub(super) fn find_for(
        &self,
        setting: &'static Setting,
        signal: Signal,
    ) -> Result<Option<Given>, ConfigError> {
        match self.find_own(setting, signal)? {
            Some(given) => Ok(Some(given)),
            None => self.find(setting),
        }
    }

    /// Returns the value of a setting that is given for one signal alone.
    pub(super) fn find_own(
        &self,
        setting: &'static Setting,
        signal: Signal,
    ) -> Result<Option<Given>, ConfigError> {
        self.find_as(setting, &own_name(setting, signal))
    }

    fn find_as(
        &self,
        setting: &'static Setting,
        variable: &str,
    ) -> Result<Option<Given>, ConfigError> {
        let mut given = self.given.iter().rev();
        let of_builder = given.find(|(name, _)| name == variable);
        let of_builder = of_builder.map(|(_, value)| value.clone());
        Given::find_as(setting, variable, of_builder, self.env)
    }

    /// Returns `true` if a setting is `true`.
    pub(super) fn is_true(&self, setting: &'static Setting) -> Result<bool, ConfigError> {
        match self.find(setting)? {
            None => Ok(false),
            Some(given) if given.says("true") => Ok(true),
            Some(given) if given.says("false") => Ok(false),
            Some(given) => Err(given.refuse("is neither")),
        }
    }

    /// Returns a time that is given in milliseconds.
    pub(super) fn milliseconds(
        &self,
        setting: &'static Setting,
        default: u64,
    ) -> Result<Duration, ConfigError> {
        milliseconds(self.find(setting)?, default)
    }

    /// Refuses a variable of the builder that is no setting of the exporter.
    pub(super) fn check_names(&self) -> Result<(), ConfigError> {
        let is_known = |name: &str| {
            let mut all = SETTINGS.iter().filter(|setting| setting.method == "otel");
            all.any(|setting| {
                let mut own = Signal::ALL.iter().map(|signal| own_name(setting, *signal));
                setting.variable == name || own.any(|own| own == name)
            })
        };
        match self.given.iter().find(|(name, _)| !is_known(name)) {
            Some((name, _)) => Err(ConfigError::of_builder(
                "otel",
                name,
                "is not a variable that the OTLP exporter reads",
                "the variables of docs/otlp.md",
            )),
            None => Ok(()),
        }
    }
}

/// Returns the name that a setting of the exporter has for one signal.
fn own_name(setting: &Setting, signal: Signal) -> String {
    let signal = signal.as_str().to_ascii_uppercase();
    let own = format!("OTEL_EXPORTER_OTLP_{signal}_");
    setting.variable.replacen("OTEL_EXPORTER_OTLP_", &own, 1)
}

pub(super) fn milliseconds(given: Option<Given>, default: u64) -> Result<Duration, ConfigError> {
    const MOST: u64 = 3_600_000;
    let Some(given) = given else {
        return Ok(Duration::from_millis(default));
    };
    match given.value.parse() {
        Ok(time @ 1..=MOST) => Ok(Duration::from_millis(time)),
        Ok(_) => Err(given.refuse("is out of range")),
        Err(_) => Err(given.refuse("is not a whole number of milliseconds")),
    }
}
