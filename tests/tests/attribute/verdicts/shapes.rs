//! Values that become a response: bare, in `Ok` and in `Err`, of functions of three kinds.

use std::pin::Pin;

use axum::response::{
    AppendHeaders, ErrorResponse, Html, IntoResponse, NoContent, Redirect, Response,
};
use http::header::{AUTHORIZATION, ETAG, SET_COOKIE};
use http::{HeaderMap, HeaderName, StatusCode};
use monitor_runtime::monitored;
use monitor_runtime::testkit::{capture, capture_async};

use super::judged;

pub(super) type Boxed<T> = Pin<Box<dyn Future<Output = T> + Send>>;

#[derive(Debug, thiserror::Error)]
#[error("another error")]
struct Other;

fn response(status: u16) -> Response {
    let mut response = "s3cr3t body".into_response();
    *response.status_mut() = code(status);
    for name in [SET_COOKIE, AUTHORIZATION] {
        let value = http::HeaderValue::from_static("session=s3cr3t");
        response.headers_mut().insert(name, value);
    }
    response
}

fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).expect("three digits")
}

fn headers() -> HeaderMap {
    response(200).headers().clone()
}

fn parts(status: u16) -> http::response::Parts {
    response(status).into_parts().0
}

const PAIR: [(HeaderName, &str); 1] = [(ETAG, "s3cr3t")];

/// The functions of one shape in one place, and how they are called.
macro_rules! places {
    ($ty:ty, $value:expr, $class:expr, $($place:ident: $returns:ty = $wrap:expr;)*) => {$(
        mod $place {
            use super::*;
            #[monitored]
            fn plain() -> $returns {
                $wrap($value)
            }
            #[monitored]
            async fn later() -> $returns {
                monitor_tests::pause().await;
                $wrap($value)
            }
            #[monitored]
            fn boxed() -> Boxed<$returns> {
                Box::pin(async move {
                    monitor_tests::pause().await;
                    $wrap($value)
                })
            }

            #[tokio::test]
            async fn is_judged_by_its_status() {
                let (_, seen) = capture(plain);
                assert_text(judged(&seen, $class), $class);
                let (_, seen) = capture_async(later()).await;
                assert_text(judged(&seen, $class), $class);
                let (_, seen) = capture_async(boxed()).await;
                assert_text(judged(&seen, $class), $class);
            }
        }
    )*};
}

/// A status is all that is shown of a response.
fn assert_text(text: Option<String>, class: Option<&str>) {
    let status = class.map(|class| format!("returned {class}"));
    assert_eq!(text, status);
}

macro_rules! everywhere {
    ($($name:ident: $ty:ty = $value:expr => $class:expr;)*) => {$(
        mod $name {
            use super::*;
            places! { $ty, $value, $class,
                bare: $ty = std::convert::identity;
                okay: Result<$ty, Other> = Ok;
                error: Result<(), $ty> = Err;
            }
        }
    )*};
}

everywhere! {
    status_404: StatusCode = code(404) => None;
    status_302: StatusCode = code(302) => None;
    status_500: StatusCode = code(500) => Some("500");
    status_507: StatusCode = code(507) => Some("507");
    response_404: Response = response(404) => None;
    response_503: Response = response(503) => Some("503");
    response_boxed: Box<Response> = Box::new(response(502)) => Some("502");
    pair_400: (StatusCode, String) = (code(400), "s3cr3t".into()) => None;
    pair_500: (StatusCode, &'static str) = (code(500), "s3cr3t") => Some("500");
    alone: (StatusCode,) = (code(500),) => Some("500");
    with_headers: (StatusCode, HeaderMap, &'static str) = (code(501), headers(), "s3cr3t") => Some("501");
    with_an_array: (StatusCode, [(HeaderName, &'static str); 1], String) =
        (code(500), PAIR, "s3cr3t".into()) => Some("500");
    of_parts: (http::response::Parts, &'static str) = (parts(500), "s3cr3t") => Some("500");
    of_a_response: (http::Response<()>, &'static str) =
        (response(504).map(drop), "s3cr3t") => Some("504");
    headers_first: (HeaderMap, StatusCode) = (headers(), code(500)) => Some("500");
    array_first: ([(HeaderName, &'static str); 1], HeaderMap, (StatusCode, String)) =
        (PAIR, headers(), (code(500), "s3cr3t".into())) => Some("500");
    headers_first_404: (HeaderMap, StatusCode) = (headers(), code(404)) => None;
    all_of_axum: (StatusCode, P, P, P, P, P, P, P, P, P, P, P, P, P, P, P, P, String) = (
        code(500), PAIR, PAIR, PAIR, PAIR, PAIR, PAIR, PAIR, PAIR, PAIR, PAIR, PAIR, PAIR, PAIR, PAIR,
        PAIR, PAIR, "s3cr3t".into(),
    ) => Some("500");
}

type P = [(HeaderName, &'static str); 1];

macro_rules! errors {
    ($($name:ident: $ty:ty = $value:expr => $class:expr;)*) => {$(
        mod $name {
            use super::*;
            places! { $ty, $value, $class, error: Result<(), $ty> = Err; }
        }
    )*};
}

errors! {
    any_response_404: ErrorResponse = ErrorResponse::from(response(404)) => None;
    any_response_500: ErrorResponse = ErrorResponse::from(response(500)) => Some("500");
    redirect: Redirect = Redirect::to("/login?token=s3cr3t") => None;
    html: Html<&'static str> = Html("s3cr3t") => None;
    no_content: NoContent = NoContent => None;
    headers_and_redirect: (HeaderMap, Redirect) = (headers(), Redirect::to("/s3cr3t")) => None;
    pairs_and_redirect: ([(&'static str, &'static str); 1], Redirect) =
        ([("cookie", "s3cr3t")], Redirect::to("/s3cr3t")) => None;
    more_headers_and_html: (AppendHeaders<P>, Html<&'static str>) =
        (AppendHeaders(PAIR), Html("s3cr3t")) => None;
    headers_and_text: (HeaderMap, String) = (headers(), "s3cr3t".into()) => None;
}

/// An error that says nothing of a status: an error as any other, but not shown.
#[tokio::test]
async fn headers_as_an_error_are_not_shown() {
    #[monitored]
    fn headers_alone() -> Result<(), HeaderMap> {
        Err(headers())
    }
    #[monitored]
    fn headers_in_the_middle() -> Result<(), (u16, HeaderMap, String)> {
        Err((500, headers(), "s3cr3t".into()))
    }
    let (_, seen) = capture(|| headers_in_the_middle().is_err());
    assert_eq!(
        judged(&seen, Some("")).as_deref(),
        Some("an error by its value")
    );
    let (_, seen) = capture(|| headers_alone().is_err());
    assert_eq!(
        judged(&seen, Some("")).as_deref(),
        Some("an error by its value")
    );
}

#[tokio::test]
async fn a_value_returned_as_impl_is_judged_by_its_type() {
    #[monitored]
    async fn handler(status: u16) -> impl IntoResponse {
        (code(status), [(SET_COOKIE, "s3cr3t")], "s3cr3t")
    }
    #[monitored]
    async fn fallible(status: u16) -> axum::response::Result<impl IntoResponse> {
        match status {
            0 => Err((code(500), "s3cr3t").into()),
            1 => Err((code(404), "s3cr3t").into()),
            status => Ok((code(status), "s3cr3t")),
        }
    }
    #[monitored]
    async fn reply(status: u16) -> Result<impl warp::Reply, warp::Rejection> {
        Ok(warp::reply::Reply::into_response(warp::reply::with_status(
            "s3cr3t",
            code(status),
        )))
    }
    for (status, class) in [(200, None), (404, None), (500, Some("500"))] {
        assert_text(
            judged(&capture_async(handler(status)).await.1, class),
            class,
        );
        assert_text(
            judged(&capture_async(fallible(status)).await.1, class),
            class,
        );
        assert_text(judged(&capture_async(reply(status)).await.1, class), class);
    }
    for (status, class) in [(0, Some("500")), (1, None)] {
        assert_text(
            judged(&capture_async(fallible(status)).await.1, class),
            class,
        );
    }
}
