//! Quotes, spaces, line ends and byte order marks around the value of a variable.

use super::*;

/// `docker run --env-file` and manifests keep quotes, and a file of Windows ends its lines with `\r\n`.
#[test]
fn quotes_and_marks_around_a_variable_are_no_part_of_it() {
    for setting in SETTINGS {
        let value = match setting.variable {
            "MONITOR_ADDR" => "127.0.0.1:7",
            "MONITOR_TOKEN" => "0123456789abcdef",
            "MONITOR_LOG_FORMAT" => "json",
            "MONITOR_DRAIN" | "MONITOR_DRAIN_LIMIT" | "MONITOR_WATCHDOG" => "7s",
            "MONITOR_LABEL_SERIES" => "7",
            "MONITOR_REDACT" => "iban",
            "MONITOR_PROCESS_METRICS" => "off",
            "MONITOR_RUNBOOK_URL" | "MONITOR_GRAFANA_URL" | "MONITOR_SERVER_URL" => "https://h",
            "MONITOR_TRACE_URL" => "https://h/{trace_id}",
            "MONITOR_SOURCE_URL" => "https://h/{file}",
            "MONITOR_TRACES_SAMPLER" => "own",
            "RUST_LOG" => "debug",
            "MONITOR_RECORD_LEVEL" => "shop=debug",
            "SENTRY_DSN" => "https://key@host/1",
            "SENTRY_TRACES_SAMPLE_RATE" => "0.5",
            "OTEL_RESOURCE_ATTRIBUTES" => "service.name=a",
            "MONITOR_LOOPBACK" | "MONITOR_METRICS" => "open",
            _ => "seven",
        };
        let variable = setting.variable;
        let of = |value: &str| {
            let config = resolve(Overrides::default(), &[(variable, value)]);
            let mut config = config.unwrap_or_else(|error| panic!("{variable}: {error}"));
            let warnings = std::mem::take(&mut config.warnings);
            (format!("{config:?}"), warnings)
        };
        let (plain, warnings) = of(value);
        assert_eq!(warnings, [""; 0], "{variable}");
        for around in [format!("{value}\r"), format!("\u{feff}{value} \n")] {
            assert_eq!(of(&around), (plain.clone(), Vec::new()), "{variable}");
        }
        for quoted in [
            format!("\"{value}\""),
            format!(" '{value}'\r\n"),
            format!("\" {value} \""),
        ] {
            let (config, warnings) = of(&quoted);
            assert_eq!(config, plain, "{variable}");
            let [warning] = &warnings[..] else {
                panic!("{variable}: {warnings:?}");
            };
            let begin = format!("the variable {variable} has quotes around its value");
            assert!(
                warning.starts_with(&begin) && !warning.contains(value),
                "{warning}"
            );
        }
        let (nothing, warnings) = of("\"\"");
        assert_eq!((nothing, warnings.len()), (of("").0, 1), "{variable}");
    }
    let env = [("OTEL_SERVICE_NAME", "Bob's \"shop\"")];
    let config = resolve(Overrides::default(), &env).unwrap();
    assert_eq!(
        (config.service_name.as_str(), config.warnings.len()),
        ("Bob's \"shop\"", 0)
    );
}
