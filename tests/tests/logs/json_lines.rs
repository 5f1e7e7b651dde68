//! The JSON layer, held against `tracing-subscriber`'s own.

use std::fmt;
use std::time::{Duration, SystemTime};

use monitor_runtime::logs::json_layer;
use monitor_tests::pieces::Pieces;
use serde_json::{Value, json};
use tracing::{Level, debug, error, field, info, info_span, span, trace, warn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{fmt as theirs, registry};

/// The lines of our layer alone.
fn ours(events: impl FnOnce()) -> Vec<Value> {
    let pieces = Pieces::default();
    let subscriber = registry().with(json_layer(pieces.clone()));
    tracing::subscriber::with_default(subscriber, events);
    pieces.values()
}

/// Runs `events` under both layers; what they write must say the same.
fn same(lines: usize, events: impl FnOnce()) {
    let (expected, written) = (Pieces::default(), Pieces::default());
    let their_layer = theirs::layer()
        .json()
        .with_current_span(false)
        .with_writer(expected.clone());
    let subscriber = registry()
        .with(their_layer)
        .with(json_layer(written.clone()));
    tracing::subscriber::with_default(subscriber, events);
    let (expected, written) = (expected.lines(), written.lines());
    assert_eq!((expected.len(), written.len()), (lines, lines));
    for (expected, written) in expected.iter().zip(&written) {
        // `tracing-subscriber` may order a span's fields in its own way; the order of all others is
        // the same.
        let head = |line: &str| {
            untimed(line)
                .split(r#","spans":"#)
                .next()
                .map(str::to_owned)
        };
        assert_eq!(head(written), head(expected).as_deref().map(spelled_out));
        let value = |line: &str| serde_json::from_str::<Value>(&untimed(line)).unwrap();
        assert_eq!(value(written), value(expected));
    }
}

/// Escapes, in a line of `tracing-subscriber`, the invisible characters that the runtime escapes
/// beyond the demands of JSON.
fn spelled_out(line: &str) -> String {
    let unseen =
        |c: char| ('\u{7f}'..='\u{9f}').contains(&c) || ['\u{2028}', '\u{202e}'].contains(&c);
    let spell = |c: char| match c {
        c if unseen(c) => format!("\\u{:04x}", u32::from(c)),
        c => c.to_string(),
    };
    line.chars().map(spell).collect()
}

/// A line with its time, the one thing in which two layers differ, replaced by its shape.
fn untimed(line: &str) -> String {
    let start = r#"{"timestamp":""#.len();
    let (time, rest) = line[start..].split_at("2025-11-21T22:10:03.123456Z".len());
    let shape: String = time
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    format!("{}{shape}{rest}", &line[..start])
}

struct Shown(&'static str);
impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "shown \"{}\"", self.0)
    }
}
impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shown").field("text", &self.0).finish()
    }
}
impl std::error::Error for Shown {}

#[test]
fn every_type_of_value() {
    same(7, || {
        error!("only a message");
        warn!(
            a = 1,
            b = -1_i64,
            c = u64::MAX,
            d = i64::MIN,
            e = true,
            f = 7_u8
        );
        info!(
            a = u128::MAX,
            b = i128::MIN,
            c = 1.5_f32,
            d = 0.1,
            e = 1e300,
            f = -0.0
        );
        debug!(
            nan = f64::NAN,
            infinite = f64::INFINITY,
            negative = f64::NEG_INFINITY
        );
        trace!(text = "t", display = %Shown("d"), debug = ?Shown("d"), option = Some(3), none = None::<u8>);
        info!(
            error = &Shown("e") as &dyn std::error::Error,
            bytes = &[0_u8, 255][..],
            "{} {:?}",
            1,
            "two"
        );
        info!(
            empty = field::Empty,
            r#type = "keyword",
            "weird name \"\\" = 1,
            a.b = 2,
            "Schrödinger 😀 {}",
            '\u{2028}'
        );
    });
}

#[test]
fn text_that_would_break_out_of_its_quotes() {
    let long = "long \"line\"\n".repeat(20_000);
    let controls: String = (0..0xa0).filter_map(char::from_u32).collect();
    same(4, || {
        info!(controls, debug = ?controls, display = %controls, "{controls}");
        info!(
            terminal = "\u{1b}[31mred\u{1b}[0m \u{9b}2J \u{202e}",
            broken = "\\x1b \\u12 \\"
        );
        info!(target: "quoted \"target\"\n", "{{not}} json: }},{{\"a\":1");
        info!(long, display = %long, "{long}");
    });
}

#[test]
fn spans_from_the_outermost_in() {
    same(4, || {
        let outer =
            info_span!("outer", id = 7, text = "a\"b", shown = ?Shown("s"), late = field::Empty);
        outer.in_scope(|| {
            info!("in one");
            let inner = span!(
                Level::WARN,
                "inner \"quoted\"",
                zero = 0.0,
                nan = f64::NAN,
                big = u128::MAX
            );
            inner.in_scope(|| info!(deep = true, "in two"));
            info_span!("bare").in_scope(|| info!("in a span without fields"));
        });
        info!("in none");
    });
}

#[test]
fn values_recorded_late() {
    same(5, || {
        let span = info_span!(
            "span",
            a = 1,
            b = field::Empty,
            c = field::Empty,
            bytes = field::Empty
        );
        let _entered = span.enter();
        info!("not yet");
        span.record("b", "b");
        info!("one more");
        span.record("a", 2.5);
        span.record("b", field::display(Shown("again")));
        info!("replaced");
        span.record("c", false).record("bytes", &[1_u8, 2][..]);
        span.record("unknown", 1);
        info!("all");
        let later = info_span!("empty at first", x = field::Empty);
        let _entered = later.enter();
        later.record("x", i128::MAX);
        info!("nested");
    });
}

#[test]
fn records_of_the_log_crate() {
    same(2, || {
        let mut record = log::Record::builder();
        record
            .target("their \"target\"")
            .module_path(Some("their::module"))
            .file(Some("their.rs"))
            .line(Some(12));
        for level in [log::Level::Error, log::Level::Info] {
            let arguments = format_args!("from \"log\"");
            tracing_log::format_trace(&record.level(level).args(arguments).build())
                .expect("a record can be dispatched");
        }
    });
}

#[test]
fn a_field_recorded_twice_is_written_as_they_write_it() {
    same(1, || info!(a = 1, a = 2, "twice"));
}

#[test]
fn the_time_is_now() {
    let before = SystemTime::now();
    let lines = ours(|| info!("now"));
    let text = lines[0]["timestamp"].as_str().expect("a timestamp");
    let time = humantime::parse_rfc3339(text).expect("RFC 3339");
    let slack = Duration::from_micros(1);
    assert!(
        before - slack <= time && time <= SystemTime::now(),
        "{text}"
    );
}

#[test]
fn an_explicit_parent_is_the_one_that_is_shown() {
    let lines = ours(|| {
        let parent = info_span!("parent", id = 1);
        info_span!("current").in_scope(|| {
            info!(parent: &parent, "elsewhere");
            info!(parent: None, "nowhere");
        });
    });
    assert_eq!(lines[0]["spans"], json!([{ "id": 1, "name": "parent" }]));
    assert_eq!(lines[1].get("spans"), None);
}

struct Broken;
impl fmt::Debug for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half \"")?;
        panic!("Debug is broken")
    }
}
impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("half")?;
        Err(fmt::Error)
    }
}

#[test]
fn a_broken_value_costs_its_own_text_only() {
    let lines = ours(|| {
        let span = info_span!("span", before = 1, broken = ?Broken, after = 2);
        let _entered = span.enter();
        info!(broken = ?Broken, refuses = %Broken, after = 3, "goes on");
    });
    let broken = "half \"<panicked while formatting>";
    let span = json!({ "before": 1, "broken": broken, "after": 2, "name": "span" });
    assert_eq!(lines[0]["spans"], json!([span]));
    let fields = json!({ "message": "goes on", "broken": broken, "refuses": "half", "after": 3 });
    assert_eq!(lines[0]["fields"], fields);
}
