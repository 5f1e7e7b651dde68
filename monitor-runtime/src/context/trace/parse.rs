//! Parses `traceparent` and `tracestate`, as untrusted peers send them.

use std::sync::Arc;

use http::HeaderValue;
use http::header::GetAll;

use super::{Ids, SAMPLED, SpanId, TraceId};

/// `00-<32 digits>-<16 digits>-<2 digits>`.
const LENGTH: usize = 55;
/// A `tracestate` with more members is invalid: section 3.3.1.1.
const MEMBERS: usize = 32;
/// Characters of a `tracestate` that are passed on, and the length of members that are dropped
/// first if there are more: section 3.3.1.5.
const STATE: usize = 512;
const LONG: usize = 128;

/// Parses the value of `traceparent`: section 3.2.
///
/// A higher version is read as version 00, and may go on behind another `-`: section 4.3.
pub(super) fn parent(value: &[u8]) -> Option<Ids> {
    let (known, more) = value.split_at_checked(LENGTH)?;
    let [version] = digits(&known[..2])?;
    let dashes = [2, 35, 52].iter().all(|&at| known[at] == b'-');
    let length = match version {
        0 => more.is_empty(),
        0xff => false,
        _ => more.first().is_none_or(|&next| next == b'-'),
    };
    if !dashes || !length {
        return None;
    }
    let trace: [u8; 16] = digits(&known[3..35])?;
    let span: [u8; 8] = digits(&known[36..52])?;
    let [flags] = digits(&known[53..])?;
    if trace == [0; 16] || span == [0; 8] {
        return None;
    }
    Some(Ids {
        trace: TraceId(trace),
        span: SpanId(span),
        // Other flags are not passed on, because their meaning is not known.
        sampled: flags & SAMPLED != 0,
        shared: false,
        open: false,
    })
}

/// Parses bytes in lower-case hexadecimal.
fn digits<const N: usize>(text: &[u8]) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

/// Joins the values of `tracestate` to one list. One malformed member makes all of it invalid.
pub(super) fn state(values: GetAll<'_, HeaderValue>) -> Option<Arc<str>> {
    let mut members = Vec::new();
    for value in values {
        for member in value.to_str().ok()?.split(',') {
            let member = member.trim_matches([' ', '\t']);
            if !member.is_empty() {
                members.push(member);
            }
            if members.len() > MEMBERS || !(member.is_empty() || is_member(member)) {
                return None;
            }
        }
    }
    let length = |members: &[&str]| members.iter().map(|member| member.len() + 1).sum::<usize>();
    if length(&members) > STATE + 1 {
        members.retain(|member| member.len() <= LONG);
    }
    while length(&members) > STATE + 1 {
        members.pop();
    }
    (!members.is_empty()).then(|| members.join(",").into())
}

/// Returns `true` for `key=value`: section 3.3.1.3.
fn is_member(member: &str) -> bool {
    let Some((key, value)) = member.split_once('=') else {
        return false;
    };
    let in_key =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-*/@".contains(&byte);
    let begins = key
        .bytes()
        .next()
        .is_some_and(|first| first.is_ascii_lowercase() || first.is_ascii_digit());
    let in_value = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'=';
    begins
        && key.len() <= 256
        && key.bytes().all(in_key)
        && !value.is_empty()
        && value.len() <= 256
        && value.bytes().all(in_value)
}
