//! Calls that are part of a request, of which the contender keeps the tree.

use std::sync::Once;

use monitor_runtime::task::scoped;

use super::{Contender, Kind, block_on, ours, peers};

/// Calls of one request.
const CALLS: u64 = 100;

macro_rules! sync {
    ($name:literal, $request:path, $function:path) => {
        Contender {
            name: $name,
            kind: Kind::Sync,
            run: |calls| {
                $request(calls, |x| {
                    let _ = std::hint::black_box($function(std::hint::black_box(x)));
                })
            },
        }
    };
}

macro_rules! asynchronous {
    ($name:literal, $kind:ident, $request:path, $function:path) => {
        Contender {
            name: $name,
            kind: Kind::$kind,
            run: |calls| {
                $request(calls, |x| {
                    let _ = std::hint::black_box(block_on($function(std::hint::black_box(x))));
                })
            },
        }
    };
}

/// Makes calls inside local traces of this crate.
fn monitored(calls: u64, call: impl Fn(u64) + Copy) {
    for first in (1..=calls).step_by(CALLS as usize) {
        block_on(scoped(async move {
            (first..(first + CALLS).min(calls + 1)).for_each(call);
        }));
    }
}

/// Makes calls inside traces of fastrace, whose reporter drops them.
fn fastrace(calls: u64, call: impl Fn(u64) + Copy) {
    static REPORTER: Once = Once::new();
    REPORTER.call_once(|| fastrace::set_reporter(Dropped, fastrace::collector::Config::default()));
    for first in (1..=calls).step_by(CALLS as usize) {
        let root = fastrace::Span::root("request", fastrace::prelude::SpanContext::random());
        let _here = root.set_local_parent();
        (first..(first + CALLS).min(calls + 1)).for_each(call);
    }
}

/// Makes calls inside spans of `tracing`.
fn traced(calls: u64, call: impl Fn(u64) + Copy) {
    for first in (1..=calls).step_by(CALLS as usize) {
        let _here = tracing::info_span!("request").entered();
        (first..(first + CALLS).min(calls + 1)).for_each(call);
    }
}

struct Dropped;

impl fastrace::collector::Reporter for Dropped {
    fn report(&mut self, _: Vec<fastrace::prelude::SpanRecord>) {}
}

pub fn in_requests() -> Vec<Contender> {
    vec![
        sync!("monitored", monitored, ours::sync),
        asynchronous!("monitored, async ready", AsyncReady, monitored, ours::ready),
        asynchronous!(
            "monitored, async yields once",
            AsyncYields,
            monitored,
            ours::yields
        ),
        sync!("fastrace", fastrace, peers::fastrace_call),
        asynchronous!(
            "fastrace, async ready",
            AsyncReady,
            fastrace,
            peers::fastrace_ready
        ),
    ]
}

pub fn in_traces() -> Vec<Contender> {
    vec![sync!(
        "tracing::instrument(err)",
        traced,
        peers::instrumented
    )]
}
