use super::*;

#[test]
fn levels_and_targets_are_taken() {
    for text in [
        "debug",
        "OFF",
        "info,hyper=warn",
        " info , my_crate::orders = debug",
        "a-b.c/d=trace",
        "größe=info",
    ] {
        let text = text.replace(" = ", "=");
        let rules = LogDirectives::plain(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!(!rules.follows_spans && !rules.text.contains(' '), "{text}");
    }
}

#[test]
fn a_digit_is_a_level() {
    for (text, level) in [
        ("0", "off"),
        ("1", "error"),
        ("2", "warn"),
        ("3", "info"),
        ("4", "debug"),
        ("5", "trace"),
    ] {
        let alone = LogDirectives::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(alone.filter.to_string(), level);
        let rules = LogDirectives::plain(&format!("{text},hyper={text}"));
        let rules = rules.unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(rules.filter.to_string(), format!("hyper={level},{level}"));
    }
}

#[test]
fn a_refusal_names_the_directive_and_what_is_allowed() {
    for (text, directive, problem) in [
        ("", "", "not a level"),
        ("debgu", "debgu", "did you mean `debug`?"),
        ("info,hyper", "hyper", "target=trace"),
        ("info,,warn", "", "not a level"),
        ("hyper=loud", "hyper=loud", "behind `=`"),
        ("hyper=", "hyper=", "behind `=`"),
        ("=info", "=info", "before `=`"),
        ("a=b=info", "a=b=info", "behind `=`"),
        ("two words=info", "two words=info", "before `=`"),
        ("[{user=7}]=debug", "[{user=7}]=debug", "take a lock"),
        ("shop[order]=debug", "shop[order]=debug", "take a lock"),
        ("x\u{202e}\n=info", r"x\u{202e}\n=info", "before `=`"),
    ] {
        let error = LogDirectives::plain(text).expect_err(text).to_string();
        let named = format!("directive \"{directive}\" cannot");
        assert!(error.contains(&named) && error.contains(problem), "{error}");
        assert!(error.contains("allowed: a level"), "{error}");
    }
    let long = "a".repeat(5000);
    let error = LogDirectives::plain(&long)
        .expect_err("too long")
        .to_string();
    assert!(error.contains("4096") && error.len() < 500, "{error}");
}

/// Texts that a filter was never meant to be, each with a part of what is said of it.
const MISTAKEN: [(&str, &str); 61] = [
    ("warning", "`warn`"),
    ("WARNING", "`warn`"),
    ("wraning", "`warn`"),
    ("inof", "`info`"),
    ("infoo", "`info`"),
    ("inf", "`info`"),
    ("debgu", "`debug`"),
    ("dbug", "`debug`"),
    ("debugg", "`debug`"),
    ("tarce", "`trace`"),
    ("eror", "`error`"),
    ("errror", "`error`"),
    ("wanr", "`warn`"),
    ("oof", "`off`"),
    ("fatal", "`error`"),
    ("critical", "`error`"),
    ("CRITICAL", "`error`"),
    ("emerg", "`error`"),
    ("alert", "`error`"),
    ("crit", "`error`"),
    ("err", "`error`"),
    ("severe", "`error`"),
    ("dpanic", "`error`"),
    ("panic", "`error`"),
    ("notice", "`info`"),
    ("information", "`info`"),
    ("informational", "`info`"),
    ("success", "`info`"),
    ("config", "`info`"),
    ("verbose", "`debug`"),
    ("fine", "`debug`"),
    ("dbg", "`debug`"),
    ("finest", "`trace`"),
    ("finer", "`trace`"),
    ("all", "`trace`"),
    ("silly", "`trace`"),
    ("true", "`info`"),
    ("false", "`off`"),
    ("on", "`info`"),
    ("yes", "`info`"),
    ("none", "`off`"),
    ("silent", "`off`"),
    ("6", "level"),
    ("04", "level"),
    ("10", "level"),
    ("-1", "level"),
    ("2.5", "level"),
    ("I", "`info`"),
    ("\"info\"", "`info`"),
    ("'debug'", "`debug`"),
    ("info;debug", "commas"),
    ("info debug", "commas"),
    ("info|debug", "commas"),
    ("*", "neither"),
    ("*=info", "before `=`"),
    ("level=debug", "`debug` alone"),
    ("log_level=debug", "`debug` alone"),
    ("RUST_LOG=debug", "`debug` alone"),
    ("my_crate:debug", "behind `=`"),
    ("info,hyper=warning", "`hyper=warn`"),
    ("error,warning", "`warn`"),
];

#[test]
fn what_cannot_have_been_meant_is_refused_with_what_may_have_been() {
    for (text, words) in MISTAKEN {
        let problem = LogDirectives::parse(text).map(|_| ()).expect_err(text);
        assert!(problem.contains(words), "{text}: {problem}");
        let problem = LogDirectives::plain(text)
            .map(|_| ())
            .expect_err(text)
            .to_string();
        assert!(problem.contains(words), "{text}: {problem}");
    }
}

#[test]
fn targets_of_dependencies_are_taken_with_and_without_a_level() {
    for crate_name in [
        "hyper",
        "hyper_util",
        "sqlx",
        "tower_http",
        "tokio",
        "h2",
        "warp",
        "want",
        "rustls",
        "tokio_postgres",
        "my_crate",
        "worker",
        "a",
        "my-target",
        "my_crate::db",
    ] {
        if crate_name != "a" {
            assert!(LogDirectives::parse(crate_name).is_ok(), "{crate_name}");
        }
        let with_level = format!("info,{crate_name}=debug");
        assert!(LogDirectives::parse(&with_level).is_ok(), "{with_level}");
        assert!(LogDirectives::plain(&with_level).is_ok(), "{with_level}");
    }
    assert!(LogDirectives::parse("info,").is_ok());
}

#[test]
fn a_directive_that_fits_nothing_is_named() {
    note("axum_service::orders");
    let hint = |text| LogDirectives::parse(text).expect(text).hint();
    for (text, words) in [
        ("info,axum-service=debug", "did you mean `axum_service`?"),
        ("info,axum_servce=debug", "did you mean `axum_service`?"),
        (
            "info,axum-service::orders=debug",
            "did you mean `axum_service::orders`?",
        ),
        ("info,nosuch=debug", "begins with `nosuch`"),
        ("info,no-such=debug", "did you mean `no_such`?"),
    ] {
        let hint = hint(text);
        assert!(
            hint.as_ref().is_some_and(|hint| hint.contains(words)),
            "{text}: {hint:?}"
        );
    }
    for text in [
        "info",
        "info,axum_service=debug",
        "axum_service::ord=info",
        "info,hyper=warn",
    ] {
        assert_eq!(hint(text), None, "{text}");
    }
    let mistake = |text| LogDirectives::parse(text).expect(text).mistake();
    assert!(mistake("off,axum-service=info").is_some());
    assert!(mistake("info,axum_servise=info").is_some());
    for text in [
        "info",
        "off",
        "info,hyper=warn",
        "info,some_dependency=warn",
    ] {
        assert_eq!(mistake(text), None, "{text}");
    }
}

#[test]
fn spaces_around_directives_mean_nothing() {
    // The parser below took these for other targets, or for invalid.
    let rules = LogDirectives::parse("info, hyper=debug").unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(rules.filter.to_string(), "hyper=debug,info");
    // This one was cut within a character.
    assert!(LogDirectives::parse("info,\u{3000}é=debug").is_ok());
    assert!(LogDirectives::parse("[{user=7}]=debug").is_ok_and(|rules| rules.follows_spans));
}

#[test]
fn an_error_spells_out_characters_that_nothing_shows() {
    let text = match LogDirectives::plain("a\u{1160}b\u{200b}") {
        Ok(_) => panic!("accepted"),
        Err(error) => error.to_string(),
    };
    assert!(text.contains(r"a\u{1160}b\u{200b}"), "{text}");
}
