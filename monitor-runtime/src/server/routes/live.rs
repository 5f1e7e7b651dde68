//! The live page: its files, which contain no data and are public, and `/page/data`, which is for
//! clients that may see details.

use std::str::FromStr;
use std::sync::{Arc, OnceLock};

use warp::Filter;
use warp::http::header::{
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderValue,
    IF_NONE_MATCH, REFERRER_POLICY, VARY,
};
use warp::http::{HeaderMap, Method, StatusCode};
use warp::reply::Response;

use super::answer::{Answer, Body};
use super::{Routes, asker, first_of, is_read, refusal};
use crate::base::worker::{NoThread, on_a_thread};
use crate::server::access::Asker;
use crate::server::live::Known;
use crate::server::{Context, negotiate};

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const JSON: &str = "application/json";

/// Content policy of the page: its own scripts, styles and requests, and nothing inline in the
/// markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of the page.
struct File {
    name: &'static str,
    content_type: &'static str,
    text: &'static str,
    /// Its compressed form, made on the first request.
    sent: OnceLock<Sent>,
}

/// A file as it is sent.
struct Sent {
    etag: HeaderValue,
    gzip: Arc<[u8]>,
}

macro_rules! files {
    ($($name:literal: $content_type:expr;)*) => {
        [$(File {
            name: $name,
            content_type: $content_type,
            text: include_str!(concat!("../page/", $name)),
            sent: OnceLock::new(),
        }),*]
    };
}

static INDEX: [File; 1] = files! { "index.html": HTML; };

static FILES: [File; 24] = files! {
    "style.css": CSS;
    "address.js": JAVASCRIPT;
    "app.js": JAVASCRIPT;
    "data.js": JAVASCRIPT;
    "detail.js": JAVASCRIPT;
    "dom.js": JAVASCRIPT;
    "draw.js": JAVASCRIPT;
    "evidence.js": JAVASCRIPT;
    "failures.js": JAVASCRIPT;
    "figure.js": JAVASCRIPT;
    "format.js": JAVASCRIPT;
    "incident.js": JAVASCRIPT;
    "level.js": JAVASCRIPT;
    "links.js": JAVASCRIPT;
    "opened.js": JAVASCRIPT;
    "panels.js": JAVASCRIPT;
    "past.js": JAVASCRIPT;
    "requests.js": JAVASCRIPT;
    "store.js": JAVASCRIPT;
    "stories.js": JAVASCRIPT;
    "story.js": JAVASCRIPT;
    "system.js": JAVASCRIPT;
    "table.js": JAVASCRIPT;
    "troubles.js": JAVASCRIPT;
};

impl FromStr for &'static File {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        FILES.iter().find(|file| file.name == name).ok_or(())
    }
}

/// Serves `/`, and the files of the page and its data below `/page`.
///
/// Rejects every other path as not found.
pub(super) fn live_routes(context: Context) -> Routes {
    let headers = warp::header::headers_cloned;
    let index = warp::path::end()
        .and(warp::method())
        .and(headers())
        .map(|method: Method, headers: HeaderMap| INDEX[0].answer(&method, &headers));
    let file = warp::path("page")
        .and(warp::path::param::<&'static File>())
        .and(warp::path::end())
        .and(warp::method())
        .and(headers())
        .map(|file: &File, method: Method, headers: HeaderMap| file.answer(&method, &headers));
    first_of([index.boxed(), file.boxed(), data(context)])
}

impl File {
    /// Answers with the file, or with 304 if the client has it.
    fn answer(&self, method: &Method, asked: &HeaderMap) -> Response {
        if !is_read(method) {
            return Answer::not_allowed().answer(method);
        }
        let sent = self.sent.get_or_init(|| Sent {
            etag: etag(self.text),
            gzip: Body::gzip(self.text.as_bytes()).into(),
        });
        let mut known = asked.get_all(IF_NONE_MATCH).iter();
        let is_known = known.any(|known| lists(known, &sent.etag));
        let mut response = if is_known {
            let mut nothing = Answer::text(StatusCode::NOT_MODIFIED, "").answer(&Method::HEAD);
            nothing.headers_mut().remove(CONTENT_LENGTH);
            nothing.headers_mut().remove(CONTENT_TYPE);
            nothing
        } else {
            let body = if negotiate::gzip(asked) {
                Body::Compressed(sent.gzip.to_vec())
            } else {
                Body::Plain(self.text.to_owned())
            };
            Answer::ok_with(self.content_type, body).answer(method)
        };
        let headers = response.headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        headers.insert(ETAG, sent.etag.clone());
        headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        // Cached, but revalidated each time: another version of the service has other files.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        response
    }
}

/// Returns a validator that both encodings of a file share. So it is a weak one: RFC 9110, section
/// 8.8.3.
fn etag(text: &str) -> HeaderValue {
    // FNV-1a: <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>.
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    HeaderValue::try_from(format!("W/\"{hash:016x}\"")).expect("it is visible ASCII")
}

/// Returns `true` if a list of validators contains this one.
fn lists(list: &HeaderValue, etag: &HeaderValue) -> bool {
    let (Ok(list), Ok(etag)) = (list.to_str(), etag.to_str()) else {
        return false;
    };
    let bare = |one: &str| one.trim().trim_start_matches("W/").to_owned();
    list.trim() == "*" || list.split(',').any(|one| bare(one) == bare(etag))
}

/// Serves `/page/data`. Reading the counters of thousands of functions takes milliseconds, so it is
/// done on the blocking pool, and probes are answered meanwhile.
fn data(context: Context) -> Routes {
    let query = warp::query::raw().or(warp::any().map(String::new)).unify();
    warp::path("page")
        .and(warp::path("data"))
        .and(warp::path::end())
        .and(warp::method())
        .and(asker())
        .and(query)
        .then(move |method: Method, asker: Asker, query: String| {
            let refused = refusal(&context, &method, &asker);
            let (live, health) = (Arc::clone(&context.live), Arc::clone(&context.health));
            async move {
                if let Some(refused) = refused {
                    return refused.answer(&method);
                }
                let gzip = negotiate::gzip(&asker.headers);
                let answer = move || {
                    let answer = match Asked::parse(&query) {
                        Ok(Asked::Document(known)) => Ok(live.document(known)),
                        Ok(Asked::Detail(id)) => live.detail(id).ok_or(("function", id)),
                        Ok(Asked::Check(place)) => health.runs(place).ok_or(("check", place)),
                        Err(problem) => return Answer::text(StatusCode::BAD_REQUEST, problem),
                    };
                    match answer {
                        Ok(json) if gzip => Answer::ok(JSON, json).compressed(),
                        Ok(json) => Answer::ok(JSON, json),
                        Err((key, number)) => Answer::text(
                            StatusCode::NOT_FOUND,
                            format!("{key}={number}: this process has no {key} of that number\n"),
                        ),
                    }
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
        .boxed()
}

const ALLOWED: &str = "allowed: process=…&since=<number>, function=<number>, or check=<number>\n";

/// The subject of a query.
#[derive(Debug, PartialEq, Eq)]
enum Asked<'q> {
    /// `process=…&since=…`; both may be missing.
    Document(Known<'q>),
    /// `function=…`.
    Detail(usize),
    /// `check=…`.
    Check(usize),
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
                "check" => return number(key, value).map(Self::Check),
                _ => return Err(ALLOWED.into()),
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
        assert_eq!(Asked::parse("check=0"), Ok(Asked::Check(0)));
        for (query, expected) in [
            ("since=x", "since=\"x\": not a whole number\n"),
            ("since=-1", "since=\"-1\": not a whole number\n"),
            ("function", "function=\"\": not a whole number\n"),
            ("check=-1", "check=\"-1\": not a whole number\n"),
            ("sinec=1", ALLOWED),
        ] {
            assert_eq!(Asked::parse(query), Err(expected.to_owned()));
        }
    }
}
