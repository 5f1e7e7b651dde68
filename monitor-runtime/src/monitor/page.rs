//! The page of metrics of a started service.

use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;

use crate::callsite::counters::fine;
use crate::callsite::slow_polls;
use crate::context::own_shards;
use crate::health::Health;
use crate::metrics::{Page, process};
use crate::settings::native_histograms::NativeHistograms;
use crate::{callsite, http, logs, metrics, otlp, sentry, server};

/// Lets calls be counted as the histograms need them, and polls that take longer than `slow_poll` as slow.
pub(super) fn count(native: NativeHistograms, slow_poll: Option<Duration>) {
    let is_other = fine::switch(native != NativeHistograms::Off);
    if slow_polls::set(slow_poll) || is_other {
        own_shards::start_over();
    }
}

/// Returns the page of a service. `reader` has the numbers of the process, if they are wanted; `others`
/// the series of the `metrics` facade.
pub(super) fn page(
    service: &metrics::Service,
    native: NativeHistograms,
    reader: Option<process::Reader>,
    others: Option<PrometheusHandle>,
    health: &Arc<Health>,
) -> Page {
    let health = Arc::clone(health);
    let exposition = metrics::Exposition::new(service, callsite::all).native(native);
    let service = service.name.clone();
    Arc::new(move |format| {
        http::show_active();
        let others = others.as_ref().map(PrometheusHandle::render);
        let mut own = metrics::log(
            logs::counts(),
            logs::dropped_lines(),
            logs::places::suppressed_lines(),
        );
        own.push(metrics::captures(sentry::captures()));
        own.extend(metrics::otlp_items(otlp::items()));
        own.extend(metrics::traces(&service));
        own.push(metrics::incidents(server::incidents_begun()));
        own.extend(metrics::label_overflow(callsite::all()));
        own.extend(metrics::objectives(&service, callsite::all()));
        own.extend(metrics::checks(&health.readings()));
        if let Some(reader) = &reader {
            own.extend(metrics::process(&reader.process()));
            own.extend(reader.runtime().iter().flat_map(metrics::runtime));
            own.extend(metrics::blocked_workers(&health.worker_readings()));
        }
        Box::new(exposition.scrape(format, own, others.unwrap_or_default()))
    })
}
