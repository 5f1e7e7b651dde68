//! Recognizes errors of frameworks that the runtime does not depend on, by the name of their type
//! and their `Debug` text.
//!
//! Every service would build a dependency on tonic or axum, and it would match only one of their
//! versions. If a text has an unexpected form, the error simply has no class.

use std::fmt::Debug;

use super::text;
use crate::base::class::Class;
use crate::base::status::Grpc;

/// An error that is recognized by its type's name.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Foreign {
    /// `None` for an error without a class.
    pub(crate) class: Option<Class>,
    /// `true` if its text must not be shown, because it is a response with headers and a body.
    pub(super) hides: bool,
}

/// Types of responses, and the text before the status in their `Debug` form. The types of `http`
/// are those of another version than the one that has `Classify`.
const RESPONSES: [(&str, &str); 6] = [
    ("axum_core::response::ErrorResponse", "status: "),
    ("axum::response::redirect::Redirect", "status_code: "),
    ("http::response::Response<", "status: "),
    ("http::response::Parts", "status: "),
    ("http::status::StatusCode", ""),
    ("(http::status::StatusCode, ", "("),
];

/// Types of bodies: as an error they are a response without a status.
const BODIES: [&str; 3] = [
    "axum::json::Json<",
    "axum::response::Html<",
    "axum::form::Form<",
];

/// Crates whose extractors reject requests.
const EXTRACTORS: [&str; 3] = [
    "axum::extract::",
    "axum_core::extract::",
    "axum_extra::extract::",
];

/// Rejections that axum answers with a 500, since the service is at fault. All others are answered
/// with a 4xx.
const FAULTS: [&str; 9] = [
    "LockFailure",
    "MatchedPathMissing",
    "MatchedPathRejection",
    "MissingExtension",
    "MissingPathParams",
    "NestedPathRejection",
    "StreamReadFailed",
    "UnsupportedType",
    "WrongNumberOfParameters",
];

/// Looks an error up by the name of its type.
pub(crate) fn look(type_name: &str, debug: Option<&dyn Debug>) -> Option<Foreign> {
    let name = pointee(type_name);
    let shown = || debug.map(|debug| text(format_args!("{debug:?}")));
    if name == "tonic::status::Status" {
        let code = shown().and_then(|shown| grpc(&shown));
        return code.map(|code| Foreign {
            class: Some(code.class().into()),
            hides: false,
        });
    }
    if let Some((_, mark)) = RESPONSES.iter().find(|(known, _)| name.starts_with(known)) {
        let status = shown().and_then(|shown| number(after(&shown, mark)?));
        return Some(Foreign {
            class: status.map(Class::http),
            hides: true,
        });
    }
    let is_body = BODIES.iter().any(|body| name.starts_with(body));
    // Headers alone, or in a tuple.
    if is_body || name.contains("http::header::") {
        return Some(Foreign {
            class: None,
            hides: true,
        });
    }
    let rejects = EXTRACTORS.iter().any(|from| name.starts_with(from));
    rejects.then(|| Foreign {
        class: shown().map(|shown| rejection(&shown)),
        hides: false,
    })
}

/// Returns the type behind boxes and references.
fn pointee(mut name: &str) -> &str {
    const POINTERS: [&str; 3] = ["alloc::boxed::Box<", "alloc::sync::Arc<", "alloc::rc::Rc<"];
    loop {
        let inner = name.strip_prefix("&mut ").or(name.strip_prefix('&'));
        let boxed = || {
            POINTERS
                .iter()
                .find_map(|pointer| name.strip_prefix(pointer))
        };
        match inner.or_else(|| boxed()?.strip_suffix('>')) {
            Some(inner) => name = inner,
            None => return name,
        }
    }
}

/// Reads the status in `Status { code: NotFound, message: "…", … }`.
fn grpc(shown: &str) -> Option<&'static Grpc> {
    let code = after(shown, "code: ")?;
    let end = code.find(|letter: char| !letter.is_ascii_alphanumeric());
    Grpc::from_variant(&code[..end.unwrap_or(code.len())])
}

/// Returns the text behind the first mark, if no quote stands before it.
fn after<'t>(shown: &'t str, mark: &str) -> Option<&'t str> {
    let unquoted = shown.split('"').next()?;
    let at = unquoted.find(mark)?;
    Some(&shown[at + mark.len()..])
}

fn number(text: &str) -> Option<u16> {
    let end = text.find(|digit: char| !digit.is_ascii_digit());
    text[..end.unwrap_or(text.len())].parse().ok()
}

fn rejection(shown: &str) -> Class {
    // Text in quotes comes from the client.
    let reasons = shown.split('"').next().unwrap_or_default();
    let known = |reason: &str| reasons.contains(reason);
    if FAULTS.into_iter().any(known) && !known("LengthLimitError") {
        Class::http(500)
    } else {
        Class::Ok
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Prints the text as its `Debug`.
    struct Shown(&'static str);
    impl Debug for Shown {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str(self.0)
        }
    }

    fn class(name: &str, shown: &'static str) -> Option<Class> {
        look(name, Some(&Shown(shown))).and_then(|known| known.class)
    }

    #[test]
    fn a_status_of_grpc_is_known_behind_pointers() {
        let shown = "Status { code: Internal, message: \"code: NotFound\", source: None }";
        for name in [
            "tonic::status::Status",
            "&tonic::status::Status",
            "alloc::boxed::Box<tonic::status::Status>",
            "alloc::sync::Arc<alloc::boxed::Box<tonic::status::Status>>",
        ] {
            assert_eq!(class(name, shown), Some(Class::Error("INTERNAL")), "{name}");
        }
        let name = "tonic::status::Status";
        assert_eq!(class(name, "Status { code: NotFound }"), Some(Class::Ok));
        assert_eq!(class(name, "Status { status: 13 }"), None);
        assert_eq!(look(name, None), None);
        assert_eq!(look("my::tonic::status::Status", None), None);
    }

    #[test]
    fn a_response_is_known_by_its_status() {
        let name = "axum_core::response::ErrorResponse";
        let shown = "ErrorResponse(Response { status: 404, version: HTTP/1.1, headers: {} })";
        assert_eq!(class(name, shown), Some(Class::Ok));
        let shown = "Response { status: 503, version: HTTP/1.1, headers: {} }";
        let name = "http::response::Response<bytes::Bytes>";
        assert_eq!(class(name, shown), Some(Class::Error("503")));
        assert_eq!(
            class("http::status::StatusCode", "500"),
            Some(Class::Error("500"))
        );
        let tuple = "(http::status::StatusCode, alloc::string::String)";
        assert_eq!(class(tuple, "(502, \"x\")"), Some(Class::Error("502")));
        let headers = "(http::header::map::HeaderMap, &str)";
        assert_eq!(
            look(headers, None),
            Some(Foreign {
                class: None,
                hides: true
            })
        );
    }

    #[test]
    fn a_rejection_is_the_clients_fault_unless_axum_answers_500() {
        let name = "axum::extract::rejection::PathRejection";
        let client = "FailedToDeserializePathParams(ParseErrorAtKey { key: \"UnsupportedType\" })";
        assert_eq!(class(name, client), Some(Class::Ok));
        let server = "MissingPathParams(MissingPathParams)";
        assert_eq!(class(name, server), Some(Class::Error("500")));
    }
}
