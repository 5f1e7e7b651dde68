//! `/requests`, `/requests/<trace id>` and `/calls`: what the service did and does, as JSON or as
//! text for a terminal.

use std::time::Duration;

use warp::Filter;
use warp::http::StatusCode;

use super::answer::Answer;
use super::asked::{Asked, Form, JSON, asked};
use super::{Routes, first_of};
use crate::server::{Context, requests};
use crate::traces::TraceId;

/// Serves the three documents. Rejects every other path as not found.
pub(super) fn routes(context: Context) -> Routes {
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
    first_of([kept.boxed(), whole.boxed(), in_flight.boxed()])
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
