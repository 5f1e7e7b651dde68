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

/// Types of responses whose status is never a server error, alone or as the last part of a tuple.
const SUCCESSES: [&str; 5] = [
    "axum::json::Json<",
    "axum::response::Html<",
    "axum::response::NoContent",
    "axum::response::redirect::Redirect",
    "axum::form::Form<",
];

/// Types of what may stand before the body in a tuple that is a response.
const PARTS: [&str; 5] = [
    "http::header::",
    "[(http::header::",
    "axum_core::response::append_headers::AppendHeaders<",
    "axum::extension::Extension<",
    "axum_extra::typed_header::TypedHeader<",
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
    if let Some(response) = response(name) {
        return Some(response);
    }
    let rejects = EXTRACTORS.iter().any(|from| name.starts_with(from));
    rejects.then(|| Foreign {
        class: shown().map(|shown| rejection(&shown)),
        hides: false,
    })
}

/// Recognizes a response that shows no status.
fn response(name: &str) -> Option<Foreign> {
    let (first, last) = ends(name);
    let is = |part: &str, known: &[&str]| known.iter().any(|known| part.starts_with(known));
    let is_text = ["&str", "alloc::string::String", "alloc::vec::Vec<u8>"].contains(&last);
    let (is_success, has_part) = (is(last, &SUCCESSES), is(first, &PARTS));
    // A response in front has the status. Another tuple, or headers alone, may be no response at all.
    let has_status = first.starts_with("http::response::");
    let class = (is_success && !has_status || has_part && is_text).then_some(Class::Ok);
    // Headers anywhere may hold a cookie.
    let hides = is_success || has_part || name.contains("http::header::");
    hides.then_some(Foreign { class, hides })
}

/// Returns the types of the first and the last part of a tuple; of another type, the type itself.
fn ends(name: &str) -> (&str, &str) {
    let Some(parts) = name
        .strip_prefix('(')
        .and_then(|name| name.strip_suffix(')'))
    else {
        return (name, name);
    };
    let mut depth = 0_usize;
    let outer = |letter: char| {
        match letter {
            '(' | '[' | '<' => depth += 1,
            ')' | ']' | '>' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && letter == ','
    };
    let mut parts = parts.split(outer).map(str::trim);
    let first = parts.next().unwrap_or(name);
    (first, parts.last().unwrap_or(first))
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
        let of = |class| Some(Foreign { class, hides: true });
        for name in [
            "axum::json::Json<alloc::vec::Vec<(u8, u8)>>",
            "axum::response::NoContent",
            "(http::header::map::HeaderMap, &str)",
            "(http::header::map::HeaderMap, axum::response::redirect::Redirect)",
            "([(http::header::name::HeaderName, &str); 1], axum::response::Html<&str>)",
            "([(http::header::name::HeaderName, &str); 2], alloc::string::String)",
            "([(&str, &str); 2], axum::response::redirect::Redirect)",
            "(axum_core::response::append_headers::AppendHeaders<[(a, b); 1]>, axum::response::redirect::Redirect)",
        ] {
            assert_eq!(look(name, None), of(Some(Class::Ok)), "{name}");
        }
        for name in [
            "(http::header::map::HeaderMap, my::Body<(u8, u8)>)",
            "(http::response::Response<()>, axum::response::Html<&str>)",
            // No response, but headers are not shown.
            "(u16, http::header::map::HeaderMap, alloc::string::String)",
            "core::option::Option<http::header::map::HeaderMap>",
            "alloc::vec::Vec<(http::header::name::HeaderName, http::header::value::HeaderValue)>",
        ] {
            assert_eq!(look(name, None), of(None), "{name}");
        }
        assert_eq!(look("(u8, alloc::string::String)", None), None);
        assert_eq!(
            look("([(&str, &str); 2], alloc::string::String)", None),
            None
        );
        assert_eq!(look("my::axum::json::Json<u8>", None), None);
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
