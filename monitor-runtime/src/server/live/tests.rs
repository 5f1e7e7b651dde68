use std::thread::sleep;

use serde_json::{Value, json};

use super::*;
use crate::base::verdict::Verdict;
use crate::call::run::run;
use crate::callsite::Settings;

fn counts(ended: [u64; 3], buckets: &[u64], seconds: f64) -> Counts {
    Counts {
        ended,
        in_flight: 0,
        seconds,
        busy: None,
        buckets: buckets.into(),
    }
}

#[test]
fn quantiles_are_what_prometheus_makes_of_the_same_buckets() {
    let bounds = [0.1, 0.5, 1.0];
    for (buckets, expected) in [
        // Spread evenly over their bucket.
        ([0, 100, 0, 0], [Some(0.3), Some(0.48), Some(0.496)]),
        ([50, 50, 0, 0], [Some(0.1), Some(0.46), Some(0.492)]),
        // The first begins at 0.
        ([10, 0, 0, 0], [Some(0.05), Some(0.095), Some(0.099)]),
        // Beyond the highest bound one only knows that.
        (
            [90, 0, 0, 10],
            [Some(0.1 * 50.0 / 90.0), Some(-1.0), Some(-1.0)],
        ),
        ([0, 0, 0, 0], [None; 3]),
    ] {
        let counts = counts([0; 3], &buckets, 0.0);
        for (share, expected) in [0.5, 0.95, 0.99].into_iter().zip(expected) {
            match (counts.quantile(share, &bounds), expected) {
                (Some(a), Some(b)) => assert!((a - b).abs() < 1e-9, "{buckets:?}: {a}, not {b}"),
                (a, b) => assert_eq!(a, b, "{buckets:?}"),
            }
        }
    }
    assert_eq!(
        counts([7, 0, 0], &[7], 0.0).quantile(0.5, &[]),
        None,
        "not timed"
    );
}

#[test]
fn what_came_since_is_the_difference() {
    let before = counts([10, 2, 0], &[10, 2], 1.0);
    let now = counts([40, 5, 1], &[30, 16], 10.0);
    let new = now.since(&before);
    assert_eq!(new, counts([30, 3, 1], &[20, 14], 9.0));
    assert_eq!(new.calls(), 34);
    assert!((new.mean() - 9.0 / 34.0).abs() < 1e-9);
    assert!(counts([0; 3], &[0], 0.0).mean().abs() < 1e-9);
}

#[test]
fn columns_hold_only_what_was_called() {
    let mut column = Column::new(7, COLUMN);
    column.push(0, &counts([0; 3], &[0, 0, 0], 0.0));
    column.push(1, &counts([5, 1, 0], &[0, 4, 2], 0.0));
    column.push(9, &counts([1, 0, 0], &[1], 0.0));
    let calls: Vec<_> = column
        .calls()
        .map(|calls| {
            (
                calls.function,
                calls.ended,
                calls.first,
                calls.heat.to_vec(),
            )
        })
        .collect();
    assert_eq!(
        calls,
        [(1, [5, 1, 0], 1, vec![3, 2]), (9, [1, 0, 0], 0, vec![1])]
    );
}

#[test]
fn history_is_bounded_in_columns_and_in_what_is_sent() {
    let mut history = History::default();
    for number in 1..=200 {
        let mut column = Column::new(number, COLUMN);
        column.push(0, &counts([1, 0, 0], &[1], 0.0));
        column.push(1, &counts([1, 0, 0], &[1], 0.0));
        history.push(column);
    }
    let numbers = |after, most| {
        let columns = history.after(after, most);
        columns.map(|column| column.number).collect::<Vec<u64>>()
    };
    assert_eq!(numbers(0, 1000), (81..=200).collect::<Vec<u64>>());
    assert_eq!(numbers(197, 1000), [198, 199, 200]);
    assert_eq!(numbers(0, 4), [199, 200]);
    assert_eq!(numbers(0, 1), [200], "the last one in any case");
    assert!(numbers(200, 1000).is_empty());
}

fn service() -> Service {
    Service {
        name: "shop".into(),
        version: "1.2".into(),
        ..Service::default()
    }
}

/// Makes everything that is known look older.
fn age(live: &Live, by: Duration) {
    let mut state = live.state();
    state.now.at -= by;
    for reading in &mut state.before {
        reading.at -= by;
    }
}

fn document(live: &Live, known: Known<'_>) -> Value {
    serde_json::from_str(&live.document(known)).expect("JSON")
}

/// The first items of a list.
fn begin(list: &Value, items: usize) -> Value {
    let list = list.as_array().expect("a list").iter();
    list.take(items).cloned().collect()
}

fn call(site: &'static Site) {
    run(site.begin(), || (), |()| Verdict::Ok);
}

#[test]
fn a_document_says_what_is_new() {
    static SHOWN: Site =
        Site::new(|| "", "m").with(&const { Settings::new().name("b\"usy").buckets(&[10.0]) });
    static OTHER: Site = Site::new(|| "", "m").with(&const { Settings::new().name("idle") });
    static HIDDEN: Site =
        Site::new(|| "", "m").with(&const { Settings::new().name("hidden").metrics(false) });
    let live = Live::for_sites(
        &service(),
        Around::default(),
        [&SHOWN, &OTHER, &HIDDEN].into_iter(),
    );
    call(&SHOWN);
    age(&live, Duration::from_secs(4));
    let first = document(&live, Known::default());
    assert_eq!(first["service"]["name"], "shop");
    assert_eq!(first["bounds"][1], json!([10.0]));
    assert_eq!(first["functions"][0][0], "b\"usy");
    assert_eq!(begin(&first["functions"][1], 2), json!(["idle", "m"]));
    assert_eq!(
        first["functions"].as_array().unwrap().len(),
        2,
        "the hidden one is hidden"
    );
    let windows = first["windows"].as_array().expect("two windows");
    assert!(
        windows
            .iter()
            .all(|length| length.as_f64().is_some_and(|l| (4.0..5.0).contains(&l)))
    );
    let busy = &first["rows"][0];
    assert_eq!(begin(busy, 3), json!([0, [1, 0, 0], 0]));
    assert_eq!(begin(&busy[4], 3), json!([1, 0, 0]));
    assert_eq!(first["rows"][1], json!([1, [0, 0, 0], 0, 0, 0, 0]));

    let process = first["process"].as_str().expect("a process").to_owned();
    let mut known = Known {
        process: &process,
        number: first["number"].as_u64().expect("a number"),
    };
    let same = document(&live, known);
    assert_eq!((&same["rows"], &same["columns"]), (&json!([]), &json!([])));
    assert!(same.get("functions").is_none());
    // A failure in a test beside this one makes the list due, in which a kind that is known is its number alone.
    let failures = same.get("failures").and_then(Value::as_array);
    assert!(failures.is_none_or(|all| all.iter().all(Value::is_u64)));

    call(&SHOWN);
    call(&SHOWN);
    age(&live, Duration::from_secs(6));
    live.tick();
    let next = document(&live, known);
    assert_eq!(
        next["rows"].as_array().unwrap().len(),
        1,
        "only what has changed"
    );
    assert_eq!(next["rows"][0][4][0], 3, "of the last ten seconds");
    assert_eq!(next["columns"][0][3][0], json!([0, 3, 0, 0, 0, "2"]));

    // A window goes on without calls that have become old, and a minute has them longer.
    known.number = next["number"].as_u64().expect("a number");
    age(&live, Duration::from_secs(12));
    let later = document(&live, known);
    assert_eq!(later["rows"][0][4], 0);
    assert_eq!(later["rows"][0][5][0], 3);

    let other = Known {
        process: "another",
        number: 1_000_000,
    };
    assert!(
        document(&live, other).get("functions").is_some(),
        "another process knows nothing"
    );
}

#[test]
fn readings_of_the_last_minute_are_kept_and_no_more() {
    static SITE: Site = Site::new(|| "", "m").with(&const { Settings::new().name("kept") });
    let live = Live::for_sites(&service(), Around::default(), std::iter::once(&SITE));
    for _ in 0..300 {
        age(&live, COLUMN);
        live.tick();
        live.tick();
    }
    let state = live.state();
    assert_eq!(state.before.len(), 13);
    let minute = state.now.at - state.base(WINDOWS[1]).at;
    assert!((60..66).contains(&minute.as_secs()), "{minute:?}");
    // The function was not called, so all readings share one copy of its counts.
    assert_eq!(Arc::strong_count(&state.now.counts[0]), 14);
}

#[test]
fn a_detail_has_what_failed_and_what_was_slow() {
    static SITE: Site = Site::new(|| "", "m").with(
        &const {
            Settings::new()
                .name("detailed")
                .fields(&["order"])
                .slow(5_000_000)
        },
    );
    let live = Live::for_sites(&service(), Around::default(), std::iter::once(&SITE));
    run(
        SITE.begin(),
        || sleep(Duration::from_millis(2)),
        |()| Verdict::Ok,
    );
    let fails = || {
        run(
            SITE.begin(),
            || (),
            |()| Verdict::Ok.error_if(&(), |()| true),
        );
    };
    fails();
    fails();
    age(&live, FRESH);
    let detail: Value = serde_json::from_str(&live.detail(0).expect("it is there")).expect("JSON");
    assert_eq!(detail["function"], "detailed");
    assert_eq!(detail["fields"], json!(["order"]));
    assert_eq!(detail["slow_seconds"], 0.005);
    assert_eq!(detail["results"]["ok"]["calls"], 1);
    assert_eq!(detail["results"]["error"]["calls"], 2);
    assert_eq!(detail["errors"], json!({ "": 2 }));
    let minute = detail["minute"].as_array().expect("buckets").iter();
    assert_eq!(minute.filter_map(Value::as_u64).sum::<u64>(), 3);
    let failures = detail["failures"].as_array().expect("failures");
    assert_eq!(failures.len(), 1);
    assert_eq!(failures[0]["times"], 2);
    assert_eq!(failures[0]["chain"][0]["text"], "an error by its value");
    assert_eq!(detail["slow"][0]["result"], "ok");
    assert!(
        detail["slow"][0]["seconds"]
            .as_f64()
            .is_some_and(|s| s >= 0.002)
    );
    assert_eq!(live.detail(1), None);
}

#[test]
fn a_call_that_hangs_has_an_age_and_one_that_comes_and_goes_has_none() {
    static HANGS: Site = Site::new(|| "", "m").with(&const { Settings::new().name("hangs") });
    static COMES: Site = Site::new(|| "", "m").with(&const { Settings::new().name("comes") });
    let sites = [&COMES, &HANGS].into_iter();
    let live = Live::for_sites(&service(), Around::default(), sites);
    let since = |live: &Live| {
        let rows = document(live, Known::default())["rows"].clone();
        [rows[0][3].clone(), rows[1][3].clone()].map(|since| since.as_u64().expect("a time"))
    };
    let _hanging = HANGS.begin();
    assert_eq!(since(&live), [0, 0], "it has only begun");
    for _ in 0..40 {
        let running = COMES.begin();
        age(&live, Duration::from_secs(5));
        live.tick();
        drop(running);
    }
    let [comes, hangs] = since(&live);
    assert_eq!(comes, 0);
    let running = Duration::from_millis(milliseconds(SystemTime::now()) - hangs);
    // The clock of this test stands still: a minute of readings is known, and not made older.
    assert!(running >= Duration::from_secs(5), "{running:?}");
}

#[test]
fn no_quantile_exceeds_the_slowest_call() {
    static SITE: Site = Site::new(|| "", "m")
        .with(&const { Settings::new().name("capped").buckets(&[0.0001, 10.0]) });
    let live = Live::for_sites(&service(), Around::default(), std::iter::once(&SITE));
    for _ in 0..10 {
        run(
            SITE.begin(),
            || sleep(Duration::from_millis(1)),
            |()| Verdict::Ok,
        );
    }
    age(&live, Duration::from_secs(4));
    let row = document(&live, Known::default())["rows"][0].clone();
    let slowest = SITE.recent().slowest().expect("it was timed");
    for quantile in 3..6 {
        let quantile = row[4][quantile].as_f64().expect("a number");
        assert!(
            quantile <= slowest + 1e-7,
            "{quantile} is more than {slowest}"
        );
    }
}

#[test]
fn failures_are_sent_again_only_when_their_kind_failed_again() {
    static SITE: Site = Site::new(|| "", "m").with(&const { Settings::new().name("failing") });
    let live = Live::for_sites(&service(), Around::default(), std::iter::once(&SITE));
    run(
        SITE.begin(),
        || (),
        |()| Verdict::Ok.error_if(&(), |()| true),
    );
    let process = live.process.clone();
    let first = document(&live, Known::default());
    let kind = first["failures"][0]["kind"].as_u64().expect("a kind");
    let _ = std::panic::catch_unwind(|| run(SITE.begin(), || panic!("boom"), |()| Verdict::Ok));
    age(&live, FRESH);
    let number = first["number"].as_u64().expect("a number");
    let known = Known {
        process: &process,
        number,
    };
    let next = document(&live, known);
    assert_eq!(next["failures"][0]["class"], "panic");
    assert_eq!(next["failures"][1], kind, "known already");
}
