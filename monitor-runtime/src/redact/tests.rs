use super::*;

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
fn values_of_telling_names_are_hidden_in_any_notation() {
    assert_hidden(&[
        (
            "GET http://h/a?token=abc&x=1#top",
            "GET http://h/a?token=•&x=1#top",
        ),
        ("/a?x=1&api_key=abc HTTP/1.1", "/a?x=1&api_key=• HTTP/1.1"),
        ("/cb#access_token=abc&state=7", "/cb#access_token=•&state=7"),
        ("/a?key=abc&page=2", "/a?key=•&page=2"),
        ("/blob?sv=1&sig=ab%2Fc&se=2", "/blob?sv=1&sig=•&se=2"),
        (
            "?X-Amz-Signature=abc&X-Amz-Date=1",
            "?X-Amz-Signature=•&X-Amz-Date=1",
        ),
        ("user=ada&password=a&b=c", "user=ada&password=•&b=c"),
        ("login[password]=abc", "login[password]=•"),
        (
            "host=db password='a b' user=ada",
            "host=db password='•' user=ada",
        ),
        (
            "host=db password = abc user=ada",
            "host=db password = • user=ada",
        ),
        (
            "Server=h;User Id=sa;Password=a;b;Database=d",
            "Server=h;User Id=sa;Password=•;Database=d",
        ),
        (
            "jdbc:sqlserver://h:1433;user=sa;password=abc",
            "jdbc:sqlserver://h:1433;user=sa;password=•",
        ),
        (
            "jdbc:postgresql://h:1/db?user=a&password=abc",
            "jdbc:postgresql://h:1/db?user=a&password=•",
        ),
        (
            "AccountName=a;AccountKey=ab+c==;E=x",
            "AccountName=a;AccountKey=•;E=x",
        ),
        ("DB_PASS=abc cargo run", "DB_PASS=• cargo run"),
        (
            r#"{"user":"ada","password":"a\"b","n":1}"#,
            r#"{"user":"ada","password":"•","n":1}"#,
        ),
        (
            r#"{"pin":1,"access_token":7}"#,
            r#"{"pin":1,"access_token":•}"#,
        ),
        (
            r#""{\"secret\":\"a\\\"b\",\"n\":1}""#,
            r#""{\"secret\":\"•\",\"n\":1}""#,
        ),
        (
            r#"{"credentials":{"a":["b"]},"n":1}"#,
            r#"{"credentials":•,"n":1}"#,
        ),
        (
            r#"Login { user: "ada", password: "abc" }"#,
            r#"Login { user: "ada", password: "•" }"#,
        ),
        (
            r#"Some(Login { token: Some("abc"), n: 1 })"#,
            "Some(Login { token: •, n: 1 })",
        ),
        (
            r#"A { secret: Key { a: "}", b: [1] }, n: 1 }"#,
            "A { secret: •, n: 1 }",
        ),
        (
            r#"A { key: 1, session_id: b"abc" }"#,
            r#"A { key: 1, session_id: b"•" }"#,
        ),
        (
            r#"[("user", "ada"), ("password", "abc")]"#,
            r#"[("user", "ada"), ("password", "•")]"#,
        ),
        (
            "{'user': 'ada', 'password': 'abc'}",
            "{'user': 'ada', 'password': '•'}",
        ),
        ("X-Api-Key: abcdef", "X-Api-Key: •"),
        ("Cookie: a=b; c=d\r\nHost: x", "Cookie: •\r\nHost: x"),
        ("password: hunter, user: ada", "password: •, user: ada"),
        ("<password>a b</password>", "<password>•</password>"),
        ("cut: password=\"abc…", "cut: password=\"•"),
        ("cut: <password>abc…", "cut: <password>•"),
    ]);
}

#[test]
fn values_of_elements_blocks_and_pairs_with_a_name_apart_are_hidden() {
    assert_hidden(&[
        (
            "<ns:Password>a b</ns:Password>",
            "<ns:Password>•</ns:Password>",
        ),
        (
            r#"<wsse:Password Type="x:y#T">abc</wsse:Password>"#,
            r#"<wsse:Password Type="x:y#T">•</wsse:Password>"#,
        ),
        (
            r#""<token kind=\"a\">abc</token>""#,
            r#""<token kind=\"a\">•</token>""#,
        ),
        (
            "<secret><![CDATA[a<b]]></secret>",
            "<secret><![CDATA[•]]></secret>",
        ),
        (
            "a: 1\npassword: |\n  abc\n\n  def\nb: 2",
            "a: 1\npassword: •\nb: 2",
        ),
        ("  secret: >-\n    abc\n  b: 2", "  secret: •\n  b: 2"),
        (
            r#"{"name":"DB_PASSWORD","value":"abc","n":1}"#,
            r#"{"name":"DB_PASSWORD","value":"•","n":1}"#,
        ),
        (
            r#""{\"name\":\"API_TOKEN\", \"value\":\"abc\"}""#,
            r#""{\"name\":\"API_TOKEN\", \"value\":\"•\"}""#,
        ),
        (
            r#"EnvVar { name: "API_TOKEN", value: Some("abc") }"#,
            r#"EnvVar { name: "API_TOKEN", value: • }"#,
        ),
        (
            "- name: DB_PASSWORD\n  value: abc\n",
            "- name: DB_PASSWORD\n  value: •\n",
        ),
        (
            r#"<add key="password" value="abc"/>"#,
            r#"<add key="password" value="•"/>"#,
        ),
        ("name=password&value=abc", "name=password&value=•"),
        (r#""password: |\n  abc\n""#, r#""password: •""#),
        ("password\t=\tabc", "password\t=\t•"),
        ("secret   : abc9", "secret   : •"),
        ("password := 'abc'", "password := '•'"),
        ("Password(\"abc\")", "Password(\"•\")"),
        ("SELECT PASSWORD('abc')", "SELECT PASSWORD('•')"),
        (
            "the api key: abc9, secret access key = abc",
            "the api key: •, secret access key = •",
        ),
        (
            r#"Authorization: Digest username="ada", response="abc""#,
            "Authorization: •",
        ),
        (
            r#"{"h":"Authorization: Digest a=\"b\", response=\"abc\"","n":1}"#,
            r#"{"h":"Authorization: •","n":1}"#,
        ),
    ]);
}

#[test]
fn credentials_are_hidden_behind_their_scheme() {
    assert_hidden(&[
        ("Authorization: Bearer abcdef", "Authorization: •"),
        (
            "curl -H 'authorization: Basic dXNlcjpwYXNz' h",
            "curl -H 'authorization: •' h",
        ),
        (
            r#"{"authorization": "Bearer abc"}"#,
            r#"{"authorization": "•"}"#,
        ),
        ("auth_token=Bearer abc def", "auth_token=• def"),
        ("sent bearer eyJh.eyJz.SflK to h", "sent bearer • to h"),
        ("Basic dXNlcjpwYXNz", "Basic •"),
        (
            "read -----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY----- twice",
            "read -----BEGIN RSA PRIVATE KEY-----•-----END RSA PRIVATE KEY----- twice",
        ),
        (
            "-----BEGIN PRIVATE KEY-----\nMIIa…",
            "-----BEGIN PRIVATE KEY-----•",
        ),
    ]);
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
