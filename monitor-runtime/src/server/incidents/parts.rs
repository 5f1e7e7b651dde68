//! The failures and checks of an incident as documents.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::base::fields::FieldValue;
use crate::callsite::Site;
use crate::callsite::recent_calls::Failure;
use crate::server::live::class;
use crate::server::requests::{self, ErrorLink, timestamp};

#[derive(Serialize)]
pub(super) struct FailureDocument {
    pub(super) function: String,
    pub(super) module: &'static str,
    /// Empty without one.
    pub(super) class: &'static str,
    pub(super) times: u64,
    since: String,
    pub(super) at: String,
    pub(super) passed_on: bool,
    expected: bool,
    /// Absent for a call without a trace.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) trace_id: String,
    #[serde(skip_serializing_if = "Map::is_empty")]
    fields: Map<String, Value>,
    /// The error and its sources, outermost first.
    pub(super) error: Vec<ErrorLink>,
}

#[derive(Serialize)]
pub(super) struct CheckDocument {
    pub(super) name: String,
    pub(super) status: String,
    pub(super) critical: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) output: Option<String>,
}

impl FailureDocument {
    pub(super) fn new(name: &str, module: &'static str, site: &Site, failure: &Failure) -> Self {
        let fields = site.fields.iter().zip(&failure.call.fields);
        let fields = fields.filter(|(_, value)| **value != FieldValue::Empty);
        Self {
            function: name.to_owned(),
            module,
            class: class(failure),
            times: failure.times,
            since: timestamp(failure.since),
            at: timestamp(failure.call.at),
            passed_on: !failure.first,
            expected: failure.expected,
            trace_id: failure.call.trace.clone(),
            fields: fields
                .map(|(name, value)| ((*name).to_owned(), value.to_string().into()))
                .collect(),
            error: failure.chain.iter().map(ErrorLink::from).collect(),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        requests::bytes(self, [&self.fields])
    }
}

impl CheckDocument {
    pub(super) fn new(name: &str, entry: &Value) -> Self {
        Self {
            name: name.to_owned(),
            status: entry["status"].as_str().unwrap_or_default().to_owned(),
            critical: entry["critical"] == true,
            output: entry["output"].as_str().map(str::to_owned),
        }
    }

    pub(super) fn fails(&self) -> bool {
        self.status != "ok"
    }

    pub(super) fn bytes(&self) -> usize {
        requests::bytes(self, [])
    }
}
