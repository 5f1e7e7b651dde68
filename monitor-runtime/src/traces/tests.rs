use std::collections::HashSet;
use std::panic::Location;
use std::sync::{Arc, OnceLock};
use std::thread;

use super::judge::Reason;
use super::span::{Described, Detail, SpanEnd, Subject};
use super::{Ids, LocalTrace, Origin, SpanId, SpanKey, TraceId, live, store};
use crate::base::clock;
use crate::base::fields::FieldValue;
use crate::base::outcome::Outcome;
use crate::callsite::Site;

fn trace() -> Arc<LocalTrace> {
    trace_of(task())
}

fn trace_of(root: Subject) -> Arc<LocalTrace> {
    let ids = Ids {
        trace: TraceId([7; 16]),
        span: SpanId::random(),
        sampled: false,
        shared: false,
        open: false,
    };
    let origin = Origin {
        ids,
        remote_parent: None,
        state: None,
    };
    LocalTrace::begin(origin, root)
}

#[track_caller]
fn task() -> Subject {
    Subject::Task(Location::caller())
}

fn end(outcome: Outcome) -> SpanEnd {
    SpanEnd::new(clock::now(), outcome)
}

#[test]
fn a_full_trace_leaves_out_the_oldest_spans_that_have_ended() {
    let trace = trace();
    let around = trace.begin_span(SpanKey::ROOT, task(), None).expect("room");
    let failed = trace.begin_span(around, task(), None).expect("room");
    trace.end_span(failed, end(Outcome::Error));
    for _ in 0..1000 {
        let inner = trace.begin_span(around, task(), None).expect("room");
        trace.end_span(inner, end(Outcome::Ok));
    }
    let story = trace.read();
    let numbers: Vec<u64> = story.spans.iter().map(|span| span.number).collect();
    assert!(
        numbers.len() <= 200 && numbers.len() >= 150,
        "{}",
        numbers.len()
    );
    assert_eq!(
        numbers[..3],
        [0, 1, 2],
        "the way to the last one, and the failure"
    );
    assert_eq!(numbers.last(), Some(&1002), "the last ones");
    assert!(numbers.is_sorted());
    assert_eq!(story.left_out + numbers.len() as u64, 1003);
    assert!(story.spans[3..].iter().all(|span| span.parent == Some(1)));
    trace.end_root(end(Outcome::Ok));
}

#[test]
fn spans_that_run_are_never_left_out_for_others() {
    let trace = trace();
    let mut around = SpanKey::ROOT;
    let mut begun = 1;
    while let Some(inner) = trace.begin_span(around, task(), None) {
        around = inner;
        begun += 1;
    }
    assert_eq!(begun, 200);
    assert_eq!(trace.begin_span(around, task(), None), None);
    assert_eq!(trace.read().left_out, 2);
    // The innermost ends: its place is free again, some tries later.
    trace.end_span(around, end(Outcome::Ok));
    let later = (0..200).find_map(|_| trace.begin_span(SpanKey::ROOT, task(), None));
    assert!(later.is_some());
    trace.end_root(end(Outcome::Ok));
}

#[test]
fn threads_that_begin_calls_at_once_fill_the_trace_and_share_no_place() {
    static CALLED: Site = Site::placeholder();
    let trace = trace();
    let work = || {
        let mut keys = Vec::new();
        for _ in 0..100 {
            let calls = (0..3).filter_map(|_| {
                let (key, _) = trace.begin_call(SpanKey::ROOT, &CALLED, clock::now)?;
                Some(key)
            });
            keys.extend(calls);
            keys.extend(trace.begin_span(SpanKey::ROOT, task(), None));
            thread::yield_now();
        }
        keys
    };
    let keys: Vec<SpanKey> = thread::scope(|scope| {
        let threads = [(); 4].map(|()| scope.spawn(work));
        threads.map(|thread| thread.join().expect("no panic"))
    })
    .concat();
    let numbers: HashSet<u64> = keys.iter().map(|key| key.number).collect();
    let places: HashSet<u32> = keys.iter().map(|key| key.slot).collect();
    assert_eq!((keys.len(), numbers.len(), places.len()), (199, 199, 199));
    let story = trace.read();
    assert_eq!(story.spans[0].number, 0);
    assert_eq!(story.spans.len(), 200);
    assert_eq!(story.left_out, 4 * 400 - 199);
    trace.end_root(end(Outcome::Ok));
}

#[test]
fn a_failure_is_kept_while_the_root_runs_and_counted_once() {
    let trace = trace();
    let kept = || {
        let kept = store::all();
        let kept: Vec<_> = kept
            .into_iter()
            .filter(|kept| Arc::ptr_eq(&kept.trace, &trace))
            .collect();
        kept.iter()
            .map(|kept| (kept.reason, kept.bytes))
            .collect::<Vec<_>>()
    };
    let fail = || {
        let failed = trace.begin_span(SpanKey::ROOT, task(), None).expect("room");
        trace.end_span(failed, end(Outcome::Error));
    };
    let expected = trace.begin_span(SpanKey::ROOT, task(), None).expect("room");
    let of_work = SpanEnd {
        expected: true,
        ..end(Outcome::Error)
    };
    trace.end_span(expected, of_work);
    assert_eq!(kept(), []);
    fail();
    let [(Reason::Failed, bytes)] = kept()[..] else {
        panic!("{:?}", kept());
    };
    assert_eq!(trace.read().reason, Some(Reason::Failed));
    assert!(trace.read().spans[0].ended.is_none());
    (0..50).for_each(|_| fail());
    trace.end_root(end(Outcome::Ok));
    let [(Reason::Failed, at_end)] = kept()[..] else {
        panic!("{:?}", kept());
    };
    assert!(at_end > bytes, "it has grown since it was kept first");
}

/// A request whose route is found after its first call.
struct LateRoute(OnceLock<&'static str>);

impl Described for LateRoute {
    fn method(&self) -> &'static str {
        "GET"
    }

    fn route(&self) -> &'static str {
        self.0.get().copied().unwrap_or("unmatched")
    }
}

#[test]
fn a_request_that_fails_before_its_route_is_known_is_kept_once_under_the_route() {
    let request = Arc::new(LateRoute(OnceLock::new()));
    let described: Arc<dyn Described> = Arc::clone(&request) as _;
    let trace = trace_of(Subject::Request(described));
    let failed = trace.begin_span(SpanKey::ROOT, task(), None).expect("room");
    trace.end_span(failed, end(Outcome::Error));
    let names = || {
        let all = store::all().into_iter();
        let own = all.filter(|kept| Arc::ptr_eq(&kept.trace, &trace));
        own.map(|kept| kept.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names(), ["GET unmatched"]);
    request.0.set("/late/{id}").expect("not set");
    trace.end_root(end(Outcome::Ok));
    assert_eq!(names(), ["GET /late/{id}"]);
}

#[test]
fn a_verdict_that_comes_late_takes_no_failure_from_its_place() {
    let trace = trace();
    let failed = trace.begin_span(SpanKey::ROOT, task(), None).expect("room");
    trace.end_span(failed, end(Outcome::Error));
    let reasons = || {
        let all = store::all().into_iter();
        let own = all.filter(|kept| Arc::ptr_eq(&kept.trace, &trace));
        own.map(|kept| kept.reason).collect::<Vec<_>>()
    };
    let late = store::all()
        .into_iter()
        .find(|kept| Arc::ptr_eq(&kept.trace, &trace));
    store::keep(store::Kept {
        reason: Reason::Share,
        ..late.expect("it is kept")
    });
    assert_eq!(reasons(), [Reason::Failed]);
    trace.end_root(end(Outcome::Ok));
}

#[test]
fn fields_and_errors_are_bounded() {
    let trace = trace();
    let detail = || Detail::of_values(vec![("text", FieldValue::Text("x".repeat(1000))); 4]);
    for _ in 0..150 {
        trace.begin_span(SpanKey::ROOT, task(), Some(detail()));
    }
    let story = trace.read();
    let shown = story
        .spans
        .iter()
        .filter(|span| !span.detail.fields.is_empty());
    let bytes = shown
        .clone()
        .flat_map(|span| &span.detail.fields)
        .map(|(_, value)| match value {
            FieldValue::Text(text) => text.len(),
            _ => 0,
        });
    let bytes: usize = bytes.sum();
    assert!((30_000..=65_536).contains(&bytes), "{bytes}");
    assert_eq!(story.cut, 150 - shown.count() as u64);
    trace.end_root(end(Outcome::Ok));
}

#[test]
fn a_trace_is_in_flight_until_its_last_task_has_ended() {
    let trace = trace();
    let task = trace.begin_task(SpanKey::ROOT, task()).expect("room");
    let is_live = || live::all().iter().any(|other| Arc::ptr_eq(other, &trace));
    assert!(is_live());
    trace.end_root(end(Outcome::Ok));
    assert!(is_live(), "its task runs");
    trace.end_task(task, end(Outcome::Panic));
    assert!(!is_live());
    let kept = store::all();
    let kept = kept.iter().find(|kept| Arc::ptr_eq(&kept.trace, &trace));
    assert_eq!(kept.expect("it failed late").reason, Reason::Failed);
    assert_eq!(trace.read().reason, Some(Reason::Failed));
    let late = trace.begin_task(SpanKey::ROOT, self::task()).expect("room");
    assert!(
        is_live(),
        "code that outlives the request has spawned a task"
    );
    trace.end_task(late, end(Outcome::Ok));
    assert!(!is_live());
}

#[test]
fn ids_of_spans_are_different_and_never_zero() {
    let root = SpanId([0; 8]);
    let mut ids: Vec<_> = (1..10_000)
        .map(|number| root.numbered(number).to_bytes())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 9_999);
    assert!(ids.iter().all(|id| *id != [0; 8]));
    assert_eq!(root.numbered(0), root);
}

#[test]
fn only_an_id_is_a_trace_id() {
    let id = "0af7651916cd43dd8448eb211c80319c";
    assert_eq!(
        id.parse::<TraceId>().map(|id| id.to_string()),
        Ok(id.to_owned())
    );
    for wrong in [
        "",
        "0af7",
        "0AF7651916CD43DD8448EB211C80319C",
        "0af7651916cd43dd8448eb211c80319g",
        "0af7651916cd43dd8448eb211c80319c0",
        "+af7651916cd43dd8448eb211c80319c",
    ] {
        assert_eq!(wrong.parse::<TraceId>(), Err(()), "{wrong}");
    }
}
