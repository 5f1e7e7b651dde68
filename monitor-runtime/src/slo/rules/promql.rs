//! The queries of rules.

use super::Rules;
use crate::metrics;
use crate::outcome::Outcome;
use crate::slo::promise::Promise;
use crate::slo::window::Window;

impl Rules {
    /// Calls that break the promise, and all calls, a second.
    pub(super) fn rates(&self, promise: &Promise, window: Window) -> (String, String) {
        let range = self.range(window);
        let rate = |name: &str, more: Option<(&str, &str, &str)>| {
            let service = ("service_name", "=", self.service.as_str());
            let promised = promise.labels.iter().map(equal);
            let selector = selector([service].into_iter().chain(promised).chain(more));
            format!("sum(rate({name}{selector}[{range}]))")
        };
        match promise.threshold {
            None => {
                let name = metrics::CALLS.name;
                let failed = ("result", "=", Outcome::Error.as_str());
                (rate(name, Some(failed)), rate(name, None))
            }
            Some(seconds) => {
                let name = metrics::DURATION.name;
                let calls = rate(&format!("{name}_count"), None);
                let bound = bound(seconds);
                let within = rate(&format!("{name}_bucket"), Some(("le", "=~", &bound)));
                (format!("clamp_min({calls} - {within}, 0)"), calls)
            }
        }
    }

    /// A window in PromQL's words.
    pub(super) fn range(&self, window: Window) -> String {
        if self.faster == 1 {
            return window.name.to_owned();
        }
        format!("{}ms", self.milliseconds(window))
    }

    pub(super) fn milliseconds(&self, window: Window) -> u64 {
        (window.seconds * 1000 / u64::from(self.faster)).max(1)
    }
}

/// The `le` of a bound, also as collectors that drop the fraction of a whole number spell it.
fn bound(seconds: f64) -> String {
    let spelled = metrics::canonical(seconds);
    match spelled.strip_suffix(".0") {
        Some(whole) => format!(r"{whole}(\.0)?"),
        None => spelled.replace('.', r"\.").replace('+', r"\+"),
    }
}

/// Matchers, each a label, an operator and a value, which PromQL escapes as the page does.
pub(super) fn selector<'a>(
    matchers: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>,
) -> String {
    let matchers = matchers.into_iter().map(|(key, operator, value)| {
        let value = metrics::escape(value);
        format!("{key}{operator}\"{value}\"")
    });
    let matchers: Vec<String> = matchers.collect();
    format!("{{{}}}", matchers.join(","))
}

pub(super) fn equal<'a>((key, value): &'a (&'static str, String)) -> (&'a str, &'a str, &'a str) {
    (key, "=", value)
}
