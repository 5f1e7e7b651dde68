//! Row: the process and its Tokio runtime.

use super::asks::{Asks, top};
use super::panel::{Row, lines};
use crate::metrics::{
    Family, PROCESS_CPU, PROCESS_FDS, PROCESS_MOST_FDS, PROCESS_RESIDENT, PROCESS_START,
    PROCESS_THREADS, TOKIO_BUSY, TOKIO_PARKS, TOKIO_QUEUE, TOKIO_TASKS, TOKIO_WORKERS,
};

const EACH: &str = "{{instance}}";

/// Returns a gauge of each instance.
fn gauge(asks: &Asks<'_>, family: &Family<'_>) -> String {
    asks.of_target(&format!("{}{{instance=~\"$instance\"}}", family.name))
}

pub(super) fn row(asks: &Asks<'_>) -> Row {
    let gauge = |family| gauge(asks, family);
    let cpu = asks.rate_of_target(PROCESS_CPU.name, "");
    Row {
        title: "Process",
        panels: vec![
            lines(
                "CPU",
                "none",
                "Cores in use: 1 is one core, busy all the time.",
            )
            .query(top(&cpu), EACH),
            lines("Resident memory", "bytes", "Memory that is held in RAM.")
                .query(top(&gauge(&PROCESS_RESIDENT)), EACH),
            lines(
                "Open file descriptors",
                "percentunit",
                "Share of the descriptors that may be open; at 100 % nothing connects.",
            )
            .query(
                top(&format!(
                    "{} / {}",
                    gauge(&PROCESS_FDS),
                    gauge(&PROCESS_MOST_FDS)
                )),
                EACH,
            )
            .max(1.0)
            .red_from(0.9),
            lines("Threads", "none", "Threads of the process.")
                .query(top(&gauge(&PROCESS_THREADS)), EACH),
            lines(
                "Age",
                "s",
                "Time since the process began; a fall to 0 is a restart.",
            )
            .query(format!("time() - {}", gauge(&PROCESS_START)), EACH),
        ],
    }
}

pub(super) fn runtime(asks: &Asks<'_>) -> Row {
    let gauge = |family| gauge(asks, family);
    let busy = asks.rate_of_target(TOKIO_BUSY.name, "");
    let workers = gauge(&TOKIO_WORKERS);
    let parks = asks.rate_of_target(TOKIO_PARKS.name, "");
    Row {
        title: "Tokio runtime",
        panels: vec![
            lines("Busy workers", "percentunit", "Share of time that workers were not parked; at 100 % tasks wait for a thread.")
                .query(
                    top(&format!("sum by (job, instance) ({busy}) / sum by (job, instance) ({workers})")),
                    EACH,
                )
                .max(1.0)
                .red_from(0.9),
            lines("Busiest worker", "percentunit", "Share of time that the busiest worker was not parked; 100 % for long is a call that blocks it.")
                .query(top(&format!("max by (job, instance) ({busy})")), EACH)
                .max(1.0),
            lines("Alive tasks", "none", "Tasks that were spawned and have not ended. A line that only rises is a leak.")
                .query(top(&gauge(&TOKIO_TASKS)), EACH),
            lines("Queued tasks", "none", "Tasks that wait in the queue that all workers share.")
                .query(top(&gauge(&TOKIO_QUEUE)), EACH),
            lines("Parks", "cps", "Number of times per second that workers had nothing to do.")
                .query(top(&format!("sum by (job, instance) ({parks})")), EACH),
        ],
    }
}
