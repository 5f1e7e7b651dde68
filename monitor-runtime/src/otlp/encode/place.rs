//! The code that a span stands for: its name and its attributes.
//!
//! <https://opentelemetry.io/docs/specs/semconv/registry/attributes/code/>

use super::attributes::{int, text};
use crate::otlp::messages::common::KeyValue;
use crate::traces::Subject;
use crate::traces::span::{RootName, Span};

/// The route of a request that no template matches.
const UNMATCHED: &str = "unmatched";

/// Returns the name of a span: `GET /items/{id}`, or a function.
pub(super) fn name(span: &Span) -> String {
    match span.subject.name() {
        RootName::Request(method, UNMATCHED) => method.to_owned(),
        name => name.to_string(),
    }
}

/// Returns the attributes that say which code a span stands for.
pub(super) fn place(subject: &Subject) -> Vec<KeyValue> {
    let source =
        |file: &str, line: u32| [text("code.file.path", file), int("code.line.number", line)];
    let mut all = Vec::with_capacity(8);
    match subject {
        Subject::Request(request) => {
            all.push(text("http.request.method", request.method()));
            let route = request.route();
            all.extend((route != UNMATCHED).then(|| text("http.route", route)));
        }
        Subject::Task(place) => all.extend(source(place.file(), place.line())),
        Subject::Call(site) => {
            let name = [site.module(), "::", site.function()].concat();
            all.push(text("code.function.name", name));
            let (file, line) = site.location();
            all.extend(source(file, line));
        }
        Subject::Foreign(metadata) => {
            all.push(text("target", metadata.target()));
            let place = metadata.file().zip(metadata.line());
            all.extend(
                place
                    .into_iter()
                    .flat_map(|(file, line)| source(file, line)),
            );
        }
    }
    all
}
