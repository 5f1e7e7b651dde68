//! `/log-level`: reads, replaces and resets the log's filter.

use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use futures_core::Stream;
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use warp::http::header::{ALLOW, HeaderValue};
use warp::http::{Method, StatusCode};
use warp::{Buf, Filter};

use super::answer::Answer;
use super::{Routes, asker, is_read};
use crate::base::escape;
use crate::logs;
use crate::server::Context;
use crate::server::access::{Asker, Refusal};
use crate::settings::log_filter::{LogFilter, LogFilterError};

const JSON: &str = "application/json";
/// The largest body that is read, in bytes.
const MAX_BODY_BYTES: usize = 8 * 1024;
/// The time that a body has to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(5);
/// A valid body, for error messages.
const EXAMPLE: &str =
    r#"allowed: {"filter":"info,my_crate=debug","for":"10m"}, `for` from 1s to 24h or left out"#;

/// Serves `/log-level`: GET returns the filter, PUT sets it, DELETE goes back to that of the start.
pub(super) fn route(context: Context) -> Routes {
    warp::path("log-level")
        .and(warp::path::end())
        .and(warp::method())
        .and(asker())
        .and(warp::body::stream())
        .then(move |method: Method, asker: Asker, body| {
            let context = context.clone();
            async move {
                let answer = context.log_level(&method, &asker, body).await;
                let known = answer.status != StatusCode::METHOD_NOT_ALLOWED;
                let mut response = answer.answer(&method);
                if !known {
                    let allow = HeaderValue::from_static("GET, HEAD, PUT, DELETE");
                    response.headers_mut().insert(ALLOW, allow);
                }
                response
            }
        })
        .boxed()
}

impl Context {
    async fn log_level(
        &self,
        method: &Method,
        asker: &Asker,
        body: impl Stream<Item = Result<impl Buf, warp::Error>>,
    ) -> Answer {
        let change = |body| self.access.may_change(asker, body);
        let allowed = match *method {
            Method::PUT => change(true),
            Method::DELETE => change(false),
            _ if !is_read(method) => {
                return Answer::text(
                    StatusCode::METHOD_NOT_ALLOWED,
                    "only GET, HEAD, PUT and DELETE are allowed\n",
                );
            }
            _ if self.access.may_see_details(asker) => Ok(()),
            _ => Err(Refusal::NoAccess),
        };
        if let Err(refusal) = allowed {
            return Answer::refused(refusal, self.access.has_token());
        }
        match *method {
            Method::PUT => match read(body).await {
                Ok(body) => set(&body),
                Err(answer) => answer,
            },
            Method::DELETE => of_ours(logs::reset_log_filter()),
            _ => of_ours(logs::log_filter()),
        }
    }
}

/// Reads a body, if it is small and comes in time.
async fn read(body: impl Stream<Item = Result<impl Buf, warp::Error>>) -> Result<Vec<u8>, Answer> {
    let mut body = pin!(body);
    let all = async {
        let mut bytes = Vec::new();
        while let Some(piece) = poll_fn(|context| body.as_mut().poll_next(context)).await {
            let Ok(mut piece) = piece else {
                return Err((StatusCode::BAD_REQUEST, "the body broke off\n"));
            };
            if bytes.len() + piece.remaining() > MAX_BODY_BYTES {
                return Err((
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "the body has more than 8192 bytes\n",
                ));
            }
            while piece.has_remaining() {
                let chunk = piece.chunk();
                bytes.extend_from_slice(chunk);
                piece.advance(chunk.len());
            }
        }
        Ok(bytes)
    };
    let late = (
        StatusCode::REQUEST_TIMEOUT,
        "the body did not arrive in 5 s\n",
    );
    let read = timeout(BODY_TIMEOUT, all).await.unwrap_or(Err(late));
    read.map_err(|(status, problem)| Answer::text(status, problem))
}

/// The body of a PUT.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    filter: String,
    #[serde(default, rename = "for")]
    lasting: Option<String>,
}

/// The answer to every method.
#[derive(Serialize)]
struct Shown {
    filter: String,
    default: String,
    reverts_in_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// Parses a body into directives and a time. The error says what is wrong with it.
pub(in crate::server) fn parse(body: &[u8]) -> Result<(String, Option<Duration>), String> {
    // Both errors may quote the body.
    let refuse = |problem: String| {
        // `escape_debug` keeps some invisible characters, such as variation selectors.
        let problem = problem.escape_debug().to_string();
        format!("{}; {EXAMPLE}\n", escape::spelled_out(&problem))
    };
    let wanted: Wanted = serde_json::from_slice(body)
        .map_err(|problem| refuse(format!("the body cannot be used: {problem}")))?;
    let lasting = wanted.lasting.as_deref().map(humantime::parse_duration);
    let lasting = lasting.transpose().map_err(|problem| {
        let given = wanted.lasting.as_deref().unwrap_or_default();
        refuse(format!(
            "`for` is `{given}`, which is not a duration ({problem})"
        ))
    })?;
    Ok((wanted.filter, lasting))
}

fn set(body: &[u8]) -> Answer {
    let (filter, lasting) = match parse(body) {
        Ok(wanted) => wanted,
        Err(problem) => return Answer::text(StatusCode::BAD_REQUEST, problem),
    };
    match logs::set_log_filter(&filter, lasting) {
        Ok(now) => show(now),
        Err(problem) => Answer::text(status(&problem), format!("{problem}\n")),
    }
}

fn of_ours(filter: Option<LogFilter>) -> Answer {
    let theirs = LogFilterError::NotOurs;
    let refused = || Answer::text(status(&theirs), format!("{theirs}\n"));
    filter.map_or_else(refused, show)
}

fn status(problem: &LogFilterError) -> StatusCode {
    match problem {
        LogFilterError::NotOurs => StatusCode::CONFLICT,
        LogFilterError::NoThread => StatusCode::SERVICE_UNAVAILABLE,
        LogFilterError::Invalid { .. } | LogFilterError::Time(_) => StatusCode::BAD_REQUEST,
    }
}

fn show(filter: LogFilter) -> Answer {
    let shown = Shown {
        filter: filter.filter,
        default: filter.default,
        // Rounded up, so that a filter still in effect never shows 0.
        reverts_in_seconds: filter
            .reverts_in
            .map(|left| left.as_secs() + u64::from(left.subsec_nanos() > 0)),
        hint: filter.hint,
    };
    let body = serde_json::to_string(&shown).expect("strings and numbers always serialise");
    Answer::ok(JSON, body)
}
