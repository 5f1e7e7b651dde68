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
            "MONITOR_DRAIN"
            | "MONITOR_DRAIN_LIMIT"
            | "MONITOR_WATCHDOG"
            | "MONITOR_SLOW_POLL"
            | "MONITOR_BLOCKED_WORKER" => "7s",
            "MONITOR_LABEL_SERIES"
            | "OTEL_EXPORTER_OTLP_TIMEOUT"
            | "OTEL_METRIC_EXPORT_INTERVAL"
            | "OTEL_BSP_SCHEDULE_DELAY"
            | "OTEL_BLRP_SCHEDULE_DELAY" => "7",
            "MONITOR_LOG_LIMIT" => "7/7s",
            "MONITOR_REDACT" => "iban",
            "MONITOR_PROCESS_METRICS" => "off",
            "MONITOR_NATIVE_HISTOGRAMS" => "only",
            "MONITOR_RUNBOOK_URL" | "MONITOR_GRAFANA_URL" | "MONITOR_SERVER_URL" => "https://h",
            "MONITOR_TRACE_URL" => "https://h/{trace_id}",
            "MONITOR_SOURCE_URL" => "https://h/{file}",
            "MONITOR_TRACES_SAMPLER" => "own",
            "RUST_LOG" => "debug",
            "MONITOR_RECORD_LEVEL" => "shop=debug",
            "SENTRY_DSN" => "https://key@host/1",
            "SENTRY_TRACES_SAMPLE_RATE" | "OTEL_TRACES_SAMPLER_ARG" => "0.5",
            "OTEL_RESOURCE_ATTRIBUTES" => "service.name=a",
            "MONITOR_LOOPBACK" | "MONITOR_METRICS" => "open",
            "OTEL_EXPORTER_OTLP_ENDPOINT" => "http://c",
            "OTEL_EXPORTER_OTLP_HEADERS" => "a=7",
            "OTEL_EXPORTER_OTLP_PROTOCOL" => "http/protobuf",
            "OTEL_EXPORTER_OTLP_COMPRESSION" => "gzip",
            "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE" => "cumulative",
            "OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION" => {
                "explicit_bucket_histogram"
            }
            "OTEL_TRACES_EXPORTER" | "OTEL_METRICS_EXPORTER" | "OTEL_LOGS_EXPORTER" => "none",
            "OTEL_SDK_DISABLED" => "true",
            "OTEL_TRACES_SAMPLER" => "always_off",
            // The path of a file that is read.
            path if path.ends_with("_CERTIFICATE") || path.ends_with("_KEY") => continue,
            _ => "seven",
        };
        let variable = setting.variable;
        let of = |value: &str| {
            let env: Vec<_> = beside(setting)
                .into_iter()
                .chain([(variable, value)])
                .collect();
            let config = resolve(Overrides::default(), &env);
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
