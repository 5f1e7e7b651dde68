//! Tells which function blocks a worker: in the log, in Sentry, and in words.

use std::fmt::{self, Display, Formatter};
use std::time::{Duration, Instant};

use crate::base::rate_limit::{Limit, Throttle};
use crate::base::unwind;
use crate::callsite::Site;
use crate::context::{EventContext, block_lines};
use crate::health::TARGET;
use crate::sentry;
use crate::traces::{Ids, SpanId, TraceId, live};

/// The most functions at either end of a path that is shown in words: a recursive function has many.
const ENDS: usize = 8;

/// A worker that is blocked.
#[derive(Clone)]
pub(crate) struct BlockedWorker {
    pub(crate) runtime: String,
    pub(crate) worker: usize,
    /// The number of its thread on the list of [`threads`](crate::context::threads).
    pub(super) number: u64,
    /// The name of its thread.
    pub(crate) thread: String,
    /// The function that blocks it; `None` for one that is not monitored.
    pub(crate) function: Option<&'static Site>,
    /// The functions that run, outermost first.
    pub(crate) path: Vec<&'static Site>,
    pub(crate) trace: Option<TraceId>,
    /// The thread's state in the kernel, such as "waiting in futex".
    pub(crate) state: Option<String>,
    /// The time for which it has been blocked.
    pub(crate) time: Duration,
}

impl BlockedWorker {
    /// Returns its name among the points of a probe.
    pub(crate) fn name(&self) -> String {
        format!("worker:{}:{}", self.runtime, self.worker)
    }

    /// Returns the path in words; empty without functions.
    pub(crate) fn path_in_words(&self) -> String {
        let functions: Vec<&str> = self.path.iter().map(|site| site.function()).collect();
        if functions.len() <= 2 * ENDS {
            return functions.join(" > ");
        }
        let (first, last) = (&functions[..ENDS], &functions[functions.len() - ENDS..]);
        let more = functions.len() - 2 * ENDS;
        format!(
            "{} > … {more} more > {}",
            first.join(" > "),
            last.join(" > ")
        )
    }

    fn function_in_words(&self) -> &str {
        let function = self.function.map(Site::function);
        function.unwrap_or("code that is not monitored")
    }
}

/// Says for how long which function blocks it, and what its thread does.
impl Display for BlockedWorker {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let function = self.function_in_words();
        write!(
            f,
            "blocked for {:.1} s by {function}",
            self.time.as_secs_f64()
        )?;
        if self.path.len() > 1 {
            write!(f, " ({})", self.path_in_words())?;
        }
        write!(f, ", thread {}", self.thread)?;
        if let Some(state) = &self.state {
            write!(f, " {state}")?;
        }
        match &self.trace {
            Some(trace) => write!(f, ", trace {trace}"),
            None => Ok(()),
        }
    }
}

/// The lines and events of blocked workers, which are limited in number.
pub(super) struct Reports {
    began: Instant,
    lines: Limit,
    last_lines: Limit,
    events: Limit,
}

impl Reports {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            lines: Limit::new(),
            last_lines: Limit::new(),
            events: Limit::new(),
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Reports a worker that has become blocked. Runs code of the service, whose panic must not end the
    /// watch.
    pub(super) fn blocked(&self, worker: &BlockedWorker) {
        if self.lines.admit(Throttle::DEFAULT, self.now()) {
            let path = worker.path_in_words();
            sentry::own_line(true, || {
                tracing::warn!(
                    target: TARGET,
                    runtime = worker.runtime,
                    worker = worker.worker,
                    thread = worker.thread,
                    function = worker.function.map(Site::function),
                    module = worker.function.map(Site::module),
                    path = (!path.is_empty()).then_some(path),
                    state = worker.state,
                    seconds = worker.time.as_secs_f64(),
                    trace_id = worker.trace.map(|trace| trace.to_string()),
                    "a worker of the async runtime is blocked"
                );
            });
            block_lines::note_block(worker.number);
        }
        unwind::quietly(|| self.send(worker));
    }

    fn send(&self, worker: &BlockedWorker) {
        if !sentry::is_on() {
            return;
        }
        let mut thread = vec![
            ("runtime", worker.runtime.clone()),
            ("worker", worker.worker.to_string()),
            ("thread", worker.thread.clone()),
        ];
        thread.extend(worker.state.clone().map(|state| ("state", state)));
        let scene = EventContext {
            path: worker.path.clone(),
            breadcrumbs: Vec::new(),
            trace: worker.trace.map(ids),
        };
        let function = worker.function_in_words();
        sentry::blocked_worker(function, &worker.to_string(), thread, scene, &self.events);
    }

    /// Reports a worker that goes on, unless the line of the poll that has ended does.
    pub(super) fn goes_on(&self, worker: &BlockedWorker) {
        if !block_lines::take_end_of_block(worker.number)
            || !self.last_lines.admit(Throttle::DEFAULT, self.now())
        {
            return;
        }
        sentry::own_line(false, || {
            tracing::info!(
                target: TARGET,
                runtime = worker.runtime,
                worker = worker.worker,
                function = worker.function.map(Site::function),
                seconds = worker.time.as_secs_f64(),
                "the worker of the async runtime goes on"
            );
        });
    }

    /// Reports how many lines were left out, once a minute.
    pub(super) fn sum_up(&self) {
        let summary = self.lines.summary(Throttle::DEFAULT, self.now(), false);
        if let Some((suppressed, _)) = summary {
            sentry::own_line(false, || {
                tracing::warn!(target: TARGET, suppressed, "more blocked workers were not logged");
            });
        }
    }
}

/// Returns the ids of a trace in flight, or of one that has just ended.
fn ids(trace: TraceId) -> Ids {
    let known = live::all().into_iter().map(|known| known.ids);
    let mut known = known.filter(|known| known.trace == trace);
    known.next().unwrap_or_else(|| Ids {
        trace,
        span: SpanId::random(),
        sampled: false,
        shared: false,
        open: false,
    })
}
