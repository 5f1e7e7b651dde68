//! The routes, as warp filters that also work inside a user's own warp app.

use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use warp::filters::BoxedFilter;
use warp::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue,
    VARY, X_CONTENT_TYPE_OPTIONS,
};
use warp::http::{Method, StatusCode};
use warp::reply::Response;
use warp::{Filter, Rejection, Reply};

use super::access::{Peer, may_see_details};
use super::scrapes::NoPage;
use super::{Context, Gzip, negotiate};
use crate::health::{NotReady, Status};
use crate::metrics::Format;

/// All routes of the management server; whatever else is asked for is answered with 404.
pub(super) type Routes = BoxedFilter<(Response,)>;

const NOT_FOUND: &str =
    "not found; there are /health, /livez, /live, /readyz, /ready, /startupz, /metrics\n";

const PLAIN: &str = "text/plain; charset=utf-8";
const HEALTH_JSON: &str = "application/health+json";

/// How long a client waits for the metrics page to begin before it is sent away.
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
/// Rejects every other path as not found. The page is made on tokio's blocking pool, so that probes
/// are answered meanwhile, and sent as it is made, however large it is.
pub(crate) fn metrics_routes(
    context: Context,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + Send + Sync + 'static {
    warp::path("metrics")
        .and(warp::path::end())
        .and(warp::method())
        .and(warp::header::headers_cloned())
        .then(move |method: Method, headers: HeaderMap| {
            let context = context.clone();
            async move {
                if is_read(&method) {
                    context.metrics(&method, &headers).await
                } else {
                    Page::not_allowed().answer(&method)
                }
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

    async fn metrics(&self, method: &Method, headers: &HeaderMap) -> Response {
        let (format, gzip) = (negotiate::format(headers), negotiate::gzip(headers));
        if method == Method::HEAD {
            return describe(Response::default(), format, gzip);
        }
        let metrics = Arc::clone(&self.metrics);
        let begun = self.scrapes.begin(RENDER_LIMIT, move || {
            let chunks = metrics(format);
            if gzip {
                Box::new(Gzip::new(chunks))
            } else {
                chunks
            }
        });
        let (status, problem) = match begun.await {
            Ok(body) => return describe(warp::reply::stream(body).into_response(), format, gzip),
            Err(NoPage::Panicked) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "rendering the metrics failed; the log says why\n".to_owned(),
            ),
            Err(NoPage::Busy) => (
                StatusCode::SERVICE_UNAVAILABLE,
                format!("other scrapes held all places for {RENDER_LIMIT:?}\n"),
            ),
        };
        Page::text(status, problem).answer(method)
    }
}

/// Says what the body of a metrics page is, and what that depends on.
fn describe(mut response: Response, format: Format, gzip: bool) -> Response {
    let headers = response.headers_mut();
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(CONTENT_TYPE, format.content_type());
    set(VARY, "Accept, Accept-Encoding");
    if gzip {
        set(CONTENT_ENCODING, "gzip");
    }
    protect(response)
}

/// What every answer says to browsers and caches.
fn protect(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
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
        if self.status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        protect(response)
    }
}
