//! `/requests`, `/requests/<trace id>` and `/calls`: what the service did and does, as JSON or as
//! text for a terminal.

use std::time::Duration;

use serde::Serialize;
use warp::http::{HeaderMap, Method, StatusCode};
use warp::reply::Response;
use warp::{Filter, Rejection};

use super::answer::Answer;
use super::{asker, refusal};
use crate::server::access::Asker;
use crate::server::{Context, negotiate, requests};
use crate::traces::TraceId;

const JSON: &str = "application/json";

/// Serves the three documents. Rejects every other path as not found.
pub(super) fn routes(
    context: Context,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + Send + Sync + 'static {
    let (lists, calls) = (context.clone(), context.clone());
    let kept = warp::path!("requests")
        .and(asked())
        .map(move |asked: Asked| {
            asked.answer(&lists, |form| {
                let kept = requests::kept();
                Ok(form.print(&kept, requests::kept_as_text))
            })
        });
    let whole = warp::path!("requests" / String)
        .and(asked())
        .map(move |id: String, asked: Asked| asked.answer(&context, |form| one(&id, form)));
    let in_flight = warp::path!("calls").and(asked()).map(move |asked: Asked| {
        asked.answer(&calls, |form| {
            let calls = requests::in_flight(older(&asked.query)?);
            Ok(form.print(&calls, requests::calls_as_text))
        })
    });
    kept.or(whole).unify().or(in_flight).unify()
}

fn one(id: &str, form: Form) -> Result<Answer, Answer> {
    if id == "schema.json" {
        return Ok(Answer::ok(JSON, requests::SCHEMA.to_owned()));
    }
    let id: TraceId = id.parse().map_err(|()| {
        let problem = format!("`{id}` is no trace id: it has 32 hexadecimal digits\n");
        Answer::text(StatusCode::BAD_REQUEST, problem)
    })?;
    let found = requests::whole(id).ok_or_else(|| {
        Answer::text(
            StatusCode::NOT_FOUND,
            "no request of this trace is in flight or kept; /requests lists those that are\n",
        )
    })?;
    Ok(form.print(&found, requests::story_as_text))
}

/// A request for one of the documents.
struct Asked {
    method: Method,
    headers: HeaderMap,
    asker: Asker,
    query: Vec<(String, String)>,
}

fn asked() -> impl Filter<Extract = (Asked,), Error = Rejection> + Clone + Send + Sync {
    warp::method()
        .and(warp::header::headers_cloned())
        .and(asker())
        .and(warp::query::<Vec<(String, String)>>())
        .map(|method, headers, asker, query| Asked {
            method,
            headers,
            asker,
            query,
        })
}

/// The form of an answer.
#[derive(Clone, Copy)]
enum Form {
    Json,
    Text,
}

impl Form {
    fn print<D: Serialize>(self, document: &D, as_text: fn(&D) -> String) -> Answer {
        match self {
            Self::Text => Answer::text(StatusCode::OK, as_text(document)),
            Self::Json => {
                let json = serde_json::to_string(document);
                Answer::ok(JSON, json.expect("strings and numbers always serialise"))
            }
        }
    }
}

impl Asked {
    fn answer(
        &self,
        context: &Context,
        make: impl FnOnce(Form) -> Result<Answer, Answer>,
    ) -> Response {
        let refused = refusal(context, &self.method, &self.asker);
        let answer = || {
            let document = self.form().and_then(make);
            let document = document.unwrap_or_else(|problem| problem);
            if negotiate::gzip(&self.headers) {
                document.compressed()
            } else {
                document
            }
        };
        refused.unwrap_or_else(answer).answer(&self.method)
    }

    /// Returns the form that `?format` names, or that `Accept` prefers.
    fn form(&self) -> Result<Form, Answer> {
        let named = self.query.iter().find(|(name, _)| name == "format");
        match named.map(|(_, value)| value.as_str()) {
            Some("json") => Ok(Form::Json),
            Some("text") => Ok(Form::Text),
            Some(other) => Err(Answer::text(
                StatusCode::BAD_REQUEST,
                format!("`format={other}` is unknown; there are `json` and `text`\n"),
            )),
            None if negotiate::prefers_text(&self.headers) => Ok(Form::Text),
            None => Ok(Form::Json),
        }
    }
}

/// Returns the age of `?older=30s`, 0 without it.
fn older(query: &[(String, String)]) -> Result<Duration, Answer> {
    let Some((_, value)) = query.iter().find(|(name, _)| name == "older") else {
        return Ok(Duration::ZERO);
    };
    humantime::parse_duration(value).map_err(|error| {
        let problem = format!("`older={value}` is no duration ({error}); write `older=30s`\n");
        Answer::text(StatusCode::BAD_REQUEST, problem)
    })
}
