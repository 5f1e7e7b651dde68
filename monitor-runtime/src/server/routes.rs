//! The routes, as warp filters that also work inside a user's own warp app.

mod answer;
mod documents;
mod live;
mod log_level;
mod metrics;
mod probes;

use std::net::SocketAddr;

use warp::filters::BoxedFilter;
use warp::http::{HeaderMap, Method, StatusCode};
use warp::reply::Response;
use warp::{Filter, Rejection};

use super::Context;
use super::access::{Peer, may_see_details};
use answer::Answer;
pub(super) use answer::PROTECTION;
#[cfg(feature = "fuzzing")]
pub(super) use log_level::parse as log_level_body;
pub(crate) use metrics::metrics_routes;
pub(crate) use probes::health_routes;

/// All routes of the management server; whatever else is asked for is answered with 404.
pub(super) type Routes = BoxedFilter<(Response,)>;

const NOT_FOUND: &str = "not found; there are /, /health, /livez, /live, /readyz, /ready, /startupz, /metrics, \
     /log-level, /inventory, /rules.yaml, /grafana.json, /objectives\n";

/// The routes our own server has.
pub(super) fn all(context: Context) -> Routes {
    let not_found =
        warp::method().map(|method| Answer::text(StatusCode::NOT_FOUND, NOT_FOUND).answer(&method));
    health_routes(context.clone())
        .or(metrics_routes(context.clone()))
        .unify()
        .or(log_level::route(context.clone()))
        .unify()
        .or(live::live_routes(context.clone()))
        .unify()
        .or(documents::routes(context))
        .unify()
        .or(not_found)
        .unify()
        .boxed()
}

/// A page of its own path, for whoever may see details; `make` is quick and neither blocks nor panics.
///
/// Rejects every other path as not found.
fn document(
    context: Context,
    path: &'static str,
    make: impl Fn(&Context) -> Answer + Clone + Send + Sync + 'static,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + Send + Sync + 'static {
    warp::path(path)
        .and(warp::path::end())
        .and(warp::method())
        .and(warp::header::headers_cloned())
        .and(peer())
        .map(move |method: Method, headers: HeaderMap, peer| {
            let refused = refusal(&context, &method, &headers, peer);
            refused.unwrap_or_else(|| make(&context)).answer(&method)
        })
}

/// Why a request does not get a page of details, if it does not.
fn refusal(
    context: &Context,
    method: &Method,
    headers: &HeaderMap,
    peer: Option<SocketAddr>,
) -> Option<Answer> {
    if !is_read(method) {
        Some(Answer::not_allowed())
    } else if may_see_details(headers, peer, context.token.as_deref()) {
        None
    } else {
        Some(Answer::no_access(context.token.is_some()))
    }
}

/// Who asks, as the management server, that of [`http::warp`](crate::http), or warp's knows it.
fn peer()
-> impl Filter<Extract = (Option<SocketAddr>,), Error = std::convert::Infallible> + Clone + Send + Sync
{
    warp::addr::remote()
        .and(warp::ext::optional::<Peer>())
        .and(warp::ext::optional::<SocketAddr>())
        .map(|warps: Option<_>, ours: Option<Peer>, edges| {
            ours.map(|Peer(addr)| addr).or(warps).or(edges)
        })
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}
