//! Pages made from the inventory: `/inventory`, `/rules.yaml`, `/grafana.json` and `/objectives`.

use warp::reply::Response;
use warp::{Filter, Rejection};

use super::answer::Answer;
use super::document;
use crate::inventory::{Inventory, inventory};
use crate::server::Context;
use crate::slo;

const JSON: &str = "application/json";
/// RFC 9512.
const YAML: &str = "application/yaml";

/// Rejects every other path as not found.
pub(super) fn routes(
    context: Context,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + Send + Sync + 'static {
    let known = document(context.clone(), "inventory", |context| {
        Answer::ok(JSON, of(context).to_json())
    });
    let rules = document(context.clone(), "rules.yaml", |context| {
        Answer::ok(YAML, slo::rules(&of(context)).to_string())
    });
    let dashboard = document(context.clone(), "grafana.json", |context| {
        Answer::ok(JSON, slo::dashboard(&of(context)))
    });
    let objectives = document(context, "objectives", |_| {
        let status = serde_json::to_string(&slo::status());
        Answer::ok(JSON, status.expect("strings and numbers always serialise"))
    });
    known
        .or(rules)
        .unify()
        .or(dashboard)
        .unify()
        .or(objectives)
        .unify()
}

/// The inventory as that of the service this server is of.
fn of(context: &Context) -> Inventory {
    let service = &context.service;
    inventory().service(&service.name, &service.version)
}
