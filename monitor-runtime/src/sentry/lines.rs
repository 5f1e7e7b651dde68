//! Lines that the log does not show, as breadcrumbs of an event of their request.

use sentry::Breadcrumb;
use sentry::protocol::{Map, Value};
use tracing::Level;

use super::field_json::json;
use crate::context::trace::lines_so_far;
use crate::traces::lines::Line;

/// Returns the lines below `INFO` that the request has written so far. Those of `INFO` and above are
/// breadcrumbs of the calls that wrote them.
pub(super) fn below_info() -> impl Iterator<Item = Breadcrumb> {
    let lines = lines_so_far().into_iter();
    lines
        .filter(|line| line.level > Level::INFO)
        .map(breadcrumb)
}

fn breadcrumb(line: Line) -> Breadcrumb {
    let fields = line.fields.iter();
    let fields = fields.map(|field| (field.name.to_owned(), json(&field.value)));
    let data: Map<String, Value> = fields.collect();
    Breadcrumb {
        timestamp: line.at,
        ty: "log".into(),
        category: Some(line.target.into()),
        level: sentry::Level::Debug,
        message: Some(line.message),
        data,
    }
}
