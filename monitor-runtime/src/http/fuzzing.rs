//! Fuzz targets for everything that a client of the service can send; see `crate::fuzzing`.

use ::http::{HeaderMap, HeaderValue};

use super::grpc_web::Trailers;
use super::{request, route};
use crate::fuzzing::text;
use crate::trace::TraceContext;

pub(crate) fn edge(input: &[u8]) {
    let given = text(input);
    let (template, path) = given.split_once('\n').unwrap_or((&given, "/"));
    if !template.contains(['{', '}']) {
        assert_eq!(route::matches(template, path), template == path);
    }
    let Ok(id) = HeaderValue::from_bytes(input) else {
        return;
    };
    let headers = HeaderMap::from_iter([(request::REQUEST_ID, id)]);
    let answer = request::id(&headers, &TraceContext::new());
    let answer = answer.to_str().expect("visible ASCII");
    assert!(
        (1..=128).contains(&answer.len()) && answer.bytes().all(|byte| byte.is_ascii_graphic())
    );
}

pub(crate) fn grpc_web(input: &[u8]) {
    for text in [false, true] {
        let whole = Trailers::new(text).read(input);
        let mut trailers = Trailers::new(text);
        let bytes = input.iter().filter_map(|byte| trailers.read(&[*byte]));
        assert_eq!(bytes.last(), whole, "pieces are read as the whole");
    }
}
