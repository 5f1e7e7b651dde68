//! The live page over a real connection: its files are open, its data is not.

use serde_json::Value;

use super::{ask, ask_with, health, start};

const FILES: [(&str, &str, &str); 5] = [
    ("/", "text/html; charset=utf-8", "<!doctype html>"),
    (
        "/page/style.css",
        "text/css; charset=utf-8",
        "prefers-color-scheme",
    ),
    ("/page/app.js", "text/javascript; charset=utf-8", "import "),
    ("/page/data.js", "text/javascript; charset=utf-8", "export "),
    (
        "/page/table.js",
        "text/javascript; charset=utf-8",
        "export ",
    ),
];

#[test]
fn the_page_is_open_and_may_do_little() {
    let server = start(&health(vec![]));
    for (path, content_type, text) in FILES {
        let stranger = ["Host: shop.example", "X-Forwarded-For: 192.0.2.1"];
        let get = ask_with(server.local_addr(), &format!("GET {path}"), &stranger);
        assert_eq!(
            (get.status, get.header("content-type")),
            (200, Some(content_type))
        );
        assert!(get.body.contains(text), "{path}");
        let policy = get.header("content-security-policy").expect("a policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'"));
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(get.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(get.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(ask(server.local_addr(), &format!("HEAD {path}")).body, "");
        assert_eq!(
            ask(server.local_addr(), &format!("POST {path}")).status,
            405
        );
    }
    assert_eq!(ask(server.local_addr(), "GET /page/nothing.js").status, 404);
    assert_eq!(
        ask(server.local_addr(), "GET /page/../page/app.js").status,
        404
    );
}

/// Checks for markup that a strict policy would refuse, or through which data could become markup.
#[test]
fn the_page_has_nothing_in_its_markup() {
    let server = start(&health(vec![]));
    let index = ask(server.local_addr(), "GET /").body;
    for word in [
        "<style",
        " style=",
        " onclick=",
        " onload=",
        "<script>",
        "http://",
        "https://",
    ] {
        assert!(
            !index
                .replace("http://www.w3.org/2000/svg", "")
                .contains(word),
            "{word}"
        );
    }
    let mut files = index
        .split("page/")
        .skip(1)
        .filter_map(|rest| rest.split('"').next());
    assert!(files.all(|file| ask(server.local_addr(), &format!("GET /page/{file}")).status == 200));
    for (path, ..) in FILES {
        let text = ask(server.local_addr(), &format!("GET {path}")).body;
        for word in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
        ] {
            assert!(!text.contains(word), "{path}: {word}");
        }
    }
}

#[test]
fn the_data_is_for_those_who_may_see_details() {
    let server = start(&health(vec![]));
    let stranger = "Host: shop.example";
    for path in ["/page/data", "/page/data?since=3", "/page/data?function=0"] {
        let refused = ask_with(server.local_addr(), &format!("GET {path}"), &[stranger]);
        assert_eq!(
            (refused.status, refused.header("www-authenticate")),
            (401, Some("Bearer"))
        );
    }
    let headers = [stranger, "Authorization: Bearer s3cret"];
    for headers in [&headers[..], &["Host: localhost:9464"]] {
        let answer = ask_with(
            server.local_addr(),
            "GET /page/data?process=x&since=3",
            headers,
        );
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, Some("application/json"))
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let document: Value = serde_json::from_str(&answer.body).expect("JSON");
        for key in [
            "process",
            "number",
            "service",
            "windows",
            "functions",
            "rows",
            "columns",
        ] {
            assert!(document.get(key).is_some(), "{key}: {document}");
        }
    }
    for (path, status) in [
        ("/page/data?since=x", 400),
        ("/page/data?%00", 400),
        ("/page/data?function=4000000000", 404),
        ("/page/data?function=99999999999999999999999", 400),
        ("/page/data/x", 404),
    ] {
        assert_eq!(
            ask(server.local_addr(), &format!("GET {path}")).status,
            status,
            "{path}"
        );
    }
    let posted = ask(server.local_addr(), "POST /page/data");
    assert_eq!(
        (posted.status, posted.header("allow")),
        (405, Some("GET, HEAD"))
    );
}

#[test]
fn files_are_compressed_and_kept_by_those_who_ask_for_it() {
    let server = start(&health(vec![]));
    for (path, content_type, _) in FILES {
        let get = |header: &str| {
            let headers = ["Host: localhost", header];
            ask_with(server.local_addr(), &format!("GET {path}"), &headers)
        };
        let plain = get("Accept: */*");
        assert_eq!(plain.header("content-encoding"), None);
        let gzip = get("Accept-Encoding: gzip, deflate, br");
        assert_eq!(gzip.header("content-encoding"), Some("gzip"), "{path}");
        assert_eq!(gzip.header("content-type"), Some(content_type));
        assert_eq!(gzip.header("vary"), Some("Accept-Encoding"));
        let length =
            |answer: &super::Answer| answer.header("content-length").unwrap().parse::<usize>();
        assert!(
            length(&gzip).unwrap() * 2 < length(&plain).unwrap() + 400,
            "{path}"
        );
        let etag = plain.header("etag").expect("a validator");
        assert_eq!(gzip.header("etag"), Some(etag));
        assert_eq!(plain.header("cache-control"), Some("no-cache"));
        let strong = etag.trim_start_matches("W/");
        for known in [etag, strong, "*", &format!("\"x\", {etag}")] {
            let same = get(&format!("If-None-Match: {known}"));
            assert_eq!((same.status, same.body.as_str()), (304, ""), "{known}");
            assert_eq!(same.header("etag"), Some(etag));
            assert!(same.header("content-security-policy").is_some());
        }
        assert_eq!(get("If-None-Match: \"other\"").status, 200);
    }
    let data = ask_with(
        server.local_addr(),
        "GET /page/data",
        &["Host: localhost", "Accept-Encoding: gzip"],
    );
    assert_eq!(data.header("content-encoding"), Some("gzip"));
    assert_eq!(data.header("cache-control"), Some("no-store"));
}

#[test]
fn the_runs_of_a_check_are_sent_when_they_are_asked_for() {
    let check = crate::health::Check::new("database", || async { Ok::<(), String>(()) });
    let server = start(&health(vec![check]));
    let document = ask(server.local_addr(), "GET /page/data").body;
    let document: Value = serde_json::from_str(&document).expect("JSON");
    assert_eq!(document["checks"][0][1], "database");
    assert_eq!(document["health"][0], "warn", "it has not answered yet");
    let runs = ask(server.local_addr(), "GET /page/data?check=0");
    assert_eq!((runs.status, runs.body.as_str()), (200, "[]"));
    assert_eq!(
        ask(server.local_addr(), "GET /page/data?check=1").status,
        404
    );
}
