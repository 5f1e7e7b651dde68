use super::*;

mod logins;
mod tables;
mod values;

#[test]
fn names_are_known_in_every_spelling() {
    let secret = [
        "password",
        "PASSWORD",
        "db.password",
        "dbpassword",
        "passwordHash",
        "password2",
        "API_KEY",
        "x-api-key",
        "apiKey",
        "APIKey",
        "access_token",
        "accessToken",
        "Set-Cookie",
        "session.id",
        "sessionid",
        "PHPSESSID",
        "client_secret",
        "SECRET_KEY",
        "secretkey",
        "AccountKey",
        "http.request.header.authorization",
        "privateKey",
        "db_pass",
        "smtpPass",
        "DB_PW",
        "r#token",
    ];
    for name in secret {
        assert!(is_secret(name), "{name}");
    }
    let shown = [
        "",
        "tokens_used",
        "tokenizer",
        "secretary",
        "sessions",
        "function",
        "message",
        "duration_ms",
        "error",
        "trace_id",
        "key",
        "api",
        "id",
        "pass",
        "passed",
        "bypass",
        "compass",
        "pw",
        "authority",
        "ключ",
    ];
    for name in shown {
        assert!(!is_secret(name), "{name}");
    }
}

#[test]
fn what_a_thread_remembers_ends_with_the_setting() {
    assert!(is_secret_field("password") && is_secret_field("password"));
    assert!(!is_secret_field("iban_of_customer"));
    hide(&["IBAN".into(), "tax-number".into()]);
    assert!(is_secret_field("iban_of_customer") && is_secret_field("tax_number"));
    assert_eq!(without_secrets("iban=DE1".into()), "iban=[redacted]");
    hide(&[]);
    assert!(!is_secret_field("iban_of_customer"));
}

/// Asserts the text that is left of each; `•` stands for what is hidden.
fn assert_hidden(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        let expected = expected.replace('•', HIDDEN);
        assert_eq!(without_secrets((*text).into()), expected, "{text}");
        assert_eq!(
            without_secrets(expected.clone()),
            expected,
            "once is enough"
        );
    }
}

#[test]
fn options_and_sentences_tell_secrets() {
    assert_hidden(&[
        (
            "ran mysql --password hunter -h db",
            "ran mysql --password • -h db",
        ),
        ("--token=abc --page 2", "--token=• --page 2"),
        ("--api-key 'a b' run", "--api-key '•' run"),
        (
            r#"["--db-password", "hunter2", "--page", "2"]"#,
            r#"["--db-password", "•", "--page", "2"]"#,
        ),
        (
            r#""mysql" "--password" "hunter2" "-h" "db""#,
            r#""mysql" "--password" "•" "-h" "db""#,
        ),
        (
            r#""ran [\"--token\", \"hunter2\"]""#,
            r#""ran [\"--token\", \"•\"]""#,
        ),
        (
            r#""the \"password\" was \"hunter\"""#,
            r#""the \"password\" was \"•\"""#,
        ),
        ("curl -u ada:hunter2 http://h", "curl -u • http://h"),
        ("curl --user 'ada:a b' http://h", "curl --user '•' http://h"),
        (
            r#"{:password => "a b", :page => 2}"#,
            r#"{:password => "•", :page => 2}"#,
        ),
        ("['password' => 'abc']", "['password' => '•']"),
        (r#"{"token"=>"abc"}"#, r#"{"token"=>"•"}"#),
        (
            "ALTER USER ada WITH PASSWORD 'a''b' VALID",
            "ALTER USER ada WITH PASSWORD '•' VALID",
        ),
        (
            "create user ada identified by 'a b'",
            "create user ada identified by '•'",
        ),
        (
            "IDENTIFIED WITH caching_sha2_password BY 'abc'",
            "IDENTIFIED WITH caching_sha2_password BY '•'",
        ),
        (
            "the password \"abc\" was refused",
            "the password \"•\" was refused",
        ),
        ("the password is hunter2", "the password is •"),
        ("the password was 'a b'", "the password was '•'"),
        ("passcode is 123456.", "passcode is •."),
        ("my api_key is \"abc\", yes", "my api_key is \"•\", yes"),
        ("token is eyJhbGciOi.J9, ok", "token is •, ok"),
        ("the token is s3cret9", "the token is •"),
        ("your session is a1b2c3!", "your session is •!"),
    ]);
}

#[test]
fn ordinary_text_stays_as_it_is() {
    let texts = [
        "mail from ada@example.org to bob@example.org: 12:30",
        "http://host/path?x=@y and http://host/u@x",
        "GET http://127.0.0.1:8080/@scope/pkg@1.2: 404 Not Found",
        "http://localhost: connection refused, ask ops@example.org",
        "connecting to postgres://db:5432/orders for ada@example.org",
        "http://[::1]:80/a, ask ops@example.org",
        "git@github.com:org/repo.git, image registry:5000/app:1@sha256:0123456789abcdef",
        "12:30 // x@y",
        "cannot read token: connection refused (os error 111)",
        "invalid token: InvalidSignature",
        "session: EOF",
        "the token is missing; password required",
        "crate::session::Store, secret::Key",
        "if token == other.token => refuse",
        "token = None, password: null",
        "Token => accept(), password => refuse()",
        "the password is too short: 8 characters are needed",
        "the password is 8 characters long, the token is 30s old",
        "the token is v2 and the cookie is old1",
        "password is required, token is well-formed, session was closed/expired",
        "the session is 2.5s old",
        "the option --password is required, --token must be given",
        "usage: login --password <PASSWORD> --token [TOKEN] --secret --page 2",
        "--page 2 -p 8080 -u 1000:1000 --user 7:8",
        "--tokenizer fast",
        "tokens_used=7 max_tokens: 8 passed=9",
        "Basic authentication is needed, Bearer token missing",
        "basic, bearer",
        "-----BEGIN PUBLIC KEY-----\nMIIabc\n-----END PUBLIC KEY-----",
        "fields [\"password\", \"email\"] are missing (\"token\", 7)",
        "ratio=0.5&page=2;x=1",
        "unexpected token '}', caused by 'x', no cookie \"sid\"",
        "cannot send Box<Token> to Arc<Secret> here",
        "usage: login <password> [page]",
        "name: \"colour\", value: \"red\", key: \"a\", value: 7",
        "<password/>",
        "unexpected Token(\"}\"), the first pass: 3 of 7",
        "cannot read private key: EOF",
        "C:\\secrets\\file: not found",
        "",
    ];
    for text in texts {
        assert_eq!(hidden(text), None, "{text}");
    }
}

#[test]
fn a_text_that_was_cut_does_not_show_the_half_of_a_secret() {
    for text in [
        "postgres://app:s3cr…",
        "postgres://app:12…",
        "{\"password\":\"s3cr…",
        "token: Some(\"s3cr…",
    ] {
        let shown = without_secrets(text.into());
        assert!(!shown.contains("s3cr") && !shown.contains("12"), "{shown}");
    }
}

#[test]
fn the_time_grows_with_the_text_and_not_faster() {
    let pieces = [
        "a://",
        "a://b:c",
        "\"a://b:c",
        "a://b:c ",
        "@",
        ":@",
        "x:y@h:1 ",
        "token: (",
        "token=\"",
        "password: \\\"",
        "token:",
        "bearer ",
        "a://b:c\",'d",
        "password=a&",
        "secret: [",
        " KEY-----",
        "-----BEGIN PRIVATE KEY-----",
        "(\"token\", ",
        "://b:'\"`,",
        "password is ",
        "password is \"",
        "password is \\\"",
        "--password ",
        "--password '",
        "-u ",
        "--",
        "password: |",
        "password(\"",
        "authorization: a=\"",
        "api key: ",
        "password \t",
        "password: |\n",
        "<password>",
        "<password ",
        "<password><![CDATA[",
        "name: \"token\", value: ",
        " value:",
        " password '",
        "identified by '",
        "by \\\"",
        "{value: ",
        "value: [",
        "Token { value: \"",
        "Password(Some(\"",
        "token: (",
        "token:a::",
        "<value>x</value><name>token</name>",
        "(token) values ('",
        "(token)=(",
        "AUTH \"",
        "value 'x' ",
        "(\"token\"), ",
        "password:\\nx",
        "let password: &str = ",
        "api key is ",
        "password a1b2c3 ",
    ];
    for piece in pieces {
        let text = piece.repeat(256 * 1024 / piece.len());
        let began = std::time::Instant::now();
        let _ = hidden(&text);
        // A quadratic search takes minutes.
        assert!(
            began.elapsed() < std::time::Duration::from_secs(5),
            "{piece}: {:?}",
            began.elapsed()
        );
    }
}
