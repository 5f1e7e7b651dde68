//! Documents that a client gets as JSON or as text for a terminal, if it may see details.

use serde::Serialize;
use warp::Filter;
use warp::filters::BoxedFilter;
use warp::http::{HeaderMap, Method, StatusCode};
use warp::reply::Response;

use super::answer::Answer;
use super::{asker, refusal};
use crate::server::access::Asker;
use crate::server::{Context, negotiate};

pub(super) const JSON: &str = "application/json";

/// A request for one of the documents.
pub(super) struct Asked {
    method: Method,
    headers: HeaderMap,
    asker: Asker,
    pub(super) query: Vec<(String, String)>,
}

pub(super) fn asked() -> BoxedFilter<(Asked,)> {
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
        .boxed()
}

/// The form of an answer.
#[derive(Clone, Copy)]
pub(super) enum Form {
    Json,
    Text,
}

impl Form {
    pub(super) fn print<D: Serialize>(self, document: &D, as_text: fn(&D) -> String) -> Answer {
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
    pub(super) fn answer(
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
