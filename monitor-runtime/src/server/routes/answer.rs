//! An answer before HEAD and GET part ways, and the headers each one has.

use std::borrow::Cow;

use warp::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS,
};
use warp::http::{Method, StatusCode};
use warp::reply::Response;

use crate::server::access::Refusal;
use crate::unseen;

const PLAIN: &str = "text/plain; charset=utf-8";

/// What one asked for, or why one does not get it.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) content_type: &'static str,
    pub(super) body: String,
}

impl Answer {
    pub(super) fn ok(content_type: &'static str, body: String) -> Self {
        Self {
            status: StatusCode::OK,
            content_type,
            body,
        }
    }

    pub(super) fn text(status: StatusCode, body: impl Into<String>) -> Self {
        Self {
            status,
            content_type: PLAIN,
            body: body.into(),
        }
    }

    pub(super) fn not_allowed() -> Self {
        Self::text(
            StatusCode::METHOD_NOT_ALLOWED,
            "only GET and HEAD are allowed\n",
        )
    }

    /// For whoever may not see details; `token` says whether there is one to give.
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

    /// For whoever may not change anything; `token` says whether there is one to give.
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
        // A text of the service's own may be in it, and it may be read on a terminal.
        let seen = match self.content_type {
            PLAIN => unseen::spelled_out(&self.body),
            json if json.ends_with("json") => unseen::in_json(&self.body),
            _ => Cow::Borrowed(&*self.body),
        };
        if let Cow::Owned(seen) = seen {
            self.body = seen;
        }
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

/// What every answer says to browsers and caches.
pub(in crate::server) const PROTECTION: [(HeaderName, &str); 3] = [
    (CACHE_CONTROL, "no-store"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    // Another site's page cannot even tell that something answers here.
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Says so.
pub(super) fn protect(mut response: Response) -> Response {
    for (name, value) in PROTECTION {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}
