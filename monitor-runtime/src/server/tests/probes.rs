//! Probes as Kubernetes asks them: verbose, without some checks, one check, one group.

use std::time::{Duration, Instant};

use super::client::{ask, ask_with};
use super::{SECOND, health, start};
use crate::health::Check;

/// A server with a check of every kind, all of which have answered.
fn server() -> (super::Server, std::sync::Arc<super::Health>) {
    let fails = |name: &str| Check::blocking(name, || Err::<(), _>("password of bob"));
    let passes = |name: &str| Check::blocking(name, || Ok::<_, String>(()));
    let health = health(vec![
        fails("db").critical().group("storage"),
        passes("queue").critical().group("storage").group("work"),
        fails("cache"),
    ]);
    let server = start(&health);
    health.mark_started();
    health.spawn().expect("a thread");
    let begin = Instant::now();
    while ask(server.local_addr(), "GET /startupz").status != 200 {
        assert!(begin.elapsed() < 20 * SECOND, "it never starts");
        std::thread::sleep(Duration::from_millis(1));
    }
    (server, health)
}

#[test]
fn verbose_answers_are_those_of_kubernetes() {
    let (server, health) = server();
    let local = |path: &str| {
        let answer = ask(server.local_addr(), &format!("GET {path}"));
        (answer.status, answer.body)
    };
    let stranger = |path: &str| {
        let answer = ask_with(server.local_addr(), &format!("GET {path}"), &["Host: shop"]);
        (answer.status, answer.body)
    };
    let lines = "[+]process:shutdown ok\n[+]process:started ok\n\
                 [-]db failed: password of bob\n[+]queue ok\n\
                 [-]cache failed (not critical): password of bob\nreadyz check failed\n";
    assert_eq!(local("/readyz?verbose"), (503, lines.to_owned()));
    assert_eq!(local("/ready?verbose=1&other=2"), (503, lines.to_owned()));
    let withheld = "[+]process:shutdown ok\n[+]process:started ok\n\
                    [-]check failed: reason withheld\n[+]check ok\n\
                    [-]check failed (not critical): reason withheld\nreadyz check failed\n"
        .to_owned();
    assert_eq!(stranger("/readyz?verbose"), (503, withheld));
    assert_eq!(
        local("/startupz?verbose"),
        (
            200,
            "[+]process:started ok\n[+]db ok\n[+]queue ok\n[+]cache ok\nstartupz check passed\n"
                .to_owned()
        )
    );
    assert_eq!(
        local("/livez?verbose&exclude=db&group=nope").0,
        200,
        "no check counts"
    );

    assert_eq!(local("/readyz?exclude=db"), (200, "ok\n".to_owned()));
    assert_eq!(
        local("/readyz?exclude=d%62&exclude=queue"),
        (200, "ok\n".to_owned())
    );
    let excluded = local("/readyz?verbose&exclude=db&exclude=dbb&exclude=%22%0A").1;
    assert!(excluded.contains("[+]db excluded: ok\n"), "{excluded}");
    assert!(
        excluded.ends_with(
            "warn: some health checks cannot be excluded: no matches for \"dbb\", \"\\\"\\n\"\nreadyz check passed\n"
        ),
        "{excluded}"
    );
    assert_eq!(local("/readyz?exclude=cache").0, 503);
    health.stop();
}

#[test]
fn one_check_and_one_group_can_be_asked_for() {
    let (server, health) = server();
    let local = |path: &str| {
        let answer = ask(server.local_addr(), &format!("GET {path}"));
        (answer.status, answer.body)
    };
    assert_eq!(local("/readyz/queue"), (200, "ok\n".to_owned()));
    assert_eq!(
        local("/readyz/db"),
        (503, "failed: password of bob\n".to_owned())
    );
    assert_eq!(
        local("/readyz/cache?verbose").1,
        "[-]cache failed (not critical): password of bob\n"
    );
    assert_eq!(local("/readyz/process:shutdown"), (200, "ok\n".to_owned()));
    let stranger = ask_with(server.local_addr(), "GET /readyz/db", &["Host: shop"]);
    assert_eq!(
        (stranger.status, stranger.body.as_str()),
        (503, "failed: reason withheld\n")
    );
    // Spring's names.
    assert_eq!(local("/health/liveness"), (200, "ok\n".to_owned()));
    assert_eq!(local("/health/readiness").0, 503);
    // Liveness has no checks, and the other names do not exist.
    for path in [
        "/livez/db",
        "/readyz/nope",
        "/readyz/db/x",
        "/health/nope",
        "/health/db",
    ] {
        assert_eq!(local(path).0, 404, "{path}");
    }
    assert_eq!(ask(server.local_addr(), "POST /readyz/db").status, 405);

    let json = |path: &str| {
        let (status, body) = local(path);
        let body: serde_json::Value = serde_json::from_str(&body).expect("JSON");
        let checks: Vec<String> = body["checks"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .collect();
        (status, body, checks)
    };
    for path in ["/health/storage", "/health?group=storage"] {
        let (status, body, checks) = json(path);
        assert_eq!(
            (status, &body["status"], checks.len()),
            (503, &"fail".into(), 2),
            "{path}"
        );
    }
    let (status, body, checks) = json("/health/work?verbose");
    assert_eq!((status, checks), (200, vec!["queue".to_owned()]));
    let queue = &body["checks"]["queue"][0];
    assert_eq!(queue["groups"], serde_json::json!(["storage", "work"]));
    assert_eq!(queue["history"][0]["status"], "ok");
    assert_eq!(json("/health?group=work&group=storage").2.len(), 2);
    let (status, body, checks) = json("/health?exclude=db&exclude=nope");
    assert_eq!((status, checks.len()), (200, 2));
    assert_eq!(
        body["notes"],
        serde_json::json!(["exclude: there is no check \"nope\""])
    );
    for path in ["/health?group=nope", "/readyz?group=nope"] {
        assert_eq!(
            local(path),
            (404, "no health check is in this group\n".to_owned())
        );
    }
    assert_eq!(local("/readyz?group=work"), (200, "ok\n".to_owned()));
    // A group is asked about its checks; the process as a whole is going down.
    health.begin_drain();
    assert_eq!(json("/health/work").0, 200);
    assert_eq!(
        local("/readyz?group=work"),
        (503, "not ready: draining\n".to_owned())
    );
    // Strangers learn no names.
    let stranger = ask_with(
        server.local_addr(),
        "GET /health/work?verbose",
        &["Host: shop"],
    );
    assert_eq!(stranger.body, r#"{"status":"ok"}"#);
    health.stop();
}

#[test]
fn a_check_that_hangs_and_is_not_critical_changes_no_probe() {
    let hangs = |name: &str| Check::new(name, std::future::pending::<Result<(), String>>);
    let health = health(vec![
        hangs("reports").group("work").timeout(100 * SECOND),
        Check::new("db", || async { Ok::<_, String>(()) }).critical(),
    ]);
    let server = start(&health);
    health.mark_started();
    health.spawn().expect("a thread");
    let begin = Instant::now();
    let local = |path: &str| ask(server.local_addr(), &format!("GET {path}"));
    while local("/startupz").status != 200 {
        assert!(begin.elapsed() < 20 * SECOND, "it never starts");
        std::thread::sleep(Duration::from_millis(1));
    }
    for path in ["/readyz", "/readyz?group=work", "/startupz?group=work"] {
        assert_eq!(
            (local(path).status, local(path).body),
            (200, "ok\n".into()),
            "{path}"
        );
    }
    for path in ["/readyz?verbose", "/startupz?verbose"] {
        let answer = local(path);
        let line = "[-]reports failed (not critical): no answer yet\n[+]db ok\n";
        assert_eq!(
            (answer.status, answer.body.contains(line)),
            (200, true),
            "{}",
            answer.body
        );
    }
    health.stop();
}

#[test]
fn nonsense_in_a_query_is_passed_over() {
    let (server, health) = server();
    for query in [
        "%",
        "%ff=%00&&=&verbos",
        "a=b=c",
        "exclude",
        "exclude=&exclude=%F0%9F",
    ] {
        let answer = ask(server.local_addr(), &format!("GET /readyz?{query}"));
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (503, "not ready: a critical check is failing\n"),
            "{query}"
        );
    }
    let long = format!("GET /readyz?{}exclude=db", "exclude=x&".repeat(300));
    assert_eq!(ask(server.local_addr(), &long).status, 200);
    health.stop();
}
