//! Finds variables that are given, but that only a part reads which is not built.

use super::given::Given;
use super::{ConfigError, Env, Setting};
use crate::base::escape::spelled_out;

/// Returns a warning for each variable of a setting that this build does not read. It names the variable, its
/// value, and the feature that reads it. A secret is not shown.
pub(super) fn unread(settings: &'static [Setting], env: Env<'_>) -> Vec<String> {
    let warning = |setting: &'static Setting| {
        let feature = setting.missing?;
        let error = match Given::find(setting, None, env) {
            // The part is off, as the variable says.
            Ok(given) if given.as_ref().is_some_and(|given| given.says("off")) => return None,
            Ok(given) => given?.refuse("is not read"),
            Err(error) => error,
        };
        let ConfigError { setting, value, .. } = error;
        let text = format!(
            "{setting}={value:?} has no effect: monitor-runtime is built without its feature `{feature}`; add the \
             feature to the dependency, or remove the variable"
        );
        Some(spelled_out(&text).into_owned())
    };
    settings.iter().filter_map(warning).collect()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::super::{MONITOR_ADDR, MONITOR_DRAIN, MONITOR_TOKEN, SENTRY_DSN, SETTINGS};
    use super::*;

    const fn without(setting: Setting) -> Setting {
        Setting {
            missing: Some("part"),
            ..setting
        }
    }

    fn warned(env: &[(&str, &str)]) -> Vec<String> {
        const ALL: &[Setting] = &[
            without(MONITOR_ADDR),
            without(MONITOR_TOKEN),
            without(SENTRY_DSN),
            MONITOR_DRAIN,
        ];
        let own = |(name, value): &(&str, &str)| (OsString::from(name), OsString::from(value));
        unread(ALL, &env.iter().map(own).collect::<Vec<_>>())
    }

    #[test]
    fn a_variable_of_a_part_that_is_not_built_is_named_with_value_and_feature() {
        let warnings = warned(&[("MONITOR_ADDR", "0.0.0.0:1"), ("MONITOR_DRAIN", "5s")]);
        let expected = "MONITOR_ADDR=\"0.0.0.0:1\" has no effect: monitor-runtime is built without its feature \
                        `part`; add the feature to the dependency, or remove the variable";
        assert_eq!(warnings, [expected]);
    }

    #[test]
    fn secrets_of_a_part_that_is_not_built_stay_hidden() {
        for (variable, value) in [
            ("MONITOR_TOKEN", "s3cr3t"),
            ("SENTRY_DSN", "https://s3cr3t@sentry.example/1"),
            ("SENTRY_DSN", "https://s3cr3t:s3cr3t@sentry.example/1"),
        ] {
            let [warning] = &warned(&[(variable, value)])[..] else {
                panic!("one warning for {variable}");
            };
            assert!(warning.starts_with(variable), "{warning}");
            assert!(!warning.contains("s3cr3t"), "{warning}");
        }
    }

    #[test]
    fn a_variable_that_asks_for_nothing_needs_no_part() {
        let asking = [
            ("MONITOR_ADDR", "Off"),
            ("MONITOR_TOKEN", " "),
            ("PATH", "/bin"),
        ];
        assert_eq!(warned(&asking), [""; 0]);
    }

    #[test]
    fn a_build_with_all_features_reads_every_setting() {
        let own = |setting: &Setting| (OsString::from(setting.variable), OsString::from("x"));
        let env: Vec<_> = SETTINGS.iter().map(own).collect();
        let missing = SETTINGS.iter().filter(|setting| setting.missing.is_some());
        assert_eq!(unread(SETTINGS, &env).len(), missing.count());
    }
}
