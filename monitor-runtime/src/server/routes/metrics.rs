//! `/metrics`: the page for scrapers.

use std::sync::Arc;
use std::time::Duration;

use warp::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, RETRY_AFTER, VARY};
use warp::http::{Method, StatusCode};
use warp::reply::Response;
use warp::{Filter, Reply};

use super::answer::{Answer, protect};
use super::{Routes, asker, bad_request, is_read, refusal};
use crate::metrics::Format;
use crate::server::access::Asker;
use crate::server::page_stream::NoPage;
use crate::server::{Context, Gzip, negotiate};

/// The time that a client waits for the metrics page to begin before it is sent away.
const RENDER_LIMIT: Duration = Duration::from_secs(30);

/// Seconds after which a client that was sent away may try again.
const RETRY_SECONDS: &str = "5";

/// Serves `/metrics`.
///
/// Rejects every other path as not found. The page is made on tokio's blocking pool, so that probes
/// are answered meanwhile, and sent as it is made, however large it is.
pub(crate) fn metrics_routes(context: Context) -> Routes {
    warp::path("metrics")
        .and(warp::path::end())
        .and(warp::method())
        .and(asker())
        .then(move |method: Method, asker: Asker| {
            let context = context.clone();
            async move {
                if let Some(problem) = asker.malformed() {
                    return bad_request(problem, &method);
                }
                let closed = context.access.metrics_are_details;
                match refusal(&context, &method, &asker).filter(|_| closed) {
                    Some(refused) => refused.answer(&method),
                    None if is_read(&method) => context.metrics(&method, &asker).await,
                    None => Answer::not_allowed().answer(&method),
                }
            }
        })
        .boxed()
}

impl Context {
    async fn metrics(&self, method: &Method, asker: &Asker) -> Response {
        let headers = &asker.headers;
        let (format, gzip) = (negotiate::format(headers), negotiate::gzip(headers));
        if method == Method::HEAD {
            return describe(Response::default(), format, gzip);
        }
        let metrics = Arc::clone(&self.metrics);
        // Scrapers whose address the server does not know share the limit of one peer.
        let peer = asker.ends.map(|ends| ends.peer.ip().to_canonical());
        let begun = self.scrapes.begin(peer, RENDER_LIMIT, move || {
            let chunks = metrics(format);
            if gzip {
                Box::new(Gzip::new(chunks))
            } else {
                chunks
            }
        });
        let problem = match begun.await {
            Ok(body) => return describe(warp::reply::stream(body).into_response(), format, gzip),
            Err(problem) => problem,
        };
        let status = match problem {
            NoPage::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
            NoPage::Busy(_) | NoPage::Queue | NoPage::NoThread(_) => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        };
        let mut response = Answer::text(status, format!("{problem}\n")).answer(method);
        if status == StatusCode::SERVICE_UNAVAILABLE {
            let seconds = HeaderValue::from_static(RETRY_SECONDS);
            response.headers_mut().insert(RETRY_AFTER, seconds);
        }
        response
    }
}

/// Sets the headers for the format and the compression of the page, and the request headers they
/// depend on.
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
