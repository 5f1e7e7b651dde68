mod bare;
mod log_limit;

use super::*;

fn resolve(given: Overrides, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let own = |(name, value): &(&str, &str)| (OsString::from(name), OsString::from(value));
    let env: Vec<_> = env.iter().map(own).collect();
    Config::resolve(given, &env, "shop", "1.2.3")
}

/// Returns what has to be set beside a setting so that it is read.
fn beside(setting: &Setting) -> Option<(&'static str, &'static str)> {
    let endpoint = OTEL_EXPORTER_OTLP_ENDPOINT.variable;
    let is_read_with_it = setting.method == "otel" && setting.variable != endpoint;
    is_read_with_it.then_some((endpoint, "http://c:4318"))
}

fn of_server(server: ServerOverrides) -> Overrides {
    Overrides {
        server,
        ..Overrides::default()
    }
}

fn refused(env: &[(&str, &str)]) -> String {
    resolve(Overrides::default(), env)
        .expect_err("must be refused")
        .to_string()
}

#[test]
fn defaults_need_nothing() {
    let config = resolve(Overrides::default(), &[]).unwrap();
    assert_eq!(config.server.addr, Some(Address::default()));
    assert_eq!(config.drain, Duration::from_secs(5));
    assert_eq!(config.service_name, "shop");
    assert_eq!(config.release, "shop@1.2.3");
    assert_eq!(config.environment, "development");
    assert!(config.sentry_dsn.is_none() && config.server.token.is_none());
}

#[test]
fn the_builder_beats_the_environment_which_beats_the_default() {
    let env = [
        ("MONITOR_ADDR", "127.0.0.1:1"),
        ("OTEL_SERVICE_NAME", "from-env"),
    ];
    let config = resolve(Overrides::default(), &env).unwrap();
    assert_eq!(config.server.addr.unwrap().to_string(), "127.0.0.1:1");
    assert_eq!(config.service_name, "from-env");
    let given = of_server(ServerOverrides {
        addr: Some("[::1]:2".into()),
        ..ServerOverrides::default()
    });
    let config = resolve(given, &env).unwrap();
    assert_eq!(config.server.addr.unwrap().to_string(), "[::1]:2");
    assert_eq!(config.service_name, "from-env");
}

#[test]
fn an_empty_variable_is_not_set() {
    let config = resolve(
        Overrides::default(),
        &[("SENTRY_DSN", ""), ("MONITOR_ADDR", " ")],
    )
    .unwrap();
    assert!(config.sentry_dsn.is_none());
    assert_eq!(config.server.addr, Some(Address::default()));
}

#[test]
fn the_server_can_be_off() {
    assert_eq!(
        resolve(Overrides::default(), &[("MONITOR_ADDR", "off")])
            .unwrap()
            .server
            .addr,
        None
    );
}

#[test]
fn every_error_names_the_variable_the_value_and_what_is_allowed() {
    let cases = [
        ("MONITOR_ADDR", "localhost"),
        ("MONITOR_ADDR", "localhost:99999"),
        ("MONITOR_ADDR", "database:9464"),
        ("MONITOR_ADDR", "9464"),
        ("MONITOR_ADDR", "127.0.0.1:99999"),
        ("MONITOR_ADDR", "unix:monitor.sock"),
        ("MONITOR_ADDR", "unix:"),
        ("MONITOR_LOG_FORMAT", "xml"),
        ("MONITOR_DRAIN", "5"),
        ("MONITOR_DRAIN", "-5s"),
        ("MONITOR_DRAIN", "2h"),
        ("MONITOR_PROCESS_METRICS", "yes"),
        ("MONITOR_NATIVE_HISTOGRAMS", "both"),
        ("RUST_LOG", "info,[="),
        ("SENTRY_DSN", "https://sentry.example"),
        ("SENTRY_DSN", "nonsense"),
        ("MONITOR_REDACT", "iban,,tax"),
        ("MONITOR_REDACT", "tax number"),
        ("MONITOR_TRACE_URL", "https://jaeger.example.com/trace/"),
        ("MONITOR_SOURCE_URL", "javascript:alert({file})"),
        ("MONITOR_RUNBOOK_URL", "runbooks.example.com"),
        ("MONITOR_RUNBOOK_URL", "https://"),
        ("MONITOR_GRAFANA_URL", "https://a/\"b"),
        ("MONITOR_GRAFANA_URL", "https://a/?b=c"),
        ("MONITOR_SERVER_URL", "shop.example.com"),
        ("MONITOR_SERVER_URL", "https://{host}"),
        ("SENTRY_ENVIRONMENT", "a b"),
        ("SENTRY_ENVIRONMENT", "None"),
        ("SENTRY_RELEASE", "a/b"),
    ];
    for (variable, value) in cases {
        let error = refused(&[(variable, value)]);
        let setting = SETTINGS
            .iter()
            .find(|setting| setting.variable == variable)
            .unwrap();
        assert!(error.starts_with(variable), "{error}");
        assert!(error.contains(&format!("{value:?}")), "{error}");
        assert!(error.contains(setting.allowed), "{error}");
    }
}

#[test]
fn an_error_spells_out_characters_that_nothing_shows() {
    let env = [("MONITOR_ADDR".into(), "j\u{1160}\u{200b}on".into())];
    let error = Config::resolve(Overrides::default(), &env, "shop", "1.2.3").expect_err("refused");
    let text = error.to_string();
    assert!(
        text.starts_with(r#"MONITOR_ADDR="j\u{1160}\u{200b}on": "#),
        "{text}"
    );
}

#[test]
fn an_error_of_the_builder_names_its_method() {
    let given = of_server(ServerOverrides {
        addr: Some("here".into()),
        ..ServerOverrides::default()
    });
    let error = resolve(given, &[]).unwrap_err().to_string();
    assert!(error.starts_with("Builder::addr=\"here\""), "{error}");
}

#[test]
fn a_bad_token_stays_secret() {
    let error = refused(&[("MONITOR_TOKEN", "hunter2")]);
    assert!(
        error.starts_with("MONITOR_TOKEN") && !error.contains("hunter2"),
        "{error}"
    );
}

#[cfg(unix)]
#[test]
fn a_value_that_is_not_utf_8_is_refused() {
    use std::os::unix::ffi::OsStringExt;
    for setting in SETTINGS {
        let value = OsString::from_vec(b"s3cr3t\xff".to_vec());
        let own = |(name, value): (&str, &str)| (OsString::from(name), OsString::from(value));
        let mut env: Vec<_> = beside(setting).map(own).into_iter().collect();
        env.push((OsString::from(setting.variable), value));
        let told = match Config::resolve(Overrides::default(), &env, "shop", "1") {
            Err(error) => error.to_string(),
            Ok(config) => config.warnings.concat(),
        };
        assert!(told.starts_with(setting.variable), "{told}");
        assert!(told.contains("is not UTF-8"), "{told}");
        let is_token = ["MONITOR_TOKEN", "OTEL_EXPORTER_OTLP_HEADERS"].contains(&setting.variable);
        assert_eq!(told.contains("s3cr3t"), !is_token, "{told}");
    }
}

#[test]
fn the_watchdog_takes_a_duration_or_off() {
    let of = |value: &str| {
        resolve(Overrides::default(), &[("MONITOR_WATCHDOG", value)]).map(|config| config.watchdog)
    };
    assert_eq!(of(""), Ok(Some(Duration::from_secs(30))));
    assert_eq!(of("1m 30s"), Ok(Some(Duration::from_secs(90))));
    assert_eq!(of("off"), Ok(None));
    for (value, problem) in [
        ("99ms", "too short"),
        ("2h", "too long"),
        ("never", "not a duration"),
    ] {
        let text = of(value).expect_err("refused").to_string();
        assert!(
            text.starts_with(&format!("MONITOR_WATCHDOG={value:?}: is {problem}")),
            "{text}"
        );
        assert!(
            text.ends_with("allowed: a duration from 100ms to 1h, or `off`"),
            "{text}"
        );
    }
    let given = Overrides {
        watchdog: Some("off".into()),
        ..Overrides::default()
    };
    let env = [("MONITOR_WATCHDOG", "5s")];
    assert_eq!(resolve(given, &env).expect("allowed").watchdog, None);
}

#[cfg(feature = "sentry")]
#[test]
fn a_dsn_is_one_word_and_its_key_is_not_shown() {
    let of = |value: &str| resolve(Overrides::default(), &[("SENTRY_DSN", value)]);
    assert!(of("https://key@host/1").is_ok());
    assert!(of(" https://key@host/1\n").is_ok());
    for value in [
        "https://key@host/1 x",
        "https://key@host/1\t2",
        "key@host 1",
    ] {
        let text = of(value).expect_err(value).to_string();
        assert!(text.contains("is not a DSN (it has a space)"), "{text}");
        assert!(!text.contains("key@"), "{text}");
    }
}

#[test]
fn the_limit_of_a_poll_takes_a_duration_or_off() {
    let of = |value: &str| {
        resolve(Overrides::default(), &[("MONITOR_SLOW_POLL", value)])
            .map(|config| config.slow_poll)
    };
    assert_eq!(of(""), Ok(Some(Duration::from_millis(100))));
    assert_eq!(of("1ms"), Ok(Some(Duration::from_millis(1))));
    assert_eq!(of("off"), Ok(None));
    for (value, problem) in [
        ("999us", "too short"),
        ("2h", "too long"),
        ("never", "not a duration"),
    ] {
        let text = of(value).expect_err("refused").to_string();
        assert!(
            text.starts_with(&format!("MONITOR_SLOW_POLL={value:?}: is {problem}")),
            "{text}"
        );
        assert!(
            text.ends_with("allowed: a duration from 1ms to 1h, or `off`"),
            "{text}"
        );
    }
    let given = Overrides {
        slow_poll: Some("off".into()),
        ..Overrides::default()
    };
    let env = [("MONITOR_SLOW_POLL", "5s")];
    assert_eq!(resolve(given, &env).expect("allowed").slow_poll, None);
}

#[cfg(unix)]
#[test]
fn a_socket_in_the_file_system_is_an_address() {
    let config = resolve(
        Overrides::default(),
        &[("MONITOR_ADDR", "unix:/run/m.sock")],
    );
    assert_eq!(
        config.unwrap().server.addr,
        Some(Address::Unix("/run/m.sock".into()))
    );
    let long = format!("unix:/{}", "a".repeat(200));
    assert!(refused(&[("MONITOR_ADDR", &long)]).contains("too long"));
}

/// A value of every setting that is refused, or reported where it is left out.
#[test]
fn every_setting_has_a_value_that_is_refused_in_the_same_words() {
    for setting in SETTINGS {
        let value = match setting.variable {
            "MONITOR_LABEL_SERIES" | "SENTRY_TRACES_SAMPLE_RATE" => "-1",
            "RUST_LOG" => "info,[=",
            "MONITOR_TOKEN" => "no secret",
            "MONITOR_REDACT" | "SENTRY_ENVIRONMENT" => "a b",
            "SENTRY_RELEASE" => "a/b",
            "OTEL_RESOURCE_ATTRIBUTES" => "service.name=%zz",
            // Anything is a name.
            "OTEL_SERVICE_NAME" => continue,
            _ => "nonsense",
        };
        let env: Vec<_> = beside(setting)
            .into_iter()
            .chain([(setting.variable, value)])
            .collect();
        let told = match resolve(Overrides::default(), &env) {
            Err(error) => error.to_string(),
            Ok(config) => config.warnings.concat(),
        };
        let shown = match setting.variable {
            "MONITOR_TOKEN" => "<9 characters>",
            "OTEL_EXPORTER_OTLP_HEADERS" => "<8 characters>",
            _ => value,
        };
        let begin = format!("{}={shown:?}: ", setting.variable);
        assert!(told.starts_with(&begin), "{}: {told:?}", setting.variable);
        assert!(
            told.contains(&format!("; allowed: {}", setting.allowed)),
            "{told}"
        );
    }
}

#[test]
fn a_refused_value_shows_no_secret() {
    let values = [
        "https://public:s3cr3t@host",
        "public:s3cr3t@host",
        "https://admin:s3cr3t@grafana.example/?x=1",
        "https://admin:s3cr3t@grafana.example",
        "https://grafana.example/?token=s3cr3t",
        "postgres://app:se/s3cr3t@db/orders",
        "password=s3cr3t,x%",
        "app:s3cr3t@0.0.0.0:9464",
        "[{password=s3cr3t}",
        "unix:s3cr3t:postgres://app:s3cr3t@db",
    ];
    for setting in SETTINGS {
        for value in values {
            let env: Vec<_> = beside(setting)
                .into_iter()
                .chain([(setting.variable, value)])
                .collect();
            let told = match resolve(Overrides::default(), &env) {
                Err(error) => error.to_string(),
                Ok(config) => config.warnings.concat(),
            };
            let told = told.replace("unix:s3cr3t", "");
            assert!(!told.contains("s3cr3t"), "{}: {told}", setting.variable);
        }
    }
    for setting in [
        "MONITOR_GRAFANA_URL",
        "MONITOR_RUNBOOK_URL",
        "MONITOR_SERVER_URL",
    ] {
        let error = refused(&[(setting, "https://admin:s3cr3t@grafana.example")]);
        assert!(
            error.contains("https://[redacted]@grafana.example\": has a login"),
            "{error}"
        );
    }
}

#[test]
fn the_limit_of_a_blocked_worker_is_a_duration_or_off() {
    let of = |value: &str| {
        let env = [("MONITOR_BLOCKED_WORKER", value)];
        resolve(Overrides::default(), &env).map(|config| config.blocked_worker)
    };
    assert_eq!(of(""), Ok(Some(Duration::from_secs(1))));
    assert_eq!(of("250ms"), Ok(Some(Duration::from_millis(250))));
    assert_eq!(of("Off"), Ok(None));
    for value in ["99ms", "61m", "soon"] {
        let text = of(value).expect_err("refused").to_string();
        let begin = format!("MONITOR_BLOCKED_WORKER={value:?}: is ");
        assert!(text.starts_with(&begin), "{text}");
    }
    let given = Overrides {
        blocked_worker: Some("5s".into()),
        ..Overrides::default()
    };
    let config = resolve(given, &[("MONITOR_BLOCKED_WORKER", "off")]).expect("allowed");
    assert_eq!(config.blocked_worker, Some(Duration::from_secs(5)));
}

#[test]
fn words_are_taken_in_any_case_and_with_spaces_around_them() {
    let cases = [
        ("MONITOR_ADDR", "off"),
        ("MONITOR_ADDR", "localhost:9464"),
        #[cfg(unix)]
        ("MONITOR_ADDR", "unix:/run/m.sock"),
        ("MONITOR_WATCHDOG", "off"),
        ("MONITOR_BLOCKED_WORKER", "off"),
        ("MONITOR_PROCESS_METRICS", "off"),
        ("MONITOR_PROCESS_METRICS", "on"),
        ("MONITOR_NATIVE_HISTOGRAMS", "on"),
        ("MONITOR_NATIVE_HISTOGRAMS", "only"),
        ("MONITOR_LOG_FORMAT", "json"),
        ("MONITOR_LOG_FORMAT", "pretty"),
        ("RUST_LOG", "off"),
    ];
    for (variable, word) in cases {
        let same = |value: &str| {
            let config = resolve(Overrides::default(), &[(variable, value)]);
            format!("{:?}", config.unwrap_or_else(|error| panic!("{error}"))).to_ascii_lowercase()
        };
        let upper = match word {
            "unix:/run/m.sock" => "UNIX:/run/m.sock".to_owned(),
            _ => word.to_ascii_uppercase(),
        };
        assert_eq!(same(&upper), same(word), "{variable}");
        assert_eq!(same(&format!(" {word}\n")), same(word), "{variable}");
    }
    let given = of_server(ServerOverrides {
        addr: Some(" LocalHost:7 ".into()),
        token: Some("0123456789abcdef\n".into()),
        ..ServerOverrides::default()
    });
    let config = resolve(given, &[]).expect("both are taken");
    assert_eq!(
        config.server.addr.expect("an address").to_string(),
        "127.0.0.1:7"
    );
    assert_eq!(config.server.token.as_deref(), Some("0123456789abcdef"));
}

#[test]
fn opentelemetrys_attributes_take_the_place_of_defaults() {
    let attributes = "service.name=web%20shop, service.version = 2.7 ,,k8s.pod.name=a%3Db,\
                      deployment.environment=old,deployment.environment.name=staging";
    let env = [("OTEL_RESOURCE_ATTRIBUTES", attributes)];
    let config = resolve(Overrides::default(), &env).unwrap();
    assert_eq!(config.warnings, [""; 0]);
    assert_eq!(config.service_name, "web shop");
    assert_eq!(config.service_version, "2.7");
    assert_eq!(config.release, "shop@2.7");
    assert_eq!(config.environment, "staging");

    let former = [(
        "OTEL_RESOURCE_ATTRIBUTES",
        "deployment.environment=old,service.name=",
    )];
    let config = resolve(Overrides::default(), &former).unwrap();
    assert_eq!(
        (config.environment.as_str(), config.service_name.as_str()),
        ("old", "shop")
    );

    let more = [
        ("OTEL_RESOURCE_ATTRIBUTES", attributes),
        ("OTEL_SERVICE_NAME", "named"),
        ("SENTRY_ENVIRONMENT", "production"),
        ("SENTRY_RELEASE", "r1"),
    ];
    let config = resolve(Overrides::default(), &more).unwrap();
    assert_eq!(
        (
            config.service_name.as_str(),
            config.service_version.as_str()
        ),
        ("named", "2.7")
    );
    assert_eq!(
        (config.environment.as_str(), config.release.as_str()),
        ("production", "r1")
    );
}

#[test]
fn attributes_that_are_malformed_are_left_out_with_a_warning() {
    let malformed = [
        ("service.name", "not key=value"),
        ("service.name=a,b", "not key=value"),
        ("service.name=a;service.version=2", "write `,` between"),
        ("service.name=a; service.version=2", "write `,` between"),
        ("service.name=a service.version=2", "write `,` between"),
        ("service.name=a&service.version=2", "write `,` between"),
        ("service.name=a\nservice.version=2", "write `,` between"),
        ("host.name=h;service.name=a", "write `,` between"),
        ("service.name=a;b", "write `,` between"),
        ("service.name=\"a\"", "quotes around its value"),
        ("service.version='2'", "quotes around its value"),
        ("=a", "not key=value"),
        ("service.name=%", "hexadecimal"),
        ("service.name=a%2", "hexadecimal"),
        ("service.name=%+1", "hexadecimal"),
        ("service.name=%C3", "not UTF-8"),
        ("%zz=a", "hexadecimal"),
        (
            "service.name=a,deployment.environment=a b",
            "not a name of an environment",
        ),
        ("service.version=a%2Fb", "not a name of a release"),
    ];
    for (value, problem) in malformed {
        let env = [("OTEL_RESOURCE_ATTRIBUTES", value)];
        let config = resolve(Overrides::default(), &env).unwrap();
        assert_eq!(
            (config.service_name.as_str(), config.release.as_str()),
            ("shop", "shop@1.2.3")
        );
        let [warning] = &config.warnings[..] else {
            panic!("{value}: {:?}", config.warnings);
        };
        assert!(
            warning.starts_with("OTEL_RESOURCE_ATTRIBUTES="),
            "{warning}"
        );
        assert!(
            warning.contains(problem) && warning.contains("left out"),
            "{warning}"
        );
        let given = Overrides {
            resource_attributes: Some(value.into()),
            ..Overrides::default()
        };
        let error = resolve(given, &[])
            .expect_err("a mistake of the code")
            .to_string();
        assert!(
            error.starts_with("Builder::resource_attributes="),
            "{error}"
        );
    }
}

#[test]
fn lines_have_colours_where_a_terminal_shows_them() {
    type Case<'a> = (&'a [(&'a str, &'a str)], bool, bool);
    let cases: [Case<'_>; 13] = [
        (&[("TERM", "xterm-256color")], true, true),
        (&[("TERM", "xterm-256color")], false, false),
        (&[("TERM", "dumb")], true, false),
        (&[("TERM", "")], true, cfg!(windows)),
        (&[], true, cfg!(windows)),
        (&[("TERM", "xterm"), ("NO_COLOR", "1")], true, false),
        (&[("TERM", "xterm"), ("NO_COLOR", "")], true, true),
        (&[("TERM", "xterm"), ("CLICOLOR", "0")], true, false),
        (&[("TERM", "xterm"), ("CLICOLOR", "1")], true, true),
        (&[("CLICOLOR", "1")], false, false),
        (&[("CLICOLOR_FORCE", "1")], false, true),
        (
            &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1"), ("TERM", "dumb")],
            true,
            true,
        ),
        (&[("TERM", "xterm"), ("CLICOLOR_FORCE", "0")], false, false),
    ];
    for (variables, is_terminal, expected) in cases {
        let env: Vec<(OsString, OsString)> = variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        assert_eq!(
            colours(&env, is_terminal),
            expected,
            "{variables:?} {is_terminal}"
        );
    }
}

#[test]
fn templates_of_links_lead_to_a_host_that_is_known() {
    let resolve = |variable: &str, value: &str| {
        let env = [(variable.into(), value.into())];
        Config::resolve(Overrides::default(), &env, "shop", "1.0")
            .map(|config| config.server.page_links)
    };
    for good in [
        "https://jaeger.example.com/trace/{trace_id}",
        "http://127.0.0.1:16686/trace/{trace_id}?uiFind={trace_id}",
        "https://grafana.example.com/explore?left=%7B%22q%22:%22{trace_id}%22%7D#x",
        "HTTPS://x/{trace_id}",
    ] {
        let links = resolve("MONITOR_TRACE_URL", good).map(|links| links.trace);
        let expected = if good.starts_with("HTTPS") {
            None
        } else {
            Some(Some(good.to_owned()))
        };
        assert_eq!(links.ok(), expected, "{good}");
    }
    for (bad, problem) in [
        (
            "https://jaeger.example.com/trace/",
            "has no {trace_id} in it",
        ),
        (
            "https://jaeger.example.com/{trace}/{trace_id}",
            "has \"{trace}",
        ),
        ("https://jaeger.example.com/{trace_id}}", "has \"}\""),
        (
            "https://{trace_id}.example.com/",
            "has a placeholder in its host",
        ),
        ("https://a:b@example.com/{trace_id}", "has a login"),
        (
            "javascript:alert(1)//{trace_id}",
            "is not a URL of this form",
        ),
        ("data:text/html,{trace_id}", "is not a URL of this form"),
        ("//example.com/{trace_id}", "is not a URL of this form"),
        ("https:///{trace_id}", "is not a URL of this form"),
        (
            "https://example.com/ {trace_id}",
            "is not a URL of this form",
        ),
        (
            "https://example.com/\"{trace_id}",
            "is not a URL of this form",
        ),
    ] {
        let error = resolve("MONITOR_TRACE_URL", bad)
            .expect_err(bad)
            .to_string();
        assert!(
            error.contains("MONITOR_TRACE_URL") && error.contains(problem),
            "{error}"
        );
    }
    let source = "https://git.example.com/shop/blob/v{version}/{file}?c={commit}#L{line}";
    let links = resolve("MONITOR_SOURCE_URL", source).expect("it can be used");
    assert_eq!(links.source.as_deref(), Some(source));
    let error =
        resolve("MONITOR_SOURCE_URL", "https://git.example.com/{line}").expect_err("no file");
    assert!(error.to_string().contains("has no {file} in it"), "{error}");
}
