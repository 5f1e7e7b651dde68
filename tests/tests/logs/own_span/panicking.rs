//! A subscriber that panics, or calls a monitored function, where the runtime asks it for something.

use std::sync::{Arc, Mutex};

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_core::span::Current;
use tracing_subscriber::{Registry, registry};

use super::{checked, run, waits};

/// The steps of the calls of this file, in their order.
type Steps = Arc<Mutex<Vec<&'static str>>>;

/// Calls a monitored function when it is asked for the current span, and panics at some steps.
struct Asked {
    spans: Registry,
    panics_at: &'static [&'static str],
    steps: Steps,
}

impl Asked {
    fn step(&self, step: &'static str) {
        self.steps.lock().unwrap().push(step);
        assert!(!self.panics_at.contains(&step), "as it was told to");
    }
}

impl Subscriber for Asked {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == super::TARGET && self.spans.enabled(metadata)
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.spans.new_span(span)
    }
    fn record(&self, span: &Id, values: &Record<'_>) {
        self.spans.record(span, values);
    }
    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.spans.record_follows_from(span, follows);
    }
    fn event(&self, _: &Event<'_>) {
        self.step("line");
    }
    fn enter(&self, span: &Id) {
        self.spans.enter(span);
        self.step("enter");
    }
    fn exit(&self, span: &Id) {
        self.spans.exit(span);
        self.step("exit");
    }
    fn clone_span(&self, span: &Id) -> Id {
        self.spans.clone_span(span)
    }
    fn try_close(&self, span: Id) -> bool {
        self.step("close");
        self.spans.try_close(span)
    }
    fn current_span(&self) -> Current {
        assert!(!self.panics_at.contains(&"current"), "as it was told to");
        checked(false).expect("ok");
        self.spans.current_span()
    }
}

/// Everything at which it can panic.
const ALL: &[&str] = &["enter", "line", "exit", "close", "current"];

/// Returns the steps of the calls under a subscriber that panics at these.
fn steps(panics_at: &'static [&'static str], calls: impl FnOnce()) -> Vec<&'static str> {
    let steps = Steps::default();
    let subscriber = Asked {
        spans: registry(),
        panics_at,
        steps: Arc::clone(&steps),
    };
    tracing::subscriber::with_default(subscriber, calls);
    std::mem::take(&mut steps.lock().unwrap())
}

#[test]
fn each_step_of_a_span_is_taken_once_whichever_other_one_panics() {
    let each = ALL.iter().map(std::slice::from_ref);
    for panics_at in each.chain([&[][..], ALL]) {
        // A subscriber that cannot say which span is current is given the line in the call's own.
        let of_line: &[_] = if panics_at.contains(&"current") {
            &["exit", "enter", "line", "exit"]
        } else {
            &["line", "exit"]
        };
        let expected = [&["enter"], of_line, &["close"]].concat();
        let call = || checked(false).expect("ok");
        assert_eq!(steps(panics_at, call), expected, "{panics_at:?}");
    }
}

#[test]
fn every_call_has_its_line_whatever_panics() {
    for panics_at in [&[][..], ALL] {
        let steps = steps(panics_at, || {
            checked(false).expect("ok");
            run(waits(false)).expect("ok");
        });
        let number = |step| steps.iter().filter(|other| **other == step).count();
        // Of `checked`, of `waits`, and of `checked` inside it.
        assert_eq!(number("line"), 3, "{panics_at:?}");
        assert_eq!(number("enter"), number("exit"), "{panics_at:?}");
    }
}
