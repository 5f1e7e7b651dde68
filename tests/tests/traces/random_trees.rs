//! Random trees of calls: each kept tree equals the one that the test wrote itself.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::thread;

use futures_util::FutureExt;
use futures_util::future::join_all;
use monitor_runtime::{monitored, task, trace};
use monitor_tests::{monitor, pause};
use serde_json::Value;
use tokio::sync::Notify;

use super::{request, spans, story};

/// Trees of one test run, and the most calls in each.
const TREES: u64 = 2_000;
const MAX_CALLS: usize = 24;

/// A call to make, and everything inside it.
#[derive(Clone, Debug)]
struct Plan {
    kind: Kind,
    end: End,
    /// `true` if it waits before its inner calls.
    waits: bool,
    inside: Vec<Plan>,
    /// `true` if the inner calls run at the same time.
    joined: bool,
    /// `true` if it runs in a scope of the context around it, of its own; in code that is not `async`, on a thread
    /// of its own.
    apart: bool,
    /// Shown by the functions that declare it.
    id: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Sync,
    SyncWithField,
    Async,
    AsyncWithField,
    Boxed,
    Task,
    Blocking,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Ok,
    Error,
    Panic,
    Cancelled,
}

/// xorshift64*.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % sides
    }
}

impl Plan {
    /// Returns a random call. In code that is not `async`, everything inside is not, either.
    fn random(dice: &mut Dice, is_async: bool, depth: usize, next: &mut u64) -> Self {
        let kinds: &[Kind] = if is_async {
            &[
                Kind::Sync,
                Kind::SyncWithField,
                Kind::Async,
                Kind::Async,
                Kind::AsyncWithField,
                Kind::Boxed,
                Kind::Task,
                Kind::Blocking,
            ]
        } else {
            &[Kind::Sync, Kind::SyncWithField]
        };
        let kind = kinds[usize::try_from(dice.roll(kinds.len() as u64)).expect("small")];
        let is_async = matches!(
            kind,
            Kind::Async | Kind::AsyncWithField | Kind::Boxed | Kind::Task
        );
        let is_call = !matches!(kind, Kind::Task | Kind::Blocking);
        let end = match dice.roll(12) {
            0 | 1 if is_call => End::Error,
            2 if is_call => End::Panic,
            3 if is_async => End::Cancelled,
            _ => End::Ok,
        };
        let id = *next;
        *next += 1;
        let room = |next: &u64| usize::try_from(*next).expect("small") < MAX_CALLS;
        let mut inside = Vec::new();
        while depth < 6 && room(next) && dice.roll(10) < 6 {
            inside.push(Self::random(dice, is_async, depth + 1, next));
        }
        Self {
            kind,
            end,
            waits: is_async && dice.roll(2) == 0,
            joined: is_async && dice.roll(3) == 0,
            apart: dice.roll(4) == 0,
            inside,
            id,
        }
    }

    /// Returns the tree as text: name, outcome, field, and the inner trees in the order of their texts.
    fn expected(&self) -> String {
        let name = match self.kind {
            Kind::Sync => "sync_call",
            Kind::SyncWithField => "sync_call_with_field",
            Kind::Async => "async_call",
            Kind::AsyncWithField => "async_call_with_field",
            Kind::Boxed => "boxed_call",
            Kind::Task | Kind::Blocking => "task",
        };
        let end = match self.end {
            End::Ok => "ok",
            End::Error => "error",
            End::Panic => "panic",
            End::Cancelled => "cancelled",
        };
        let has_field = matches!(self.kind, Kind::SyncWithField | Kind::AsyncWithField);
        let id = if has_field {
            self.id.to_string()
        } else {
            String::new()
        };
        shown(
            name,
            end,
            &id,
            self.inside.iter().map(Self::expected).collect(),
        )
    }
}

fn shown(name: &str, end: &str, id: &str, mut inside: Vec<String>) -> String {
    inside.sort();
    format!("{name} {end} {id}[{}]", inside.join(","))
}

/// Returns the tree of a document as text, in the same form.
fn seen(request: &Value) -> String {
    let mut inside: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for span in spans(request) {
        inside
            .entry(span["parent_id"].as_str().unwrap_or_default())
            .or_default()
            .push(span);
    }
    let roots = &inside[""];
    assert_eq!(roots.len(), 1);
    tree(roots[0], &inside)
}

fn tree(span: &Value, inside: &BTreeMap<&str, Vec<&Value>>) -> String {
    let name = span["name"].as_str().expect("a name");
    let name = if span["kind"] == "task" { "task" } else { name };
    let id = &span["fields"]["id"];
    let id = if id.is_null() {
        String::new()
    } else {
        id.to_string()
    };
    let children = inside.get(span["span_id"].as_str().expect("an id"));
    let children = children.into_iter().flatten();
    let children = children.map(|child| tree(child, inside)).collect();
    let outcome = span["outcome"].as_str().unwrap_or("open");
    shown(name, outcome, &id, children)
}

/// Ids of spans as the running code sees them, by the id of the plan.
type Ids = Arc<Mutex<BTreeMap<u64, String>>>;

#[derive(Clone)]
struct Scene {
    ids: Ids,
    /// Told when a call that is to be cancelled has made its inner calls.
    reached: Arc<Notify>,
}

impl Scene {
    fn note(&self, plan: &Plan) {
        let here = trace::current().expect("inside a request");
        let mut ids = self.ids.lock().expect("not poisoned");
        ids.insert(plan.id, here.span_id().to_string());
    }
}

#[monitored]
fn sync_call(plan: &Plan, scene: &Scene) -> Result<(), &'static str> {
    body(plan, scene)
}

#[monitored(fields(id = plan.id))]
fn sync_call_with_field(plan: &Plan, scene: &Scene) -> Result<(), &'static str> {
    body(plan, scene)
}

fn body(plan: &Plan, scene: &Scene) -> Result<(), &'static str> {
    scene.note(plan);
    thread::scope(|threads| {
        for inner in &plan.inside {
            if inner.apart {
                let here = trace::current().expect("inside a request");
                threads.spawn(move || here.scope(|| call(inner, scene)));
            } else {
                call(inner, scene);
            }
        }
    });
    scene.note(plan);
    end(plan)
}

fn call(plan: &Plan, scene: &Scene) {
    let made = catch_unwind(AssertUnwindSafe(|| match plan.kind {
        Kind::SyncWithField => sync_call_with_field(plan, scene),
        _ => sync_call(plan, scene),
    }));
    assert_eq!(made.is_err(), plan.end == End::Panic);
}

fn end(plan: &Plan) -> Result<(), &'static str> {
    match plan.end {
        End::Error => Err("planned"),
        End::Panic => panic!("planned"),
        End::Ok | End::Cancelled => Ok(()),
    }
}

#[monitored]
async fn async_call(plan: &Plan, scene: &Scene) -> Result<(), &'static str> {
    async_body(plan, scene).await
}

#[monitored(fields(id = plan.id))]
async fn async_call_with_field(plan: &Plan, scene: &Scene) -> Result<(), &'static str> {
    async_body(plan, scene).await
}

#[monitored]
fn boxed_call<'a>(
    plan: &'a Plan,
    scene: &'a Scene,
) -> Pin<Box<dyn Future<Output = Result<(), &'static str>> + Send + 'a>> {
    Box::pin(async_body(plan, scene))
}

async fn async_body(plan: &Plan, scene: &Scene) -> Result<(), &'static str> {
    scene.note(plan);
    if plan.waits {
        pause().await;
        scene.note(plan);
    }
    if plan.joined {
        join_all(plan.inside.iter().map(|inner| make(inner, scene))).await;
    } else {
        for inner in &plan.inside {
            make(inner, scene).await;
        }
    }
    scene.note(plan);
    if plan.end == End::Cancelled {
        scene.reached.notify_one();
        std::future::pending::<()>().await;
    }
    end(plan)
}

/// Makes a call of a request in whichever way it is planned.
fn make<'a>(plan: &'a Plan, scene: &'a Scene) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
    let own = Scene {
        reached: Arc::default(),
        ..scene.clone()
    };
    let reached = Arc::clone(&own.reached);
    Box::pin(async move {
        let run = async {
            match plan.kind {
                Kind::Sync | Kind::SyncWithField => call(plan, &own),
                Kind::Async => drop(async_call(plan, &own).await),
                Kind::AsyncWithField => drop(async_call_with_field(plan, &own).await),
                Kind::Boxed => drop(boxed_call(plan, &own).await),
                Kind::Task => {
                    let (plan, scene) = (plan.clone(), own.clone());
                    let body = async move { async_body(&plan, &scene).await };
                    let task = Aborted(task::spawn(body));
                    drop(task.await);
                }
                Kind::Blocking => {
                    let (plan, scene) = (plan.clone(), own.clone());
                    let code = move || body(&plan, &scene);
                    drop(task::spawn_blocking(code).await);
                }
            }
        };
        let run: Pin<Box<dyn Future<Output = ()> + Send>> = if plan.apart {
            let here = trace::current().expect("inside a request");
            Box::pin(async move { here.follow(run).await })
        } else {
            Box::pin(run)
        };
        let run = AssertUnwindSafe(run).catch_unwind();
        tokio::select! {
            biased;
            made = run => assert_eq!(made.is_err(), plan.end == End::Panic && !is_sync(plan)),
            () = reached.notified() => assert_eq!(plan.end, End::Cancelled),
        }
    })
}

fn is_sync(plan: &Plan) -> bool {
    matches!(plan.kind, Kind::Sync | Kind::SyncWithField)
}

/// A task that is aborted when its handle is dropped.
struct Aborted<T>(tokio::task::JoinHandle<T>);

impl<T> Future for Aborted<T> {
    type Output = Result<T, tokio::task::JoinError>;

    fn poll(
        mut self: Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Self::Output> {
        self.0.poll_unpin(context)
    }
}

impl<T> Drop for Aborted<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[test]
fn a_kept_tree_is_the_one_that_was_made() {
    monitor();
    std::panic::set_hook(Box::new(|_| ()));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    for seed in 1..=TREES {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut next = 0;
        let mut plans = Vec::new();
        while plans.len() < 4 {
            plans.push(Plan::random(&mut dice, true, 0, &mut next));
        }
        let scene = Scene {
            ids: Arc::default(),
            reached: Arc::default(),
        };
        let ids = Arc::clone(&scene.ids);
        let planned = plans.clone();
        let handled = request("/random", || async move {
            for plan in &planned {
                make(plan, &scene).await;
            }
            // Every tree is kept, because its request fails.
            500
        });
        let trace = runtime.block_on(handled);
        let is_told = || {
            let request = story(&trace)?["requests"][0].take();
            let is_open = spans(&request).iter().any(|span| span["outcome"].is_null());
            (!is_open).then_some(request)
        };
        // An aborted task ends some time after its abort.
        let request = monitor_tests::process::wait_for("every span to end", is_told);
        let inside = plans.iter().map(Plan::expected).collect();
        let expected = shown("GET /random", "error", "", inside);
        assert_eq!(seen(&request), expected, "seed {seed}");
        let ids = ids.lock().expect("not poisoned");
        for span in spans(&request) {
            if let Some(id) = span["fields"]["id"].as_u64() {
                assert_eq!(span["span_id"], ids[&id], "seed {seed}: the innermost span");
            }
        }
    }
}
