//! Values behind names, in elements, blocks and headers.

use super::assert_hidden;

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
            r#"EnvVar { name: "API_TOKEN", value: Some("•") }"#,
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
