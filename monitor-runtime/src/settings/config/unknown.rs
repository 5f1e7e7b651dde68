//! Finds environment variables that look like settings but are not: most are misspelt.

use std::borrow::Cow;
use std::ffi::OsString;

use super::{SETTINGS, Setting};

/// The prefix of the runtime's own variables.
const PREFIX: &str = "MONITOR_";
/// The number of variables that get a warning each; an application may have its own with this
/// prefix.
const MAX_WARNINGS: usize = 10;
/// The longest name that is compared, in bytes.
const MAX_NAME_BYTES: usize = 100;
/// Names from other tools, and the setting with the same effect here.
const OTHER_NAMES: [(&str, &str); 7] = [
    ("MONITOR_PORT", "MONITOR_ADDR"),
    ("MONITOR_HOST", "MONITOR_ADDR"),
    ("MONITOR_LISTEN", "MONITOR_ADDR"),
    ("MONITOR_LOG", "RUST_LOG"),
    ("MONITOR_LEVEL", "RUST_LOG"),
    ("MONITOR_LOG_LEVEL", "RUST_LOG"),
    ("MONITOR_SAMPLE_RATE", "SENTRY_TRACES_SAMPLE_RATE"),
];

/// Returns a warning for each variable that no setting has, with the setting that was probably
/// meant.
///
/// It never contains a value: that of a misspelt `MONITOR_TOKEN` is a token.
pub(super) fn unknown(variables: &[(OsString, OsString)]) -> Vec<String> {
    let mut unknown: Vec<Cow<'_, str>> = variables.iter().filter_map(misspelt).collect();
    unknown.sort_unstable();
    let left_out = unknown.len().saturating_sub(MAX_WARNINGS);
    let named = unknown.into_iter().take(MAX_WARNINGS).map(|name| {
        let (nearest, distance) = nearest(&name, MAX_NAME_BYTES);
        let warning = format!("the variable {name} has no effect: no setting has this name");
        // With more than half of its letters replaced, any name is like any other.
        if distance <= 1 || distance * 2 <= name.len().saturating_sub(PREFIX.len()) {
            format!("{warning}; the nearest is {nearest}")
        } else {
            warning
        }
    });
    let rest = format!("{left_out} more variables that begin with {PREFIX} have no effect");
    named.chain((left_out > 0).then_some(rest)).collect()
}

/// Returns the name of a variable that looks like a setting but is not one.
fn misspelt((name, value): &(OsString, OsString)) -> Option<Cow<'_, str>> {
    let name = name.to_string_lossy();
    if name.len() > MAX_NAME_BYTES || SETTINGS.iter().any(|setting| setting.variable == name) {
        return None;
    }
    let begin = name.as_bytes().get(..PREFIX.len());
    if begin.is_some_and(|begin| begin.eq_ignore_ascii_case(PREFIX.as_bytes())) {
        return (!is_service_link(&name, &value.to_string_lossy())).then_some(name);
    }
    // Other programs have variables with these prefixes, too: `SENTRY_ORG`,
    // `OTEL_EXPORTER_OTLP_ENDPOINT`.
    let (_, distance) = nearest(&name, 1);
    (distance <= 1).then_some(name)
}

/// Returns `true` for a variable that Kubernetes or Docker sets for a service whose name begins with
/// `monitor`: <https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables>.
fn is_service_link(name: &str, value: &str) -> bool {
    const PROTOCOLS: [&str; 3] = ["TCP", "UDP", "SCTP"];
    let is_url = || {
        let (scheme, _) = value.split_once("://").unwrap_or_default();
        PROTOCOLS
            .iter()
            .any(|protocol| scheme.eq_ignore_ascii_case(protocol))
    };
    let is_port = |rest: &str| {
        let (digits, rest) = rest.split_once('_').unwrap_or_default();
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number && PROTOCOLS.iter().any(|protocol| rest.starts_with(protocol))
    };
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || (name.ends_with("_PORT") && is_url())
        || name
            .match_indices("_PORT_")
            .any(|(at, port)| is_port(&name[at + port.len()..]))
}

/// Returns the variable of the setting that a name is most like, and the number of edits between
/// them. One that is more than `most` edits away may be any.
///
/// A setting is also known by its builder's method, as in `MONITOR_SENTRY_DSN`, and by
/// [`OTHER_NAMES`].
fn nearest(name: &str, most: usize) -> (&'static str, usize) {
    let name = name.to_ascii_uppercase();
    // A process may have a thousand variables: Kubernetes sets seven for each service of a namespace.
    let to = |known: &str| match name.len().abs_diff(known.len()) {
        edits if edits > most => edits,
        _ => distance(name.as_bytes(), known.as_bytes()),
    };
    let of_setting = |setting: &Setting| {
        let method = format!("{PREFIX}{}", setting.method.to_ascii_uppercase());
        (setting.variable, to(setting.variable).min(to(&method)))
    };
    let others = OTHER_NAMES
        .iter()
        .map(|(known, variable)| (*variable, to(known)));
    let distances = SETTINGS.iter().map(of_setting).chain(others);
    distances
        .min_by_key(|(_, distance)| *distance)
        .unwrap_or_default()
}

/// Counts the letters to be left out, put in, replaced, or exchanged with their neighbour.
fn distance(from: &[u8], to: &[u8]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (i, letter) in from.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, other) in to.iter().enumerate() {
            let replaced = row[j] + usize::from(letter != other);
            let mut least = replaced.min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && *letter == to[j - 1] && from[i - 1] == *other {
                least = least.min(before[j - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warned(variables: &[(&str, &str)]) -> Vec<String> {
        let own = |(name, value): &(&str, &str)| (OsString::from(name), OsString::from(value));
        unknown(&variables.iter().map(own).collect::<Vec<_>>())
    }

    #[test]
    fn a_misspelt_variable_is_told_with_the_nearest_setting_and_without_its_value() {
        for (name, nearest) in [
            ("MONITOR_TOEKN", "MONITOR_TOKEN"),
            ("MONITOR_LOGFORMAT", "MONITOR_LOG_FORMAT"),
            ("MONITOR_REDCAT", "MONITOR_REDACT"),
            ("MONITOR_ADDRESS", "MONITOR_ADDR"),
            ("monitor_token", "MONITOR_TOKEN"),
            ("SENTRY_DNS", "SENTRY_DSN"),
            ("SENTRY_ENVIROMENT", "SENTRY_ENVIRONMENT"),
            ("OTEL_SERVICENAME", "OTEL_SERVICE_NAME"),
            ("RUSTLOG", "RUST_LOG"),
            ("MONITOR_PROT", "MONITOR_ADDR"),
            ("monitor_log", "RUST_LOG"),
            ("MONITOR_LOG_LEVEL", "RUST_LOG"),
            ("MONITOR_SENTRY_DSN", "SENTRY_DSN"),
            ("MONITOR_SERVICENAME", "OTEL_SERVICE_NAME"),
            ("Monitor-Token", "MONITOR_TOKEN"),
        ] {
            let warnings = warned(&[(name, "hunter2"), ("PATH", "/bin")]);
            let [warning] = &warnings[..] else {
                panic!("{name}: {warnings:?}");
            };
            assert!(
                warning.contains(&format!("variable {name} has")),
                "{warning}"
            );
            assert!(
                warning.ends_with(&format!("nearest is {nearest}")),
                "{warning}"
            );
            assert!(!warning.contains("hunter2"), "{warning}");
        }
    }

    #[test]
    fn variables_of_others_are_theirs() {
        let theirs = [
            ("MONITOR_SERVICE_HOST", "10.0.0.1"),
            ("MONITOR_SERVICE_PORT", "9464"),
            ("MONITOR_SERVICE_PORT_METRICS", "9464"),
            ("MONITOR_PORT", "tcp://10.0.0.1:9464"),
            ("MONITOR_PORT_9464_TCP", "tcp://10.0.0.1:9464"),
            ("MONITOR_PORT_9464_TCP_ADDR", "10.0.0.1"),
            ("MONITOR_PORT_9464_TCP_PORT", "9464"),
            ("MONITOR_PORT_53_UDP_PROTO", "udp"),
            ("MONITOR_ALERTS_SERVICE_HOST", "10.0.0.1"),
            ("MONITOR_ALERTS_PORT", "tcp://10.0.0.1:9464"),
            ("SENTRY_ORG", "shop"),
            ("SENTRY_AUTH_TOKEN", "x"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://h"),
            ("RUST_BACKTRACE", "1"),
            ("MONITORING", "1"),
        ];
        assert_eq!(warned(&theirs), [""; 0]);
        assert_eq!(warned(&[("MONITOR_PORT", "9464")]).len(), 1);
    }

    #[test]
    fn a_name_that_is_like_none_leads_to_none() {
        for name in ["MONITOR_X", "MONITOR_WINDOW_WIDTH", "monitor_queue"] {
            let warned = warned(&[(name, "1")]);
            let expected = format!("the variable {name} has no effect: no setting has this name");
            assert_eq!(warned, [expected]);
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_name_that_is_not_utf_8_is_told_as_far_as_it_can_be_read() {
        use std::os::unix::ffi::OsStringExt;
        let name = OsString::from_vec(b"MONITOR_TOK\xffEN".to_vec());
        let [warning] = &unknown(&[(name, "hunter2".into())])[..] else {
            panic!("one warning");
        };
        assert!(warning.ends_with("nearest is MONITOR_TOKEN"), "{warning}");
    }

    #[test]
    fn an_application_with_many_of_its_own_is_not_flooded() {
        let names: Vec<String> = (0..30)
            .map(|number| format!("MONITOR_OWN_{number:02}"))
            .collect();
        let variables: Vec<_> = names.iter().map(|name| (name.as_str(), "")).collect();
        let warnings = warned(&variables);
        assert_eq!(warnings.len(), 11);
        assert!(warnings[10].starts_with("20 more"), "{warnings:?}");
    }
}
