//! The metrics page.

use std::sync::Arc;
use std::time::Duration;

use warp::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderValue, VARY};
use warp::http::{Method, StatusCode};
use warp::reply::Response;
use warp::{Filter, Rejection, Reply};

use super::answer::{Answer, protect};
use super::is_read;
use crate::metrics::Format;
use crate::server::scrapes::NoPage;
use crate::server::{Context, Gzip, negotiate};
use crate::worker::NoThread;

/// How long a client waits for the metrics page to begin before it is sent away.
const RENDER_LIMIT: Duration = Duration::from_secs(30);

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
                    Answer::not_allowed().answer(&method)
                }
            }
        })
}

impl Context {
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
            Err(NoPage::NoThread) => (StatusCode::SERVICE_UNAVAILABLE, format!("{NoThread}\n")),
            Err(NoPage::Busy) => (
                StatusCode::SERVICE_UNAVAILABLE,
                format!("other scrapes held all places for {RENDER_LIMIT:?}\n"),
            ),
        };
        Answer::text(status, problem).answer(method)
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
