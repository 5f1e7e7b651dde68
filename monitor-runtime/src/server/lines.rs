//! Decides which requests at the HTTP edge get the log lines that they ask for.

use warp::http::header::HOST;
use warp::http::uri::Authority;

use super::Context;
use super::access::{Addressed, Asker};
use crate::http::accept::Ends;
use crate::http::verbose::LinesRequest;

impl Context {
    /// Returns the rule: requests with the token, and those of this machine on its own behalf.
    pub(crate) fn lines_gate(&self) -> impl Fn(&LinesRequest<'_>) -> bool + Send + Sync + 'static {
        let access = self.access.clone();
        move |request| access.may_have_lines(&asker(request), request.token)
    }
}

fn asker(request: &LinesRequest<'_>) -> Asker {
    let ends = request.peer.map(|peer| Ends {
        peer,
        local: request.local,
        version: Some(request.version),
    });
    Asker {
        headers: request.headers.clone(),
        ends,
        addressed: addressed(request),
    }
}

fn addressed(request: &LinesRequest<'_>) -> Addressed {
    let target = request.uri.authority().cloned();
    let host = request.headers.get(HOST);
    let host = host.map(|host| Authority::try_from(host.as_bytes()));
    match (target, host) {
        (None, None) => Addressed::Unnamed,
        (Some(name), None) | (None, Some(Ok(name))) => Addressed::To(name),
        (Some(target), Some(Ok(host))) if target == host => Addressed::To(host),
        (_, Some(_)) => Addressed::Unclear,
    }
}
