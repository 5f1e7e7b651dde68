//! Documents made from the inventory: `/inventory`, `/rules.yaml`, `/grafana.json` and
//! `/objectives`.

use std::fmt::Display;

use warp::Filter;
use warp::http::{Method, StatusCode};

use super::answer::Answer;
use super::{Routes, asker, document, first_of, refusal};
use crate::inventory::{self, Inventory};
use crate::server::Context;
use crate::server::access::Asker;
use crate::slo::{self, Parameters};

const JSON: &str = "application/json";
/// Media type of RFC 9512.
const YAML: &str = "application/yaml";

/// Serves the documents. Rejects every other path as not found.
pub(super) fn routes(context: Context) -> Routes {
    let known = document(context.clone(), "inventory", |context| {
        Answer::ok(JSON, collect(context).to_json())
    });
    let rules = adjusted(context.clone(), "rules.yaml", YAML, |context| {
        slo::rules(&collect(context))
    });
    let dashboard = adjusted(context.clone(), "grafana.json", JSON, |context| {
        slo::dashboard(&collect(context))
    });
    let objectives = document(context, "objectives", |_| {
        let status = serde_json::to_string(&slo::status());
        Answer::ok(JSON, status.expect("strings and numbers always serialise"))
    });
    first_of([known, rules, dashboard, objectives])
}

/// Serves a document that parameters of the query adjust. A wrong parameter is answered with 400
/// and the fix.
fn adjusted<T: Parameters + Display>(
    context: Context,
    path: &'static str,
    content_type: &'static str,
    make: impl Fn(&Context) -> T + Clone + Send + Sync + 'static,
) -> Routes {
    warp::path(path)
        .and(warp::path::end())
        .and(warp::method())
        .and(asker())
        .and(warp::query::<Vec<(String, String)>>())
        .map(
            move |method: Method, asker: Asker, given: Vec<(String, String)>| {
                let refused = refusal(&context, &method, &asker);
                let answer = refused.unwrap_or_else(|| match make(&context).with_all(&given) {
                    Ok(document) => Answer::ok(content_type, document.to_string()),
                    Err(error) => Answer::text(StatusCode::BAD_REQUEST, format!("{error}\n")),
                });
                answer.answer(&method)
            },
        )
        .boxed()
}

/// Returns the inventory, named as the service of this server.
fn collect(context: &Context) -> Inventory {
    let service = &context.service;
    inventory::collect().service(&service.name, &service.version)
}
