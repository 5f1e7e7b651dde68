//! Native histograms as Prometheus keeps them, in each of its modes.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use monitor_runtime::__private::{Settings, Site, count_ok, site};
use monitor_runtime::{Monitor, NativeHistograms, Objective, monitored, slo};
use monitor_tests::alone;
use monitor_tests::process::wait_for;
use monitor_tests::prometheus::{Prometheus, config, programs};

use crate::inventory_of;

/// A way to run Prometheus.
struct Mode {
    program: PathBuf,
    features: &'static str,
    job: &'static str,
    /// `true` if it keeps native histograms that it is given.
    native: bool,
    /// `true` if it keeps classic buckets beside them.
    classic: bool,
}

const PLAIN: &str = "exemplar-storage";
const NATIVE: &str = "exemplar-storage,native-histograms";

fn modes() -> Vec<Mode> {
    let [installed, newest] = programs();
    let mode = |program: &PathBuf, features, job, native, classic| Mode {
        program: program.clone(),
        features,
        job,
        native,
        classic,
    };
    vec![
        mode(&installed, PLAIN, "", false, true),
        mode(&installed, NATIVE, "", true, false),
        mode(&newest, PLAIN, "", false, true),
        mode(&newest, NATIVE, "", true, false),
        mode(
            &newest,
            NATIVE,
            "always_scrape_classic_histograms: true, ",
            true,
            true,
        ),
        mode(
            &newest,
            NATIVE,
            "convert_classic_histograms_to_nhcb: true, ",
            true,
            false,
        ),
    ]
}

impl Mode {
    fn name(&self) -> String {
        format!("{} {} {}", self.program.display(), self.features, self.job)
    }
}

fn start(native: NativeHistograms) -> Monitor {
    let builder = monitor_runtime::builder!()
        .addr("127.0.0.1:0")
        .log_filter("off");
    builder
        .native_histograms(native)
        .start_blocking()
        .expect("a free port")
}

/// Calls of each distribution.
const CALLS: u32 = 20_000;

/// A name, a function, and the quantiles of the durations of its calls.
type Distribution = (&'static str, &'static Site, fn(f64) -> f64);

fn distributions() -> [Distribution; 5] {
    macro_rules! of {
        ($name:literal, $quantile:expr) => {{
            fn made_up() -> &'static Site {
                site!(with_settings(&const { Settings::new().name($name) }))
            }
            ($name, made_up(), $quantile)
        }};
    }
    [
        of!("uniform", |share| share),
        of!("exponential", |share| -0.05 * (1.0 - share).ln()),
        // By a logistic, which is near to normal.
        of!("log_normal", |share| 0.02
            * (share / (1.0 - share)).powf(0.55)),
        of!("pareto", |share| 0.001 / (1.0 - share).powf(1.0 / 1.5)),
        of!("two_peaks", |share| if share < 0.9 {
            0.000_02 + share * 0.000_05
        } else {
            0.7 * (10.0 * (1.0 - share)).powf(-0.2)
        }),
    ]
}

/// Returns the durations of all calls, ascending.
fn durations(quantile: fn(f64) -> f64) -> Vec<f64> {
    let share = |call| (f64::from(call) + 0.5) / f64::from(CALLS);
    (0..CALLS).map(|call| quantile(share(call))).collect()
}

#[test]
fn quantiles_of_native_histograms_are_near_the_exact_ones() {
    alone!();
    let monitor = start(NativeHistograms::On);
    for (_, site, quantile) in distributions() {
        count_ok(site, &durations(quantile));
    }
    let target = monitor.addr().expect("a server");
    for mode in modes() {
        let prometheus = Prometheus::scraping_with(target, &mode.program, mode.features, mode.job);
        for (name, _, quantile) in distributions() {
            let name = format!("function=\"{name}\",result=\"ok\"");
            let buckets = format!("count(function_calls_duration_seconds_bucket{{{name}}})");
            let series = format!("function_calls_duration_seconds{{{name}}}");
            let kept = format!("histogram_count({series})");
            wait_for(&format!("{} {name}", mode.name()), || {
                prometheus.query(if mode.native { &kept } else { &buckets })
            });
            let classic = prometheus.query(&buckets).map(|buckets| buckets > 17.5);
            assert_eq!(
                classic,
                mode.classic.then_some(true),
                "{} {name}",
                mode.name()
            );
            if !mode.native {
                continue;
            }
            assert_eq!(prometheus.query(&kept), Some(f64::from(CALLS)), "{name}");
            let durations = durations(quantile);
            for share in [0.5, 0.99, 0.999] {
                let query = format!("histogram_quantile({share}, {series})");
                let seen = prometheus.query(&query).expect("a quantile");
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "below the number of calls"
                )]
                let exact = durations[(share * f64::from(CALLS)) as usize];
                let off = (seen / exact - 1.0).abs();
                assert!(off < 0.045, "{} {query}: {seen}, not {exact}", mode.name());
            }
        }
    }
}

/// An hour becomes 36 s, and 5 minutes become 3 s.
const FASTER: u32 = 100;

const ALWAYS_LATE: Objective = Objective::new("always-late").latency(Duration::from_nanos(1), 99.0);
const ALWAYS_FAILING: Objective = Objective::new("always-failing").success_rate(99.9);

#[monitored(objective = ALWAYS_LATE)]
fn always_late() {}

#[monitored(objective = ALWAYS_FAILING)]
fn always_failing() -> Result<(), &'static str> {
    Err("as asked")
}

fn objectives_fire(native: NativeHistograms) {
    let monitor = start(native);
    let rules = slo::rules(&inventory_of(module_path!()))
        .faster(FASTER)
        .to_string();
    let files = [("rules.yaml", &*rules)];
    let target = [monitor.addr().expect("a server")];
    let start = |mode: Mode| {
        let job = format!("job_name: quickstart, {}", mode.job);
        let config =
            config(&target, "rule_files: [rules.yaml]\n").replace("job_name: quickstart, ", &job);
        let started = Prometheus::with_features(&mode.program, &config, &files, mode.features);
        (mode, started)
    };
    let servers: Vec<_> = modes().into_iter().map(start).collect();
    for (mode, prometheus) in &servers {
        let zeros = "min(count_over_time(monitor_objective_calls_total[1m])) >= 3";
        wait_for(&mode.name(), || prometheus.query(zeros));
    }
    let begun = Instant::now();
    (0..1_000).for_each(|_| {
        always_late();
        _ = always_failing();
    });
    for (mode, prometheus) in &servers {
        for name in ["always-late", "always-failing"] {
            let fired = format!(
                "max(max_over_time(ALERTS{{alertname=\"ErrorBudgetBurn\",severity=\"page\",alertstate=\"firing\",\
                 objective_name=\"{name}\"}}[5m]))"
            );
            while prometheus.query(&fired).is_none() {
                assert!(
                    begun.elapsed() < Duration::from_secs(90),
                    "{} {fired}",
                    mode.name()
                );
                std::thread::sleep(Duration::from_millis(100));
            }
        }
        let count = "histogram_count(function_calls_duration_seconds{function=\"always_late\",result=\"ok\"})";
        let classic =
            "count(function_calls_duration_seconds_bucket{function=\"always_late\",result=\"ok\"})";
        let is_classic = mode.classic && (native == NativeHistograms::On || !mode.native);
        assert_eq!(
            prometheus.query(count).is_some(),
            mode.native,
            "{}",
            mode.name()
        );
        assert_eq!(
            prometheus.query(classic).is_some(),
            is_classic,
            "{}",
            mode.name()
        );
    }
}

#[test]
fn objectives_fire_however_histograms_are_kept() {
    alone!();
    objectives_fire(NativeHistograms::On);
}

#[test]
fn objectives_fire_without_classic_buckets() {
    alone!();
    objectives_fire(NativeHistograms::Only);
}

#[monitored(labels(region = bounded(region, max = 20)))]
fn in_region(region: &str) {
    let _ = region;
}

#[test]
fn a_rate_sees_the_first_calls_of_a_label() {
    alone!();
    let monitor = start(NativeHistograms::Off);
    let [_, newest] = programs();
    let features = "created-timestamp-zero-ingestion";
    let target = monitor.addr().expect("a server");
    let prometheus = Prometheus::scraping_with(target, &newest, features, "");
    in_region("north");
    for (region, calls) in [("south", 1_000), ("west", 7)] {
        (0..calls).for_each(|_| in_region(region));
        let series = format!("function_calls_total{{region=\"{region}\",result=\"ok\"}}");
        wait_for(&series, || prometheus.query(&series));
        // No sample without a call was ever scraped.
        let seen = format!("max_over_time({series}[5m]) - min_over_time({series}[5m])");
        assert_eq!(prometheus.query(&seen), Some(f64::from(calls)), "{seen}");
    }
}
