//! The answer of a route, before it is sent for GET or HEAD, and the headers of every answer.

use std::borrow::Cow;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use warp::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue,
    VARY, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use warp::http::{Method, StatusCode};
use warp::reply::Response;

use crate::base::escape;
use crate::server::access::Refusal;

const PLAIN: &str = "text/plain; charset=utf-8";

/// The document that the client asked for, or the reason why it does not get it.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) content_type: &'static str,
    pub(super) body: Body,
}

/// A body, in the form that its client accepts.
pub(super) enum Body {
    Plain(String),
    /// Compressed by gzip.
    Compressed(Vec<u8>),
}

impl Body {
    /// Compresses well rather than fast, for data that is small or sent more than once.
    pub(super) fn gzip(plain: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(plain).expect("a Vec takes everything");
        encoder.finish().expect("a Vec takes everything")
    }
}

impl Answer {
    pub(super) fn ok(content_type: &'static str, body: String) -> Self {
        Self::ok_with(content_type, Body::Plain(body))
    }

    pub(super) fn ok_with(content_type: &'static str, body: Body) -> Self {
        Self {
            status: StatusCode::OK,
            content_type,
            body,
        }
    }

    /// Compresses the body, unless it is too short to become shorter.
    pub(super) fn compressed(mut self) -> Self {
        const SHORT: usize = 200;
        self.spell_out();
        if let Body::Plain(plain) = &self.body
            && plain.len() > SHORT
        {
            self.body = Body::Compressed(Body::gzip(plain.as_bytes()));
        }
        self
    }

    /// Escapes characters that a terminal would act on: the body may contain text of the service.
    fn spell_out(&mut self) {
        let Body::Plain(plain) = &self.body else {
            return;
        };
        let seen = match self.content_type {
            PLAIN => escape::spelled_out(plain),
            json if json.ends_with("json") => escape::in_json(plain),
            _ => Cow::Borrowed(plain.as_str()),
        };
        if let Cow::Owned(seen) = seen {
            self.body = Body::Plain(seen);
        }
    }

    pub(super) fn text(status: StatusCode, body: impl Into<String>) -> Self {
        Self {
            status,
            content_type: PLAIN,
            body: Body::Plain(body.into()),
        }
    }

    pub(super) fn not_allowed() -> Self {
        Self::text(
            StatusCode::METHOD_NOT_ALLOWED,
            "only GET and HEAD are allowed\n",
        )
    }

    /// Refuses to show details. `token` is `true` if the client could send a token.
    pub(super) fn no_access(token: bool) -> Self {
        if token {
            Self::text(
                StatusCode::UNAUTHORIZED,
                "this needs the token: Authorization: Bearer <MONITOR_TOKEN>\n",
            )
        } else {
            Self::text(
                StatusCode::FORBIDDEN,
                "only for this machine's own requests; to open it to others, start the service with MONITOR_TOKEN\n",
            )
        }
    }

    /// Refuses to change anything. `token` is `true` if the client could send a token.
    pub(super) fn refused(refusal: Refusal, token: bool) -> Self {
        match refusal {
            Refusal::NoAccess => Self::no_access(token),
            Refusal::CrossSite => Self::text(
                StatusCode::FORBIDDEN,
                "refused: the browser says that a page of another site sent this (Origin, Sec-Fetch-Site)\n",
            ),
            Refusal::NotJson => Self::text(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "this needs Content-Type: application/json, or the token\n",
            ),
        }
    }

    pub(super) fn answer(mut self, method: &Method) -> Response {
        self.spell_out();
        let (body, is_compressed) = match self.body {
            Body::Plain(body) => (body.into_bytes(), false),
            Body::Compressed(body) => (body, true),
        };
        let length = body.len();
        let mut response = if method == Method::HEAD {
            Response::default()
        } else {
            Response::new(body.into())
        };
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        if is_compressed {
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            headers.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        }
        match self.status {
            StatusCode::METHOD_NOT_ALLOWED => {
                headers.insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            }
            StatusCode::UNAUTHORIZED => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        protect(response)
    }
}

/// Headers of every answer, for browsers and caches.
pub(in crate::server) const PROTECTION: [(HeaderName, &str); 3] = [
    (CACHE_CONTROL, "no-store"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // A page of another site cannot even detect that a server answers here.
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Adds these headers to a response.
pub(super) fn protect(mut response: Response) -> Response {
    for (name, value) in PROTECTION {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}
