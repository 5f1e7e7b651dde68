//! The live page's details of one function.

use serde_json::{Map, Value, json};

use super::{Function, Live, WINDOWS, milliseconds};
use crate::base::fields::FieldValue;
use crate::base::outcome::Outcome;
use crate::callsite::Site;
use crate::callsite::recent_calls::{Call, Failure};
use crate::callsite::snapshot::Snapshot;
use crate::metrics::RESULTS;

/// The label sets that are shown: those with the most calls.
const COMBINATIONS: usize = 20;

impl Live {
    /// Returns everything about one function as JSON, by its id in the documents of this process;
    /// `None` for an unknown id.
    ///
    /// ```text
    /// process, id, function, module
    /// places      [file, line] of each function of that name
    /// fields, labels   their names
    /// slow_seconds     the threshold of `slow`, if it has one
    /// bounds, results  bucket bounds in seconds; per result {calls, buckets} since the start
    /// minute      calls per bucket in the last minute
    /// errors      {class: calls} since the start; "" for those without a class
    /// cancelled   {reason: calls} since the start; "" for those without a known reason
    /// combinations     [{labels: {name: value}, ok, error, cancelled, in_flight}], the most called first
    /// failures    [{kind, at, times, since, first, expected, class, chain: [{type, text}], seconds, trace, fields}]
    /// slow        [{at, seconds, result, reason, trace, fields}], the slowest first; a reason if it was cancelled
    /// ```
    pub(crate) fn detail(&self, id: usize) -> Option<String> {
        let function = self.functions.get(id)?;
        let minute = {
            let mut state = self.state();
            state.refresh(&self.functions);
            let before = &state.base(WINDOWS[1]).counts[id];
            state.now.counts[id].since(before).buckets
        };
        let mut tally = Snapshot::default();
        tally.read_in(function.bounds(), &function.sources().collect::<Vec<_>>());
        let site = function.sites[0];
        let places = function.sites.iter().map(|site| site.location());
        let detail = json!({
            "process": self.process,
            "id": id,
            "function": function.name,
            "module": function.module,
            "places": places.collect::<Vec<_>>(),
            "fields": site.fields,
            "labels": site.labels,
            "slow_seconds": site.slow.map(|limit| std::time::Duration::from_nanos(limit).as_secs_f64()),
            "bounds": function.bounds(),
            "results": results(&tally),
            "minute": minute,
            "errors": errors(&tally),
            "cancelled": cancelled(&tally),
            "combinations": function.combinations(),
            "failures": function.failures(),
            "slow": function.slow(),
        });
        Some(detail.to_string())
    }
}

impl Function {
    fn combinations(&self) -> Vec<Value> {
        let mut tally = Snapshot::default();
        let labelled = self
            .sources()
            .filter(|source| !source.site.labels.is_empty());
        let mut all: Vec<(u64, Value)> = labelled
            .map(|source| {
                tally.read(std::slice::from_ref(&source));
                let [ok, error, cancelled] = RESULTS.map(|outcome| tally.ended(outcome));
                let values = source.site.label_values(source.label_set);
                let labels: Map<String, Value> = values
                    .map(|(name, value)| (name.to_owned(), value.into()))
                    .collect();
                let in_flight = tally.concurrent();
                let shown = json!({
                    "labels": labels, "ok": ok, "error": error, "cancelled": cancelled,
                    "in_flight": in_flight,
                });
                (ok + error + cancelled + in_flight, shown)
            })
            .collect();
        all.sort_by_key(|(calls, _)| std::cmp::Reverse(*calls));
        let most = all.into_iter().take(COMBINATIONS);
        most.map(|(_, shown)| shown).collect()
    }

    fn failures(&self) -> Vec<Value> {
        let mut all: Vec<(&Site, Failure)> = Vec::new();
        for site in &self.sites {
            all.extend(
                site.recent()
                    .failures()
                    .into_iter()
                    .map(|failure| (*site, failure)),
            );
        }
        all.sort_by_key(|(_, failure)| std::cmp::Reverse(failure.call.at));
        all.iter()
            .map(|(site, shown)| failure(site, shown))
            .collect()
    }

    fn slow(&self) -> Vec<Value> {
        let mut all: Vec<(&Site, Call)> = Vec::new();
        for site in &self.sites {
            all.extend(site.recent().slow().into_iter().map(|call| (*site, call)));
        }
        all.sort_by(|(_, a), (_, b)| {
            b.seconds
                .unwrap_or(0.0)
                .total_cmp(&a.seconds.unwrap_or(0.0))
        });
        let shown = all.iter().map(|(site, slow)| {
            let mut shown = call(site, slow);
            shown["result"] = json!(slow.outcome.as_str());
            if let Some(reason) = slow.cancelled {
                shown["reason"] = json!(reason.as_str());
            }
            shown
        });
        shown.collect()
    }
}

fn results(tally: &Snapshot) -> Value {
    let all = RESULTS.map(|outcome| {
        let of_result = json!({
            "calls": tally.ended(outcome),
            "buckets": tally.buckets(outcome),
        });
        (outcome.as_str().to_owned(), of_result)
    });
    Value::Object(all.into_iter().collect())
}

fn errors(tally: &Snapshot) -> Value {
    let mut all: Map<String, Value> = tally
        .classes()
        .filter(|(_, calls)| *calls > 0)
        .map(|(class, calls)| (class.to_owned(), calls.into()))
        .collect();
    let unclassified = tally.calls(Outcome::Error);
    if unclassified > 0 {
        all.insert(String::new(), unclassified.into());
    }
    Value::Object(all)
}

fn cancelled(tally: &Snapshot) -> Value {
    let known = tally
        .cancelled()
        .map(|(reason, calls)| (reason.as_str(), calls));
    let all = known.chain([("", tally.calls(Outcome::Cancelled))]);
    let all = all.filter(|(_, calls)| *calls > 0);
    let all = all.map(|(reason, calls)| (reason.to_owned(), calls.into()));
    Value::Object(all.collect())
}

/// Prints a failure as pages show it.
pub(super) fn failure(site: &Site, failure: &Failure) -> Value {
    let chain = failure.chain.iter();
    let chain: Value = chain
        .map(|link| json!({ "type": link.type_name, "text": link.text }))
        .collect();
    let mut shown = call(site, &failure.call);
    shown["kind"] = json!(failure.kind);
    shown["times"] = json!(failure.times);
    shown["since"] = json!(milliseconds(failure.since));
    shown["first"] = json!(failure.first);
    shown["expected"] = json!(failure.expected);
    shown["class"] = json!(class(failure));
    shown["chain"] = chain;
    shown
}

/// Returns the class of a failure as the metrics have it; empty without one.
pub(in crate::server) fn class(failure: &Failure) -> &'static str {
    if failure.call.outcome == Outcome::Panic {
        "panic"
    } else {
        failure.class
    }
}

fn call(site: &Site, call: &Call) -> Value {
    let fields = site.fields.iter().zip(&call.fields);
    let fields: Map<String, Value> = fields
        .filter(|(_, value)| **value != FieldValue::Empty)
        .map(|(name, value)| ((*name).to_owned(), value.to_string().into()))
        .collect();
    json!({
        "at": milliseconds(call.at),
        "seconds": call.seconds,
        "trace": call.trace,
        "fields": fields,
    })
}
