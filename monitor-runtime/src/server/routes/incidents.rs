//! `/incidents` and `/incidents/<id>`: the evidence of alerts, as JSON or as text for a terminal.

use warp::Filter;
use warp::http::StatusCode;

use super::answer::Answer;
use super::asked::{Asked, Form, JSON, asked};
use super::{Routes, first_of};
use crate::server::{Context, incidents};

/// Serves both documents. Rejects every other path as not found.
pub(super) fn routes(context: Context) -> Routes {
    let lists = context.clone();
    let list = warp::path!("incidents")
        .and(asked())
        .map(move |asked: Asked| {
            asked.answer(&lists, |form| {
                let list = lists.incidents.list();
                Ok(form.print(&list, incidents::list_as_text))
            })
        });
    let one =
        warp::path!("incidents" / String)
            .and(asked())
            .map(move |id: String, asked: Asked| {
                asked.answer(&context, |form| one(&context, &id, form))
            });
    first_of([list.boxed(), one.boxed()])
}

fn one(context: &Context, id: &str, form: Form) -> Result<Answer, Answer> {
    if id == "schema.json" {
        return Ok(Answer::ok(JSON, incidents::schema()));
    }
    let print =
        |incident: &incidents::Document<'_>| form.print(incident, incidents::incident_as_text);
    context.incidents.one(id, print).ok_or_else(|| {
        Answer::text(
            StatusCode::NOT_FOUND,
            "no incident of this id is kept; /incidents lists those that are\n",
        )
    })
}
