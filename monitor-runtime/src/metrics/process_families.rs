//! Readings of the process and of its tokio runtime, as families.

use super::text_format::label;
use super::{
    Number, PROCESS_CPU, PROCESS_FDS, PROCESS_MOST_FDS, PROCESS_RESIDENT, PROCESS_START,
    PROCESS_THREADS, PROCESS_VIRTUAL, RuntimeFamily, TOKIO_BUSY, TOKIO_PARKS, TOKIO_QUEUE,
    TOKIO_TASKS, TOKIO_WORKERS,
};
use crate::metrics::process::{Process, Runtime};

/// Returns the `process_*` families that the system has numbers for.
pub(crate) fn process(read: &Process) -> Vec<RuntimeFamily> {
    let count = |count: Option<u64>| count.map(Number::Count);
    let measure = |measure: Option<f64>| measure.map(Number::Measure);
    let all = [
        (&PROCESS_CPU, measure(read.cpu_seconds)),
        (&PROCESS_RESIDENT, count(read.resident_bytes)),
        (&PROCESS_VIRTUAL, count(read.virtual_bytes)),
        (&PROCESS_FDS, count(read.open_fds)),
        (&PROCESS_MOST_FDS, count(read.max_fds)),
        (&PROCESS_START, measure(read.start_seconds)),
        (&PROCESS_THREADS, count(read.threads)),
    ];
    let known = all.into_iter().filter_map(|(family, value)| {
        let values = vec![(String::new(), value?)];
        Some(RuntimeFamily { family, values })
    });
    known.collect()
}

/// Returns the `tokio_*` families.
pub(crate) fn runtime(read: &Runtime) -> Vec<RuntimeFamily> {
    let one = |family, value| RuntimeFamily {
        family,
        values: vec![(String::new(), Number::Count(value))],
    };
    let mut all = vec![
        one(&TOKIO_WORKERS, read.workers),
        one(&TOKIO_TASKS, read.alive_tasks),
        one(&TOKIO_QUEUE, read.queued_tasks),
    ];
    let (mut busy, mut parks) = (Vec::new(), Vec::new());
    for (number, worker) in read.each_worker.iter().enumerate() {
        let labels = label("worker", &number.to_string());
        busy.push((labels.clone(), Number::Measure(worker.busy_seconds)));
        parks.push((labels, Number::Count(worker.parks)));
    }
    if !busy.is_empty() {
        let counters = [(&TOKIO_BUSY, busy), (&TOKIO_PARKS, parks)];
        all.extend(counters.map(|(family, values)| RuntimeFamily { family, values }));
    }
    all
}
