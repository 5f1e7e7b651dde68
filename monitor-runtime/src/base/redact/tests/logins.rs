//! Logins of URLs, and those without a scheme.

use super::super::without_secrets;
use super::assert_hidden;

#[test]
fn logins_of_urls_are_hidden_wherever_they_stand() {
    assert_hidden(&[
        ("postgres://app:pw@db/x", "postgres://•@db/x"),
        (
            "to https://key@sentry.example/1, again",
            "to https://•@sentry.example/1, again",
        ),
        ("redis://:pw@cache:6379/0", "redis://•@cache:6379/0"),
        ("a://u@h and b://v:w@i", "a://•@h and b://•@i"),
        (
            "mongodb://u:p@h1:1,h2:2/db?x=y",
            "mongodb://•@h1:1,h2:2/db?x=y",
        ),
        ("amqps://u:p%40@h1:1,amqps://u:p@h2", "amqps://•@h2"),
        (
            "jdbc:mysql://u:p@h1:1,h2:2/db",
            "jdbc:mysql://•@h1:1,h2:2/db",
        ),
        (
            "jdbc:oracle:thin:scott/tiger@db:1521:orcl",
            "•@db:1521:orcl",
        ),
        ("app:pw@tcp(db:3306)/orders", "•@tcp(db:3306)/orders"),
        ("cannot parse app:pw@db/orders", "cannot parse •@db/orders"),
        ("HTTPS_PROXY=me:pw@proxy:3128", "HTTPS_PROXY=•@proxy:3128"),
        ("é://ü:ö@h: ://", "é://•@h: ://"),
        ("(\"a://b:c@d\", mail: e@f.g)", "(\"a://•@d\", mail: e@f.g)"),
        (
            r#"{"url":"a://b:c@d","to":"e@f.g"}"#,
            r#"{"url":"a://•@d","to":"e@f.g"}"#,
        ),
        // The last `@` that can be the URL's counts.
        ("postgres://app:p@ss@db/x?a=b@c", "postgres://•@c"),
    ]);
}

#[test]
fn logins_are_hidden_whatever_is_in_the_password() {
    for odd in [
        "/", "#", "?", "\\", "'", "\"", "<", ">", "`", " ", ":", "@", "%", "&", "=", "//", "?x=",
        "...", "{", ")", ",",
    ] {
        for password in [
            format!("pw{odd}s3cr3t"),
            format!("s3cr3t{odd}pw"),
            format!("{odd}s3cr3t"),
            format!("s3cr3t{odd}"),
        ] {
            for scheme in ["postgres", "https", "jdbc:mysql", "redis"] {
                for host in ["db", "db:5432", "[::1]:5432/orders"] {
                    let url = format!("{scheme}://app:{password}@{host}");
                    for text in [
                        url.clone(),
                        format!("invalid port in {url}: connection refused"),
                        format!("\"{url}\" is no URL"),
                        format!("{url:?}"),
                        format!("{{\"url\":{}}}", serde_json::to_string(&url).unwrap()),
                    ] {
                        let shown = without_secrets(text.clone());
                        assert!(!shown.contains("s3cr3t"), "{text} is {shown}");
                        assert!(
                            shown.contains(host.trim_matches(['[', ']'])),
                            "{text} is {shown}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_search_that_begins_inside_a_character_hides_all_of_it() {
    for length in 120..140 {
        let told = format!("{}app:s3cr3t@db/orders", "é".repeat(length));
        assert!(!without_secrets(told.clone()).contains("s3cr3t"), "{told}");
        let told = format!("{}:s3cr3t@db/orders", "é".repeat(length));
        let _ = without_secrets(told);
        let told = format!("x{}:{}@db/orders", "é".repeat(length), "ü".repeat(length));
        let _ = without_secrets(told);
    }
}
