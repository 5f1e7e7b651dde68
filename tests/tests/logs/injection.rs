//! Text from outside in log lines, on the pages and in headers: it forges nothing.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use monitor_tests::http::ask;
use monitor_tests::process::{Service, command, get, wait_for};
use monitor_tests::{HOSTILE, Page};
use serde_json::Value;

/// Returns `true` for a character that a terminal acts on, or shows in another place.
fn is_unseen(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Runs the program; returns what it wrote to standard output, and what `look` saw meanwhile.
fn forger<T>(format: &str, look: impl FnOnce(SocketAddr) -> T) -> (String, T) {
    let program = Path::new(env!("CARGO_BIN_EXE_forger"));
    let mut command = command(program, &[("MONITOR_LOG_FORMAT", format)]);
    let piped = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = piped.spawn().expect("it starts");
    let stderr = BufReader::new(child.stderr.take().expect("piped"));
    // The panic of the program is told there, too.
    let addr = stderr.split(b'\n').map_while(Result::ok).find_map(|line| {
        let line = String::from_utf8_lossy(&line).into_owned();
        line.strip_prefix("listening on ")?.parse().ok()
    });
    let seen = look(addr.expect("an address"));
    child
        .stdin
        .take()
        .expect("piped")
        .write_all(b"\n")
        .expect("it reads");
    let mut written = String::new();
    let mut stdout = child.stdout.take().expect("piped");
    stdout.read_to_string(&mut written).expect("UTF-8");
    assert!(child.wait().expect("it ends").success());
    (written, seen)
}

#[test]
fn json_lines_say_it_all_and_show_none_of_it() {
    let (written, ()) = forger("json", |_| ());
    assert_eq!(written.chars().find(|c| is_unseen(*c)), None);
    let lines: Vec<Value> = written
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    let done = lines
        .iter()
        .find(|line| line["fields"]["message"] == HOSTILE);
    let done = done.expect("the line");
    assert_eq!(done["fields"]["message"], HOSTILE);
    assert_eq!(done["fields"]["text"], HOSTILE);
    assert_eq!(done["fields"]["shown"], HOSTILE);
    assert_eq!(done["spans"][0]["path"], HOSTILE);
    let failed = lines
        .iter()
        .find(|line| line["fields"]["message"] == "fails failed");
    assert!(
        failed.expect("the line")["fields"]["error"]
            .as_str()
            .expect("text")
            .contains(HOSTILE)
    );
}

#[test]
fn pretty_lines_begin_with_their_time_or_go_on() {
    let (written, ()) = forger("pretty", |_| ());
    assert!(
        written.contains("fails failed") && written.contains("FORGED"),
        "{written}"
    );
    for line in written.lines() {
        let plain = without_colours(line);
        let year = plain.get(..2) == Some("20") && plain.get(4..5) == Some("-");
        assert!(year || plain.starts_with("    | "), "{line:?}");
        assert_eq!(plain.chars().find(|c| is_unseen(*c)), None, "{line:?}");
    }
}

/// The line without the format's own colours: `ESC [`, digits and `;`, `m`.
fn without_colours(line: &str) -> String {
    let mut pieces = line.split("\u{1b}[");
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (codes, rest) = piece.split_once('m').unwrap_or(("?", piece));
        assert!(
            codes
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b';'),
            "{line:?}"
        );
        assert!(
            !rest.starts_with("FORGED"),
            "a colour of the text's own: {line:?}"
        );
        plain.push_str(rest);
    }
    plain
}

#[test]
fn pages_are_read_as_if_it_were_any_text() {
    let (_, (text, open, health)) = forger("json", |addr| {
        // Once the check has run.
        let health = wait_for("the check", || {
            let (_, body) = get(addr, "/health");
            body.contains("FORGED").then_some(body)
        });
        let accept = ("Accept", "application/openmetrics-text; version=1.0.0");
        let open = ask(addr, "GET", "/metrics", &[accept]).body;
        (get(addr, "/metrics").1, open, health)
    });
    let page = Page::parse(&text);
    let theirs: Vec<_> = page.find("theirs_total", &[]).collect();
    assert_eq!(theirs.len(), 1);
    // The exporter of the facade escapes it; a quote behind a backslash it takes for escaped.
    assert_eq!(theirs[0].labels["label"], HOSTILE.replace(r#"\""#, "\""));
    let fails: Vec<_> = page
        .find("function_calls_total", &[("function", "fails")])
        .collect();
    assert!(
        fails
            .iter()
            .any(|sample| sample.labels["region"] == "other" && sample.count() == 1)
    );
    for page in [&text, &open] {
        for line in page.lines() {
            assert!(
                !line.starts_with("FORGED") && !line.starts_with("ERROR"),
                "{line:?}"
            );
            let own = !line.starts_with("theirs_total");
            assert!(!own || !line.contains(is_unseen), "{line:?}");
        }
    }
    assert_eq!(health.chars().find(|c| is_unseen(*c)), None, "{health}");
    let health: Value = serde_json::from_str(&health).expect("JSON");
    assert!(health.to_string().contains("FORGED"));
}

#[test]
fn headers_and_paths_of_a_request_come_back_harmless() {
    let service = Service::quickstart(&[("MONITOR_LOG_FORMAT", "json")]);
    for id in [
        "a b",
        "\u{202e}x",
        "x\u{9b}y",
        "<script>",
        "a\tb",
        "\"quoted\"",
        &"x".repeat(129),
    ] {
        let answer = ask(service.addr, "GET", "/hello", &[("x-request-id", id)]);
        let given = answer
            .headers
            .iter()
            .filter(|(name, _)| name == "x-request-id");
        let given: Vec<_> = given.map(|(_, value)| value).collect();
        assert!(
            given.len() <= 1 && given.iter().all(|value| *value != id),
            "{id:?}: {given:?}"
        );
    }
    // A path that would be a line, a quote and a label of its own.
    let path = "/%0aERROR%20FORGED%22%7d%20%1b[31m%e2%80%ae";
    ask(service.addr, "GET", path, &[("user-agent", "\u{202e}\"}")]);
    wait_for("its access line", || {
        let lines = service.lines();
        lines
            .iter()
            .any(|line| line.contains("\"unmatched\""))
            .then_some(())
    });
    let lines = service.lines().concat();
    assert!(
        !lines.contains("FORGED") && !lines.contains(is_unseen),
        "{lines}"
    );
    let page = get(service.management, "/metrics").1;
    assert!(!page.contains("FORGED"), "a path is no label");
    Page::parse(&page);
}
