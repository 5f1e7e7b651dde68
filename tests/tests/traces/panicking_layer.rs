//! A subscriber of the service that panics takes no call down, and leaves nothing in flight.

use monitor_runtime::{monitored, trace};
use monitor_tests::{alone, monitor, run, scrape};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Span, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use super::look;

/// The question of the subscriber in which the layer panics.
#[derive(Clone, Copy, PartialEq)]
enum Hook {
    NewSpan,
    Record,
    Enter,
    Exit,
    Event,
    FollowsFrom,
    Close,
}

struct Breaks(Hook);

impl Breaks {
    fn asked(&self, hook: Hook) {
        assert!(self.0 != hook, "the layer breaks");
    }
}

impl<S: Subscriber> Layer<S> for Breaks {
    fn on_new_span(&self, _: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        self.asked(Hook::NewSpan);
    }
    fn on_record(&self, _: &Id, _: &Record<'_>, _: Context<'_, S>) {
        self.asked(Hook::Record);
    }
    fn on_enter(&self, _: &Id, _: Context<'_, S>) {
        self.asked(Hook::Enter);
    }
    fn on_exit(&self, _: &Id, _: Context<'_, S>) {
        self.asked(Hook::Exit);
    }
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        self.asked(Hook::Event);
    }
    fn on_follows_from(&self, _: &Id, _: &Id, _: Context<'_, S>) {
        self.asked(Hook::FollowsFrom);
    }
    fn on_close(&self, _: Id, _: Context<'_, S>) {
        self.asked(Hook::Close);
    }
}

#[monitored(latency = false)]
fn under_a_broken_layer() -> u32 {
    7
}

#[monitored]
fn timed_under_a_broken_layer() -> u32 {
    7
}

#[monitored(follows_from = [Span::current().id()])]
fn follows_under_a_broken_layer() -> u32 {
    7
}

#[monitored(slow = "1ns", fields(id = 7))]
fn slow_under_a_broken_layer() -> u32 {
    7
}

#[monitored]
async fn awaited_under_a_broken_layer() -> u32 {
    tokio::task::yield_now().await;
    7
}

#[test]
fn a_layer_that_panics_takes_no_call_down_and_leaves_none_in_flight() {
    alone!();
    monitor();
    let hooks = [
        Hook::NewSpan,
        Hook::Record,
        Hook::Enter,
        Hook::Exit,
        Hook::Event,
        Hook::FollowsFrom,
        Hook::Close,
    ];
    for hook in hooks {
        let subscriber = tracing_subscriber::registry().with(Breaks(hook));
        let values = tracing::subscriber::with_default(subscriber, || {
            [
                under_a_broken_layer(),
                timed_under_a_broken_layer(),
                follows_under_a_broken_layer(),
                slow_under_a_broken_layer(),
                run(awaited_under_a_broken_layer()),
            ]
        });
        assert_eq!(values, [7; 5]);
        assert_eq!(trace::current_trace_id(), None);
        let calls = look("/calls", &[]).body;
        assert!(!calls.contains("broken_layer"), "{calls}");
    }
    let page = scrape();
    for function in [
        "under_a_broken_layer",
        "timed_under_a_broken_layer",
        "follows_under_a_broken_layer",
        "slow_under_a_broken_layer",
        "awaited_under_a_broken_layer",
    ] {
        let labels = [("function", function), ("result", "ok")];
        let calls = page.value("function_calls_total", &labels);
        assert_eq!(calls, Some(7.0), "{function}");
    }
}
