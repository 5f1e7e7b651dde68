//! A subscriber of the service that panics takes no call down, and leaves nothing in flight.

use monitor_runtime::{monitored, trace};
use monitor_tests::{alone, monitor, run, scrape};
use tracing::Subscriber;
use tracing::span::Id;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

use super::look;

/// A layer that panics when a span is entered, left or both.
struct Breaks {
    on_enter: bool,
    on_exit: bool,
}

impl<S: Subscriber> Layer<S> for Breaks {
    fn on_enter(&self, _: &Id, _: Context<'_, S>) {
        assert!(!self.on_enter, "the layer breaks");
    }

    fn on_exit(&self, _: &Id, _: Context<'_, S>) {
        assert!(!self.on_exit, "the layer breaks");
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

#[monitored]
async fn awaited_under_a_broken_layer() -> u32 {
    tokio::task::yield_now().await;
    7
}

#[test]
fn a_layer_that_panics_takes_no_call_down_and_leaves_none_in_flight() {
    alone!();
    monitor();
    for (on_enter, on_exit) in [(true, false), (false, true), (true, true)] {
        let subscriber = tracing_subscriber::registry().with(Breaks { on_enter, on_exit });
        let values = tracing::subscriber::with_default(subscriber, || {
            [
                under_a_broken_layer(),
                timed_under_a_broken_layer(),
                run(awaited_under_a_broken_layer()),
            ]
        });
        assert_eq!(values, [7; 3]);
        assert_eq!(trace::current_trace_id(), None);
        let calls = look("/calls", &[]).body;
        assert!(!calls.contains("broken_layer"), "{calls}");
    }
    let page = scrape();
    for function in [
        "under_a_broken_layer",
        "timed_under_a_broken_layer",
        "awaited_under_a_broken_layer",
    ] {
        let labels = [("function", function), ("result", "ok")];
        let calls = page.value("function_calls_total", &labels);
        assert_eq!(calls, Some(3.0), "{function}");
    }
}
