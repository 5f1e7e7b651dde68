//! The live page: its files, which hold no data and are open, and `/page/data`, which is for whoever
//! may see details.

use std::str::FromStr;
use std::sync::Arc;

use warp::http::header::{CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY};
use warp::http::{Method, StatusCode};
use warp::reply::Response;
use warp::{Filter, Rejection};

use super::answer::Answer;
use super::{asker, is_read, refusal};
use crate::live::Known;
use crate::server::Context;
use crate::server::access::Asker;
use crate::worker::{NoThread, on_a_thread};

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const JSON: &str = "application/json";

/// What the page may do: its own scripts, styles and requests, and nothing in the markup itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of the page below `page/`.
struct File {
    name: &'static str,
    content_type: &'static str,
    text: &'static str,
}

macro_rules! files {
    ($($name:literal: $content_type:expr;)*) => {
        [$(File {
            name: $name,
            content_type: $content_type,
            text: include_str!(concat!("../page/", $name)),
        }),*]
    };
}

const INDEX: &str = include_str!("../page/index.html");

static FILES: [File; 10] = files! {
    "style.css": CSS;
    "app.js": JAVASCRIPT;
    "data.js": JAVASCRIPT;
    "detail.js": JAVASCRIPT;
    "dom.js": JAVASCRIPT;
    "draw.js": JAVASCRIPT;
    "format.js": JAVASCRIPT;
    "panels.js": JAVASCRIPT;
    "store.js": JAVASCRIPT;
    "table.js": JAVASCRIPT;
};

impl FromStr for &'static File {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        FILES.iter().find(|file| file.name == name).ok_or(())
    }
}

/// `/`, and the files of the page and its data below `/page`.
///
/// Rejects every other path as not found.
pub(super) fn live_routes(
    context: Context,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + Send + Sync + 'static {
    let index = warp::path::end()
        .and(warp::method())
        .map(|method: Method| page(&method, HTML, INDEX));
    let file = warp::path("page")
        .and(warp::path::param::<&'static File>())
        .and(warp::path::end())
        .and(warp::method())
        .map(|file: &File, method: Method| page(&method, file.content_type, file.text));
    index.or(file).unify().or(data(context)).unify()
}

/// A file as it is.
fn page(method: &Method, content_type: &'static str, text: &str) -> Response {
    if !is_read(method) {
        return Answer::not_allowed().answer(method);
    }
    let mut response = Answer::ok(content_type, text.to_owned()).answer(method);
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// `/page/data`: reading the counters of thousands of functions takes milliseconds, so it is done on the
/// blocking pool, and probes are answered meanwhile.
fn data(
    context: Context,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + Send + Sync + 'static {
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    warp::path("page")
        .and(warp::path("data"))
        .and(warp::path::end())
        .and(warp::method())
        .and(asker())
        .and(query)
        .then(move |method: Method, asker: Asker, query: String| {
            let refused = refusal(&context, &method, &asker);
            let live = Arc::clone(&context.live);
            async move {
                if let Some(refused) = refused {
                    return refused.answer(&method);
                }
                let answer = move || match Asked::parse(&query) {
                    Ok(Asked::Document(known)) => Answer::ok(JSON, live.document(known)),
                    Ok(Asked::Detail(id)) => match live.detail(id) {
                        Some(detail) => Answer::ok(JSON, detail),
                        None => Answer::text(
                            StatusCode::NOT_FOUND,
                            format!("function={id}: this process has no function of that number\n"),
                        ),
                    },
                    Err(problem) => Answer::text(StatusCode::BAD_REQUEST, problem),
                };
                let Ok(making) = on_a_thread(answer) else {
                    let problem = format!("{NoThread}\n");
                    let status = StatusCode::SERVICE_UNAVAILABLE;
                    return Answer::text(status, problem).answer(&method);
                };
                let failed = |_| {
                    let why = "the numbers could not be read; the log says why\n";
                    Answer::text(StatusCode::INTERNAL_SERVER_ERROR, why)
                };
                making.await.unwrap_or_else(failed).answer(&method)
            }
        })
}

/// What a query asks for.
#[derive(Debug, PartialEq, Eq)]
enum Asked<'q> {
    /// `process=…&since=…`; both may be missing.
    Document(Known<'q>),
    /// `function=…`.
    Detail(usize),
}

impl<'q> Asked<'q> {
    fn parse(query: &'q str) -> Result<Self, String> {
        let mut known = Known::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            match key {
                "process" => known.process = value,
                "since" => known.number = number(key, value)?,
                "function" => return number(key, value).map(Self::Detail),
                _ => {
                    return Err("allowed: process=…&since=<number>, or function=<number>\n".into());
                }
            }
        }
        Ok(Self::Document(known))
    }
}

fn number<N: FromStr>(key: &str, value: &str) -> Result<N, String> {
    let problem = |_| format!("{key}={value:?}: not a whole number\n");
    value.parse().map_err(problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_asks_for_a_document_or_a_detail() {
        let known = |process, number| Ok(Asked::Document(Known { process, number }));
        assert_eq!(Asked::parse(""), known("", 0));
        assert_eq!(Asked::parse("since=7"), known("", 7));
        assert_eq!(Asked::parse("process=12-34&since=7"), known("12-34", 7));
        assert_eq!(Asked::parse("function=3"), Ok(Asked::Detail(3)));
        for (query, expected) in [
            ("since=x", "since=\"x\": not a whole number\n"),
            ("since=-1", "since=\"-1\": not a whole number\n"),
            ("function", "function=\"\": not a whole number\n"),
            (
                "sinec=1",
                "allowed: process=…&since=<number>, or function=<number>\n",
            ),
        ] {
            assert_eq!(Asked::parse(query), Err(expected.to_owned()));
        }
    }
}
