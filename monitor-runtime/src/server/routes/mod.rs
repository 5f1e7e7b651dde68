//! The routes, as warp filters that also work inside a service's own warp app.

mod answer;
mod asked;
mod documents;
mod incidents;
mod live;
mod log_level;
mod metrics;
mod probes;
mod requests;

use std::net::SocketAddr;

use warp::Filter;
use warp::filters::BoxedFilter;
use warp::http::uri::Authority;
use warp::http::{HeaderMap, Method, StatusCode};
use warp::reply::Response;

use super::Context;
use super::access::{Addressed, Asker};
use crate::http::accept::Ends;
use answer::Answer;
pub(super) use answer::PROTECTION;
#[cfg(feature = "fuzzing")]
pub(super) use log_level::parse as log_level_body;
pub(crate) use metrics::metrics_routes;
pub(crate) use probes::health_routes;

/// All routes of the management server. Any other path is answered with 404.
pub(super) type Routes = BoxedFilter<(Response,)>;

const NOT_FOUND: &str = "not found; there are /, /health, /healthz, /livez, /live, /readyz, /ready, /startupz, /metrics, \
     /log-level, /inventory, /rules.yaml, /grafana.json, /objectives, /requests, /calls, /incidents\n";

/// Returns the routes of the management server.
pub(super) fn all(context: Context) -> Routes {
    let not_found = warp::method()
        .map(|method| Answer::text(StatusCode::NOT_FOUND, NOT_FOUND).answer(&method))
        .boxed();
    first_of([
        health_routes(context.clone()),
        metrics_routes(context.clone()),
        log_level::route(context.clone()),
        live::live_routes(context.clone()),
        documents::routes(context.clone()),
        requests::routes(context.clone()),
        incidents::routes(context),
        not_found,
    ])
}

/// Joins routes: the first one that does not reject a request answers it.
// All of one type. Otherwise the type of the whole holds those of all parts, whose names of 40 kB make a program
// longer to link.
fn first_of<const N: usize>(routes: [Routes; N]) -> Routes {
    let joined = routes
        .into_iter()
        .reduce(|first, next| first.or(next).unify().boxed());
    joined.expect("there is a route")
}

/// Answers a request that is not valid HTTP/1.1, for any path.
pub(super) fn bad_request(problem: &'static str, method: &Method) -> Response {
    Answer::text(StatusCode::BAD_REQUEST, problem).answer(method)
}

/// Serves a document at its own path to clients that may see details. `make` has to be quick; it
/// must neither block nor panic.
///
/// Rejects every other path as not found.
fn document(
    context: Context,
    path: &'static str,
    make: impl Fn(&Context) -> Answer + Clone + Send + Sync + 'static,
) -> Routes {
    warp::path(path)
        .and(warp::path::end())
        .and(warp::method())
        .and(asker())
        .map(move |method: Method, asker: Asker| {
            let refused = refusal(&context, &method, &asker);
            refused.unwrap_or_else(|| make(&context)).answer(&method)
        })
        .boxed()
}

/// Returns the answer to a request that may not have a page of details, if it may not.
fn refusal(context: &Context, method: &Method, asker: &Asker) -> Option<Answer> {
    if !is_read(method) {
        Some(Answer::not_allowed())
    } else if context.access.may_see_details(asker) {
        None
    } else {
        Some(Answer::no_access(context.access.has_token()))
    }
}

/// Extracts the sender of a request as the server knows it: the management server, that of
/// [`http::warp`](crate::http), or warp's own.
fn asker() -> BoxedFilter<(Asker,)> {
    let ends = warp::addr::remote()
        .and(warp::ext::optional::<Ends>())
        .and(warp::ext::optional::<SocketAddr>())
        .map(|warps: Option<_>, ours: Option<Ends>, edges| {
            ours.or_else(|| warps.or(edges).map(Ends::of_peer))
        });
    // It rejects a request whose target and `Host` differ, and one whose `Host` cannot be read.
    let addressed = warp::host::optional()
        .map(|name: Option<Authority>| name.map_or(Addressed::Unnamed, Addressed::To))
        .or(warp::any().map(|| Addressed::Unclear))
        .unify();
    warp::header::headers_cloned()
        .and(ends)
        .and(addressed)
        .map(|headers: HeaderMap, ends, addressed| Asker {
            headers,
            ends,
            addressed,
        })
        .boxed()
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}
