//! The JSON layer in the subscriber of the process.
//!
//! What `tracing` does not let through under a default of the thread only: an event within an
//! event, and one of a thread that ends.

use std::fmt;
use std::sync::OnceLock;

use monitor_runtime::logs::json_layer;
use monitor_tests::alone;
use monitor_tests::pieces::Pieces;
use serde_json::{Value, json};
use tracing::{field, info, info_span};
use tracing_subscriber::layer::SubscriberExt;

fn global() -> &'static Pieces {
    static PIECES: OnceLock<Pieces> = OnceLock::new();
    PIECES.get_or_init(|| {
        let pieces = Pieces::default();
        let subscriber = tracing_subscriber::registry().with(json_layer(pieces.clone()));
        tracing::subscriber::set_global_default(subscriber).expect("nothing else sets it here");
        pieces
    })
}

/// The lines of one target.
fn lines_of(target: &str) -> Vec<Value> {
    let lines = global().values().into_iter();
    lines.filter(|line| line["target"] == target).collect()
}

/// Logs while it is formatted.
struct Talks;
impl fmt::Debug for Talks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        info_span!("talking", id = 1).in_scope(|| info!(target: "talks", "inside"));
        f.write_str("talked")
    }
}

#[test]
fn a_value_may_log_while_it_is_formatted() {
    alone!();
    global();
    let span = info_span!("span", opened = ?Talks, later = field::Empty);
    span.record("later", field::debug(Talks));
    span.in_scope(|| info!(target: "talks", talks = ?Talks, "outside"));
    let lines = lines_of("talks");
    let messages: Vec<&Value> = lines
        .iter()
        .map(|line| &line["fields"]["message"])
        .collect();
    assert_eq!(messages, ["inside", "inside", "inside", "outside"]);
    assert_eq!(lines[3]["fields"]["talks"], "talked");
    let span = json!({ "opened": "talked", "later": "talked", "name": "span" });
    assert_eq!(lines[3]["spans"], json!([span]));
}

thread_local! {
    static LAST_WORDS: LastWords = const { LastWords };
}

/// Logs when its thread has nothing left.
struct LastWords;
impl Drop for LastWords {
    fn drop(&mut self) {
        info!(target: "ends", "last words");
    }
}

#[test]
fn an_event_of_a_thread_that_ends_comes_out() {
    alone!();
    global();
    let thread = std::thread::spawn(|| {
        // Made before what the layer keeps for the thread, so it is dropped after it.
        LAST_WORDS.with(|_| ());
        info!(target: "ends", "first words");
    });
    thread.join().expect("it does not panic");
    let lines = lines_of("ends");
    let messages: Vec<&Value> = lines
        .iter()
        .map(|line| &line["fields"]["message"])
        .collect();
    assert_eq!(messages, ["first words", "last words"]);
}
