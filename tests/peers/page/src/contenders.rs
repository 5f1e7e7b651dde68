//! Pages of the same functions, each made in another way.

use std::sync::{Arc, Barrier};
use std::thread;

use metrics::{Key, Label, Recorder};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use monitor_runtime::__private::{
    Exposition, Format, Gzip, Settings, Site, Verdict, count_finely, run,
};
use monitor_runtime::NativeHistograms;

/// A page and what it shows.
pub struct Contender {
    /// The name in the table.
    pub name: &'static str,
    /// Lines, or histograms.
    pub series: usize,
    /// Makes the page and says how long it is.
    pub page: Box<dyn Fn() -> usize>,
}

/// The counts before the page is made.
pub struct Load {
    /// Calls of each function, by each thread.
    pub calls: usize,
    /// Threads that are still there when a page is made.
    pub threads: usize,
}

/// All of them, for so many functions.
pub fn all(functions: usize) -> Vec<Contender> {
    let counted = exposition(functions, false, NativeHistograms::Off);
    let timed = exposition(functions, true, NativeHistograms::Off);
    let finely = exposition(functions, true, NativeHistograms::On);
    let natively = exposition(functions, true, NativeHistograms::Only);
    count_finely(false);
    let ours = |name, series, exposition: &Arc<Exposition>, format, gzip: bool| {
        let exposition = Arc::clone(exposition);
        let page = move || {
            let page = exposition.functions(format);
            if gzip {
                Gzip::new(page).map(|chunk| chunk.len()).sum()
            } else {
                page.map(|chunk| chunk.len()).sum()
            }
        };
        Contender {
            name,
            series,
            page: Box::new(page),
        }
    };
    let reading = |name, series, exposition: &Arc<Exposition>| {
        let exposition = Arc::clone(exposition);
        let page = move || {
            drop(exposition.functions(Format::Text));
            0
        };
        Contender {
            name,
            series,
            page: Box::new(page),
        }
    };
    let lines = 3 * functions;
    vec![
        reading("reading counters and gauges alone", lines, &counted),
        reading("reading all with histograms alone", functions, &timed),
        ours(
            "counters and gauges, text",
            lines,
            &counted,
            Format::Text,
            false,
        ),
        ours(
            "counters and gauges, OpenMetrics",
            lines,
            &counted,
            Format::OpenMetrics,
            false,
        ),
        ours(
            "all with histograms, text",
            functions,
            &timed,
            Format::Text,
            false,
        ),
        ours(
            "all with histograms, OpenMetrics",
            functions,
            &timed,
            Format::OpenMetrics,
            false,
        ),
        ours(
            "all with histograms, text, gzip",
            functions,
            &timed,
            Format::Text,
            true,
        ),
        ours(
            "all with histograms, protobuf",
            functions,
            &timed,
            Format::Protobuf,
            false,
        ),
        ours(
            "all with native and classic histograms, text",
            functions,
            &finely,
            Format::Text,
            false,
        ),
        ours(
            "all with native and classic histograms, protobuf",
            functions,
            &finely,
            Format::Protobuf,
            false,
        ),
        ours(
            "all with native histograms, protobuf",
            functions,
            &natively,
            Format::Protobuf,
            false,
        ),
        exporter("exporter, counters", functions, false),
        exporter("exporter, histograms", functions, true),
    ]
}

/// Sites that no list has, each with a name of its own, for the life of the process.
pub fn sites(functions: usize, timed: bool) -> &'static [&'static Site] {
    let site = |number| {
        let name = format!("Orders::function_number_{number}").leak();
        let settings = Box::leak(Box::new(Settings::new().name(name).latency(timed)));
        let site = Site::new(|| "", "shop::orders::storage").with(settings);
        &*Box::leak(Box::new(site))
    };
    (0..functions).map(site).collect::<Vec<_>>().leak()
}

/// Calls a function that does nothing.
pub fn call(site: &'static Site) {
    run(site.begin(), || (), |()| Verdict::Ok);
}

/// The page of new functions that have been called by threads which are still there.
fn exposition(functions: usize, timed: bool, native: NativeHistograms) -> Arc<Exposition> {
    count_finely(native != NativeHistograms::Off);
    let sites = sites(functions, timed);
    let done = Arc::new(Barrier::new(super::LOAD.threads + 1));
    for _ in 0..super::LOAD.threads {
        let done = Arc::clone(&done);
        thread::spawn(move || {
            for site in sites {
                (0..super::LOAD.calls).for_each(|_| call(site));
            }
            done.wait();
            loop {
                thread::park();
            }
        });
    }
    done.wait();
    Arc::new(Exposition::from_sites(sites).native(native))
}

fn exporter(name: &'static str, functions: usize, histograms: bool) -> Contender {
    const BUCKETS: [f64; 17] = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5,
        5.0, 7.5, 10.0,
    ];
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &BUCKETS)
        .expect("buckets")
        .build_recorder();
    let metadata = metrics::Metadata::new("", metrics::Level::INFO, None);
    for number in 0..functions {
        let labels = vec![
            Label::new("function", format!("Orders::function_number_{number}")),
            Label::new("module", "shop::orders::storage"),
            Label::new("service_name", ""),
            Label::new("result", "ok"),
        ];
        if histograms {
            let key = Key::from_parts("function_calls_duration_seconds", labels);
            recorder
                .register_histogram(&key, &metadata)
                .record(0.000_01);
        } else {
            let key = Key::from_parts("function_calls_total", labels);
            recorder.register_counter(&key, &metadata).increment(40);
        }
    }
    let handle = recorder.handle();
    // Its histograms are drained by the first page, which is not to be counted.
    handle.render();
    Contender {
        name,
        series: functions,
        page: Box::new(move || handle.render().len()),
    }
}
