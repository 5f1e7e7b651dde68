use super::*;

fn resolve(given: Overrides, env: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let find = |name: &str| {
        let found = env.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| OsString::from(value))
    };
    Config::resolve(given, &find, "shop", "1.2.3")
}

fn refused(env: &[(&str, &str)]) -> String {
    resolve(Overrides::default(), env)
        .expect_err("must be refused")
        .to_string()
}

#[test]
fn defaults_need_nothing() {
    let config = resolve(Overrides::default(), &[]).unwrap();
    assert_eq!(config.addr, Some(Address::default()));
    assert_eq!(config.drain, Duration::from_secs(5));
    assert_eq!(config.service_name, "shop");
    assert_eq!(config.release, "shop@1.2.3");
    assert_eq!(config.environment, "development");
    assert!(config.sentry_dsn.is_none() && config.token.is_none());
}

#[test]
fn the_builder_beats_the_environment_which_beats_the_default() {
    let env = [
        ("MONITOR_ADDR", "127.0.0.1:1"),
        ("OTEL_SERVICE_NAME", "from-env"),
    ];
    let config = resolve(Overrides::default(), &env).unwrap();
    assert_eq!(config.addr.unwrap().to_string(), "127.0.0.1:1");
    assert_eq!(config.service_name, "from-env");
    let given = Overrides {
        addr: Some("[::1]:2".into()),
        ..Overrides::default()
    };
    let config = resolve(given, &env).unwrap();
    assert_eq!(config.addr.unwrap().to_string(), "[::1]:2");
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
    assert_eq!(config.addr, Some(Address::default()));
}

#[test]
fn the_server_can_be_off() {
    assert_eq!(
        resolve(Overrides::default(), &[("MONITOR_ADDR", "off")])
            .unwrap()
            .addr,
        None
    );
}

#[test]
fn every_error_names_the_variable_the_value_and_what_is_allowed() {
    let cases = [
        ("MONITOR_ADDR", "localhost:9464"),
        ("MONITOR_ADDR", "9464"),
        ("MONITOR_ADDR", "127.0.0.1:99999"),
        ("MONITOR_ADDR", "unix:monitor.sock"),
        ("MONITOR_ADDR", "unix:"),
        ("MONITOR_LOG_FORMAT", "xml"),
        ("MONITOR_DRAIN", "5"),
        ("MONITOR_DRAIN", "-5s"),
        ("MONITOR_DRAIN", "2h"),
        ("MONITOR_PROCESS_METRICS", "yes"),
        ("RUST_LOG", "info,[="),
        ("SENTRY_DSN", "https://sentry.example"),
        ("SENTRY_DSN", "nonsense"),
        ("MONITOR_REDACT", "iban,,tax"),
        ("MONITOR_REDACT", "tax number"),
        ("MONITOR_RUNBOOK_URL", "runbooks.example.com"),
        ("MONITOR_RUNBOOK_URL", "https://"),
        ("MONITOR_GRAFANA_URL", "https://a/\"b"),
        ("MONITOR_GRAFANA_URL", "https://a/?b=c"),
        ("SENTRY_ENVIRONMENT", "a b"),
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
fn an_error_of_the_builder_names_its_method() {
    let given = Overrides {
        addr: Some("here".into()),
        ..Overrides::default()
    };
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
    let env = |name: &str| (name == "MONITOR_ADDR").then(|| OsString::from_vec(vec![0xff]));
    let error = Config::resolve(Overrides::default(), &env, "shop", "1")
        .unwrap_err()
        .to_string();
    assert!(error.contains("is not UTF-8"), "{error}");
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

#[cfg(unix)]
#[test]
fn a_socket_in_the_file_system_is_an_address() {
    let config = resolve(
        Overrides::default(),
        &[("MONITOR_ADDR", "unix:/run/m.sock")],
    );
    assert_eq!(
        config.unwrap().addr,
        Some(Address::Unix("/run/m.sock".into()))
    );
    let long = format!("unix:/{}", "a".repeat(200));
    assert!(refused(&[("MONITOR_ADDR", &long)]).contains("too long"));
}
