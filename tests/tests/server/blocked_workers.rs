//! One worker of eight that a function holds up, as an operator sees it, of a real process.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use monitor_tests::http::{begin, read_until};
use monitor_tests::process::{Sentry, Service, get, wait_for};
use serde_json::Value;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// The text of a slow poll's line, if a block was reported meanwhile and if not.
const REPORTED: &str = "it held its thread, whose worker was reported as blocked";
const NOT_REPORTED: &str =
    "it held its thread, where other tasks waited unless it used block_in_place";
const BLOCKED: &str = "a worker of the async runtime is blocked";
const GOES_ON: &str = "the worker of the async runtime goes on";

fn service(env: &[(&str, &str)]) -> Service {
    let limit = ("MONITOR_BLOCKED_WORKER", "300ms");
    let program = Path::new(env!("CARGO_BIN_EXE_blocking"));
    Service::serving(program, &[&[limit], env].concat())
}

/// Holds up a thread in the service, within a request.
fn hold_up(service: &Service, way: &str, milliseconds: u64) -> std::net::TcpStream {
    let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let path = format!("/block/{way}/{milliseconds}");
    begin(service.addr, "GET", &path, &[("traceparent", &parent)])
}

/// The lines on blocked workers in the answer to a probe.
fn named(service: &Service) -> Vec<String> {
    let (status, answer) = get(service.management, "/livez?verbose");
    assert_eq!(
        status, 200,
        "one worker of many is no reason for a restart: {answer}"
    );
    assert!(answer.ends_with("livez check passed\n"), "{answer}");
    let lines = answer.lines().filter(|line| line.contains("worker:"));
    lines.map(str::to_owned).collect()
}

fn until_named(service: &Service) -> String {
    wait_for("the name of a blocked worker", || named(service).pop())
}

/// The lines of the log with a message.
fn logged(service: &Service, message: &str) -> Vec<Value> {
    let lines = service.lines();
    let lines = lines
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines
        .filter(|line| line["fields"]["message"] == message)
        .collect()
}

/// The seconds for which workers were blocked.
fn seconds(service: &Service) -> Vec<f64> {
    let (_, page) = get(service.management, "/metrics");
    let lines = page.lines().filter_map(|line| {
        let rest =
            line.strip_prefix("tokio_worker_blocked_seconds_total{runtime=\"main\",worker=\"")?;
        rest.split_once("\"} ")?.1.parse().ok()
    });
    lines.collect()
}

#[test]
fn a_blocked_worker_is_named_in_the_probe_the_log_an_event_a_counter_and_on_the_page() {
    let sentry = Sentry::start();
    let service = service(&[("SENTRY_DSN", &sentry.dsn())]);
    assert_eq!(seconds(&service), [0.0; 8]);
    let asked = hold_up(&service, "mutex", 2_500);
    let line = until_named(&service);
    let said = [
        " failed (not critical): blocked for ",
        " s by wait_for_lock (order > wait_for_lock), thread tokio-",
        " waiting in futex, trace 4bf92f3577b34da6a3ce929d0e0e4736",
    ];
    for part in said {
        assert!(line.contains(part), "{part:?} in {line:?}");
    }
    assert!(line.starts_with("[-]worker:main:"), "{line}");
    let page = get(service.management, "/page/data").1;
    let page: Value = serde_json::from_str(&page).expect("JSON");
    let sentence = page["blocked"][0][2].as_str().expect("a sentence");
    assert!(sentence.contains("by wait_for_lock"), "{page}");

    wait_for("its end", || named(&service).is_empty().then_some(()));
    drop(asked);
    let lines = logged(&service, BLOCKED);
    let [line] = lines.as_slice() else {
        panic!("one line: {lines:?}");
    };
    assert_eq!(
        (&line["level"], &line["target"]),
        (&"WARN".into(), &"monitor_runtime::health".into())
    );
    let fields = &line["fields"];
    assert_eq!(fields["runtime"], "main");
    assert_eq!(fields["function"], "wait_for_lock");
    assert_eq!(fields["module"], "blocking::ways");
    assert_eq!(fields["path"], "order > wait_for_lock");
    assert_eq!(fields["state"], "waiting in futex");
    assert_eq!(fields["trace_id"], TRACE);
    assert!(
        fields["thread"]
            .as_str()
            .is_some_and(|name| name.starts_with("tokio-")),
        "{fields}"
    );
    let lasted = fields["seconds"].as_f64().expect("a number");
    assert!((0.3..2.5).contains(&lasted), "{fields}");
    let said = format!("wait_for_lock slow poll: {REPORTED}");
    let end = wait_for("the line of its end", || logged(&service, &said).pop());
    assert_eq!(end["trace_id"], TRACE, "{end}");
    let lasted = end["fields"]["duration_ms"].as_f64().expect("a number");
    assert!((2_500.0..3_500.0).contains(&lasted), "{end}");

    let seconds = seconds(&service);
    let worker = usize::try_from(fields["worker"].as_u64().expect("a number")).expect("small");
    let others = seconds
        .iter()
        .enumerate()
        .filter(|(other, _)| *other != worker);
    let longest = others.map(|(_, seconds)| *seconds).fold(0.0, f64::max);
    assert!(longest <= 0.0, "{seconds:?}");
    assert!((1.5..3.5).contains(&seconds[worker]), "{seconds:?}");

    let event = wait_for("the event", || sentry.events().first().cloned());
    assert_eq!(
        (&event["level"], &event["tags"]["function"]),
        (&"warning".into(), &"wait_for_lock".into())
    );
    assert_eq!(event["tags"]["trace_id"], TRACE);
    assert_eq!(event["contexts"]["worker"]["state"], "waiting in futex");
    assert_eq!(
        event["contexts"]["path"]["functions"],
        serde_json::json!(["order", "wait_for_lock"])
    );
    assert_eq!(sentry.events().len(), 1);
}

#[test]
fn one_line_tells_the_end_of_a_block() {
    let service = service(&[("MONITOR_SLOW_POLL", "100ms")]);
    let lines = |way: &str, milliseconds: u64| {
        read_until(&mut hold_up(&service, way, milliseconds), "done");
        // Longer than the watch takes to see the end.
        thread::sleep(Duration::from_millis(300));
        let [reported, not_reported] =
            [REPORTED, NOT_REPORTED].map(|said| format!("sleep slow poll: {said}"));
        [BLOCKED, &reported, &not_reported, GOES_ON].map(|said| logged(&service, said).len())
    };
    assert_eq!(lines("sleep", 1_000), [1, 1, 0, 0]);
    assert_eq!(lines("sleep", 150), [1, 1, 1, 0], "it was not reported");
    assert_eq!(lines("unmonitored", 1_000), [2, 1, 1, 1], "it has no poll");
    assert_eq!(lines("sleep", 150), [2, 1, 2, 1], "nothing is left of it");
    let (_, page) = get(service.management, "/metrics");
    let slow = page.lines().find(|line| {
        line.starts_with("function_calls_slow_polls_total") && line.contains("function=\"sleep\"")
    });
    assert!(slow.is_some_and(|line| line.ends_with(" 3")), "{slow:?}");
}

#[test]
fn every_kind_of_block_has_its_function_and_the_word_of_the_kernel() {
    let service = service(&[]);
    for (way, said) in [
        (
            "sleep",
            " by sleep (order > sleep), thread tokio-rt-worker waiting in clock_nanosleep,",
        ),
        (
            "spin",
            " by spin (order > spin), thread tokio-rt-worker running,",
        ),
        (
            "pipe",
            " by read_pipe (order > read_pipe), thread tokio-rt-worker waiting in read of a pipe,",
        ),
        ("loop", " by call_often (order > call_often"),
        (
            "task",
            " by sleep (order > sleep), thread tokio-rt-worker waiting in clock_nanosleep,",
        ),
        (
            "boxed",
            " by Boxes::nap (order > Boxes::nap), thread tokio-rt-worker waiting in",
        ),
        (
            "unmonitored",
            " by code that is not monitored, thread tokio-rt-worker waiting in clock_nanosleep,",
        ),
    ] {
        let asked = hold_up(&service, way, 1_200);
        let line = until_named(&service);
        assert!(line.contains(said), "{way}: {said:?} in {line:?}");
        assert!(line.ends_with(&format!("trace {TRACE}")), "{way}: {line}");
        wait_for("its end", || named(&service).is_empty().then_some(()));
        drop(asked);
    }
}

/// Returns the names of so many workers once they are blocked at the same time, and waits for the end of that;
/// `None` if fewer are.
fn all_named(service: &Service, workers: usize) -> Option<Vec<String>> {
    let begin = Instant::now();
    let mut most = Vec::new();
    while most.len() < workers && begin.elapsed() < Duration::from_secs(3) {
        let lines = named(service);
        if lines.len() > most.len() {
            most = lines;
        }
        thread::sleep(Duration::from_millis(20));
    }
    wait_for("the end", || named(service).is_empty().then_some(()));
    (most.len() == workers).then_some(most)
}

#[test]
fn all_workers_at_once_are_all_named() {
    let service = service(&[]);
    // A worker may hold up a task that is in its own queue: then fewer than eight are blocked.
    let attempt = || {
        let asked = hold_up(&service, "all", 3_000);
        let named = all_named(&service, 8);
        drop(asked);
        named
    };
    let lines = (0..5).find_map(|_| attempt()).expect("eight names");
    let is_named = |line: &String| line.contains(" by sleep (order > sleep)");
    assert!(lines.iter().all(is_named), "{lines:?}");
}

#[test]
fn the_watch_leaves_few_tasks_in_the_queue_of_a_runtime_that_is_held_up() {
    let service = service(&[]);
    // As above: where fewer than eight are blocked, the others take the questions.
    let attempt = || {
        let asked = hold_up(&service, "all", 3_000);
        until_named(&service);
        let mut most = 0.0_f64;
        while !named(&service).is_empty() {
            let (_, page) = get(service.management, "/metrics");
            let tasks = page
                .lines()
                .find_map(|line| line.strip_prefix("tokio_alive_tasks "));
            let tasks: f64 = tasks.expect("a family").parse().expect("a number");
            most = most.max(tasks);
            thread::sleep(Duration::from_millis(20));
        }
        drop(asked);
        // Eight questions for each worker, and the tasks of the service.
        assert!(most < 128.0, "{most}");
        (most >= 64.0).then_some(())
    };
    (0..5).find_map(|_| attempt()).expect("open questions");
}

#[test]
fn workers_that_compute_are_named_in_a_service_that_uses_block_in_place() {
    let service = service(&[]);
    // The worker of each is seen on one thread and then on another.
    for _ in 0..8 {
        read_until(&mut hold_up(&service, "in_place", 50), "done");
        read_until(&mut hold_up(&service, "await", 1), "done");
    }
    // A request may wait for a worker that another one holds up.
    let attempt = || {
        let asked = ["spin", "mutex", "spin"].map(|way| hold_up(&service, way, 3_000));
        let named = all_named(&service, 3);
        drop(asked);
        named
    };
    let all = (0..5).find_map(|_| attempt()).expect("three names");
    for (function, times) in [("spin", 2), ("wait_for_lock", 1)] {
        let said = format!(" by {function} (order > {function})");
        let found = all.iter().filter(|line| line.contains(&said)).count();
        assert_eq!(found, times, "{all:?}");
    }
}

#[test]
fn the_thread_of_a_current_thread_runtime_is_named() {
    let service = service(&[("EXAMPLE_FLAVOR", "current")]);
    let asked = hold_up(&service, "sleep", 1_500);
    let line = until_named(&service);
    assert!(line.starts_with("[-]worker:main:0 failed"), "{line}");
    assert!(
        line.contains(" by sleep (order > sleep), thread main waiting in"),
        "{line}"
    );
    assert!(line.ends_with(TRACE), "{line}");
    wait_for("its end", || named(&service).is_empty().then_some(()));
    drop(asked);
}

#[test]
fn other_code_of_a_current_thread_runtime_is_named_once_the_watchdog_says_that_it_is_blocked() {
    let env = [("EXAMPLE_FLAVOR", "current"), ("MONITOR_WATCHDOG", "1s")];
    let service = service(&env);
    // The watchdog does not know a runtime before.
    thread::sleep(Duration::from_secs(1));
    for (way, said) in [
        ("call", " by nap, thread main waiting in clock_nanosleep"),
        (
            "unseen",
            " by code that is not monitored, thread main waiting in clock_nanosleep",
        ),
    ] {
        let asked = hold_up(&service, way, 4_000);
        let line = wait_for("the name of a blocked worker", || {
            let (status, answer) = get(service.management, "/livez?verbose");
            let line = answer.lines().find(|line| line.contains("worker:"))?;
            assert_eq!(status, 503, "the whole runtime is blocked: {answer}");
            Some(line.to_owned())
        });
        assert!(line.ends_with(said), "{way}: {line}");
        wait_for("its end", || {
            (get(service.management, "/livez").0 == 200).then_some(())
        });
        drop(asked);
    }
}

#[test]
fn threads_that_block_no_worker_are_not_named() {
    let service = service(&[]);
    let ways = [
        "await",
        "in_place",
        "call_in_place",
        "call_in_unseen_place",
        "unseen_in_place",
        "spawn_blocking",
        "thread",
        "many_polls",
        "busy",
        "in_place_in_storm",
    ];
    for way in ways {
        let asked = hold_up(&service, way, 1_500);
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_millis(1_800) {
            assert_eq!(named(&service), [""; 0], "{way}");
            thread::sleep(Duration::from_millis(20));
        }
        drop(asked);
    }
    assert_eq!(seconds(&service), [0.0; 8]);
}

#[test]
fn a_process_that_was_stopped_has_no_blocked_worker() {
    let service = service(&[]);
    for _ in 0..3 {
        // Shorter than the limit, but for the stop.
        let asked = hold_up(&service, "spin", 150);
        thread::sleep(Duration::from_millis(50));
        service.signal("STOP");
        thread::sleep(Duration::from_secs(1));
        service.signal("CONT");
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_millis(700) {
            assert_eq!(named(&service), [""; 0]);
            thread::sleep(Duration::from_millis(10));
        }
        drop(asked);
    }
    assert_eq!(seconds(&service), [0.0; 8]);
}

#[test]
fn a_watch_that_is_off_names_nothing() {
    let service = service(&[("MONITOR_BLOCKED_WORKER", "off")]);
    let asked = hold_up(&service, "sleep", 1_000);
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_millis(1_200) {
        assert_eq!(named(&service), [""; 0]);
        thread::sleep(Duration::from_millis(20));
    }
    drop(asked);
    assert_eq!(seconds(&service), [0.0; 0]);
}

#[test]
fn a_block_in_a_plain_task_is_named() {
    let service = service(&[]);
    // The thread of a worker is known once it has called a monitored function, or held up another worker.
    let ways = [
        (
            "call",
            " by nap, thread tokio-rt-worker waiting in clock_nanosleep",
        ),
        (
            "call_elsewhere",
            " by nap, thread tokio-rt-worker waiting in clock_nanosleep",
        ),
        (
            "unseen",
            " by code that is not monitored, thread tokio-rt-worker waiting in clock_nanosleep",
        ),
    ];
    for (way, said) in ways {
        for _ in 0..8 {
            let asked = hold_up(&service, way, 1_200);
            let line = until_named(&service);
            assert!(line.ends_with(said), "{way}: {said:?} in {line:?}");
            wait_for("its end", || named(&service).is_empty().then_some(()));
            drop(asked);
        }
    }
}

#[test]
fn a_block_that_is_over_is_shown_no_more() {
    let service = service(&[("MONITOR_BLOCKED_WORKER", "1s")]);
    for _ in 0..3 {
        let mut asked = hold_up(&service, "sleep", 1_700);
        until_named(&service);
        read_until(&mut asked, "done");
        assert_eq!(named(&service), [""; 0], "before the watch looks again");
    }
}

#[test]
fn events_of_blocks_without_a_trace_are_in_none_together() {
    let sentry = Sentry::start();
    let service = service(&[("SENTRY_DSN", &sentry.dsn())]);
    for number in 1..=2 {
        let asked = hold_up(&service, "unseen", 1_000);
        wait_for("the event", || {
            (sentry.events().len() == number).then_some(())
        });
        wait_for("its end", || named(&service).is_empty().then_some(()));
        drop(asked);
    }
    let events = sentry.events();
    let trace = |number: usize| &events[number]["contexts"]["trace"]["trace_id"];
    assert!(trace(0).is_string() && trace(0) != trace(1), "{events:?}");
}

#[test]
fn workers_that_have_moved_to_other_threads_are_named_there() {
    let service = service(&[]);
    for way in ["call", "unseen", "call", "unseen", "call", "unseen"] {
        read_until(&mut hold_up(&service, "shuffle", 60), "done");
        // The watch sees that the threads are idle which the workers have left.
        thread::sleep(Duration::from_millis(500));
        let asked = hold_up(&service, way, 1_200);
        let line = until_named(&service);
        let function = if way == "call" {
            "nap"
        } else {
            "code that is not monitored"
        };
        let said = format!(" by {function}, thread tokio-rt-worker waiting in clock_nanosleep");
        assert!(line.ends_with(&said), "{way}: {line}");
        wait_for("its end", || named(&service).is_empty().then_some(()));
        drop(asked);
    }
}

#[test]
fn code_that_is_not_monitored_and_computes_is_named_once_it_cannot_be_many_polls() {
    // Tokio looks up every 61 polls.
    let service = service(&[("MONITOR_BLOCKED_WORKER", "100ms")]);
    let begin = Instant::now();
    let asked = hold_up(&service, "unseen_spin", 10_000);
    let line = until_named(&service);
    let took = begin.elapsed();
    assert!(took > Duration::from_millis(61 * 100), "{took:?}");
    let said = " by code that is not monitored, thread tokio-rt-worker running";
    assert!(line.ends_with(said), "{line}");
    drop(asked);
}

#[test]
fn strangers_see_neither_the_function_nor_the_thread() {
    let service = service(&[
        ("MONITOR_TOKEN", "0123456789abcdef"),
        ("MONITOR_LOOPBACK", "token"),
    ]);
    let asked = hold_up(&service, "sleep", 1_500);
    let line = wait_for("the worker", || {
        let (_, answer) = get(service.management, "/livez?verbose");
        answer
            .lines()
            .find(|line| line.contains("worker"))
            .map(str::to_owned)
    });
    assert_eq!(line, "[-]worker failed (not critical): reason withheld");
    drop(asked);
}
