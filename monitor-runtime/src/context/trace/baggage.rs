//! Reads and writes `baggage`, as untrusted peers send it: <https://www.w3.org/TR/baggage/>.

use std::sync::Arc;

use http::{HeaderMap, HeaderName};

use super::TraceId;

pub(super) const BAGGAGE: HeaderName = HeaderName::from_static("baggage");

/// Members, and bytes of all members, that are passed on.
const MEMBERS: usize = 64;
const BYTES: usize = 4096;
/// The prefix of Sentry's own members.
const SENTRYS: &str = "sentry-";

/// Members of a `baggage`, as they are passed on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Baggage {
    /// Members of other systems.
    pub(super) foreign: Option<Arc<str>>,
    /// Sentry's members, if a caller that uses Sentry began the trace. They are passed on
    /// unchanged, even if the list is empty.
    pub(super) sampling: Option<Arc<str>>,
}

impl Baggage {
    /// Reads `baggage`. `frozen` is `true` if the caller uses Sentry and began this trace.
    pub(super) fn read(headers: &HeaderMap, trace: TraceId, frozen: bool) -> Self {
        let list = members(headers);
        let sentrys = |member: &&&str| member.starts_with(SENTRYS);
        let own_trace = format!("sentry-trace_id={trace}");
        let of_other = |member: &&str| {
            member.starts_with("sentry-trace_id=") && !member.eq_ignore_ascii_case(&own_trace)
        };
        let join = |members: Vec<&str>| members.join(",").into();
        let foreign: Vec<&str> = list
            .iter()
            .filter(|member| !sentrys(member))
            .copied()
            .collect();
        let sampling: Vec<&str> = list.iter().filter(sentrys).copied().collect();
        let is_own = !sampling.iter().any(of_other);
        Self {
            foreign: (!foreign.is_empty()).then(|| join(foreign)),
            sampling: frozen.then(|| join(if is_own { sampling } else { Vec::new() })),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.foreign.is_none() && self.sampling.is_none()
    }
}

/// Returns the members of a `baggage` that are well formed, up to the limits.
pub(super) fn members(headers: &HeaderMap) -> Vec<&str> {
    let texts = headers
        .get_all(BAGGAGE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let members = texts.flat_map(|text| text.split(',')).map(str::trim);
    let mut bytes = 0;
    let fits = |member: &&str| {
        bytes += member.len() + 1;
        bytes <= BYTES
    };
    members
        .filter(|member| is_member(member))
        .take(MEMBERS)
        .take_while(fits)
        .collect()
}

/// Returns the key of a member.
pub(super) fn key(member: &str) -> &str {
    member.split_once('=').map_or(member, |(key, _)| key.trim())
}

fn is_member(member: &str) -> bool {
    let Some((key, value)) = member.split_once('=') else {
        return false;
    };
    let in_key = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let in_value = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
    let key = key.trim_end();
    !key.is_empty() && key.bytes().all(in_key) && value.bytes().all(in_value)
}

/// Encodes a value of a member: section 3.3.1.1.
pub(super) fn encode(value: &str, into: &mut String) {
    use std::fmt::Write;
    for byte in value.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                into.push(byte.into());
            }
            _ => drop(write!(into, "%{byte:02X}")),
        }
    }
}
