//! The routes, as warp filters that also work inside a user's own warp app.

use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::timeout;
use warp::filters::BoxedFilter;
use warp::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue,
    X_CONTENT_TYPE_OPTIONS,
};
use warp::http::{Method, StatusCode};
use warp::reply::Response;
use warp::{Filter, Rejection};

use super::Context;
use super::access::{Peer, may_see_details};
use crate::health::{NotReady, Status};
use crate::metrics;

/// All routes of the management server; whatever else is asked for is answered with 404.
pub(super) type Routes = BoxedFilter<(Response,)>;

const NOT_FOUND: &str =
    "not found; there are /health, /livez, /live, /readyz, /ready, /startupz, /metrics\n";

const PLAIN: &str = "text/plain; charset=utf-8";
const HEALTH_JSON: &str = "application/health+json";

/// How long a client waits for the metrics page before it is sent away.
const RENDER_LIMIT: Duration = Duration::from_secs(30);

/// A route of [`health_routes`].
#[derive(Clone, Copy)]
enum Probe {
    Health,
    Live,
    Ready,
    Startup,
}

impl FromStr for Probe {
    type Err = ();

    fn from_str(segment: &str) -> Result<Self, ()> {
        match segment {
            "health" => Ok(Self::Health),
            "livez" | "live" => Ok(Self::Live),
            "readyz" | "ready" => Ok(Self::Ready),
            "startupz" => Ok(Self::Startup),
            _ => Err(()),
        }
    }
}

/// The routes our own server has.
pub(super) fn all(context: Context) -> Routes {
    let not_found =
        warp::method().map(|method| Page::text(StatusCode::NOT_FOUND, NOT_FOUND).answer(&method));
    health_routes(context.clone())
        .or(metrics_routes(context))
        .unify()
        .or(not_found)
        .unify()
        .boxed()
}

/// `/health`, `/livez`, `/live`, `/readyz`, `/ready` and `/startupz`.
///
/// Rejects every other path as not found. On its own paths a method other than GET and HEAD is
/// answered here, with 405.
pub(crate) fn health_routes(
    context: Context,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + Send + Sync + 'static {
    let peer = warp::addr::remote()
        .and(warp::ext::optional::<Peer>())
        .map(|warps: Option<SocketAddr>, ours: Option<Peer>| ours.map(|Peer(a)| a).or(warps));
    warp::path::param::<Probe>()
        .and(warp::path::end())
        .and(warp::method())
        .and(warp::header::headers_cloned())
        .and(peer)
        .map(move |probe, method, headers: HeaderMap, peer| {
            if !is_read(&method) {
                return Page::not_allowed().answer(&method);
            }
            let details = || may_see_details(&headers, peer, context.token.as_deref());
            context.probe(probe, details).answer(&method)
        })
}

/// `/metrics`.
///
/// Rejects every other path as not found. The page is rendered on tokio's blocking pool, so that
/// probes are answered meanwhile, however large it is.
pub(crate) fn metrics_routes(
    context: Context,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + Send + Sync + 'static {
    warp::path("metrics")
        .and(warp::path::end())
        .and(warp::method())
        .then(move |method: Method| {
            let context = context.clone();
            async move {
                let page = if is_read(&method) {
                    context.metrics_page().await
                } else {
                    Page::not_allowed()
                };
                page.answer(&method)
            }
        })
}

fn is_read(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

impl Context {
    fn probe(&self, probe: Probe, may_see_details: impl FnOnce() -> bool) -> Page {
        let refusal = match probe {
            Probe::Health => return self.health_page(may_see_details()),
            Probe::Live => (!self.health.live()).then(|| "not live".to_owned()),
            Probe::Ready => self.health.ready().err().map(|reason| reason.to_string()),
            Probe::Startup => (!self.health.started()).then(|| NotReady::Starting.to_string()),
        };
        match refusal {
            None => Page::text(StatusCode::OK, "ok\n"),
            Some(refusal) => Page::text(StatusCode::SERVICE_UNAVAILABLE, refusal + "\n"),
        }
    }

    fn health_page(&self, details: bool) -> Page {
        let report = self.health.report();
        let body = if details {
            serde_json::to_string(&report)
        } else {
            serde_json::to_string(&serde_json::json!({ "status": report.status }))
        };
        Page {
            status: match report.status {
                Status::Ok | Status::Warn => StatusCode::OK,
                Status::Fail => StatusCode::SERVICE_UNAVAILABLE,
            },
            content_type: HEALTH_JSON,
            body: body.expect("strings and numbers always serialise"),
        }
    }

    async fn metrics_page(&self) -> Page {
        let metrics = Arc::clone(&self.metrics);
        let renderers = Arc::clone(&self.renderers);
        let rendered = timeout(RENDER_LIMIT, async {
            let permit = renderers.acquire_owned().await.ok();
            // The permit goes along: a page is rendered to its end even if its client has left.
            spawn_blocking(move || {
                let page = metrics();
                drop(permit);
                page
            })
            .await
        });
        match rendered.await {
            Ok(Ok(body)) => Page {
                status: StatusCode::OK,
                content_type: metrics::CONTENT_TYPE,
                body,
            },
            // The panic hook has said why.
            Ok(Err(_)) => Page::text(
                StatusCode::INTERNAL_SERVER_ERROR,
                "rendering the metrics failed; the log says why\n",
            ),
            Err(_) => Page::text(
                StatusCode::SERVICE_UNAVAILABLE,
                format!("rendering the metrics took longer than {RENDER_LIMIT:?}\n"),
            ),
        }
    }
}

/// An answer before HEAD and GET part ways.
struct Page {
    status: StatusCode,
    content_type: &'static str,
    body: String,
}

impl Page {
    fn text(status: StatusCode, body: impl Into<String>) -> Self {
        Self {
            status,
            content_type: PLAIN,
            body: body.into(),
        }
    }

    fn not_allowed() -> Self {
        Self::text(
            StatusCode::METHOD_NOT_ALLOWED,
            "only GET and HEAD are allowed\n",
        )
    }

    fn answer(self, method: &Method) -> Response {
        let length = self.body.len();
        let body = if method == Method::HEAD {
            String::new()
        } else {
            self.body
        };
        let mut response = Response::new(body.into());
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        response
    }
}
