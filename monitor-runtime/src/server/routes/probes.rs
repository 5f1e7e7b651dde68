//! The probes, and what checks say.

use std::str::FromStr;

use warp::http::StatusCode;
use warp::reply::Response;
use warp::{Filter, Rejection};

use super::super::Context;
use super::answer::Answer;
use super::{is_read, peer};
use crate::health::{NotReady, Status};
use crate::server::access::may_see_details;

const HEALTH_JSON: &str = "application/health+json";

/// A route of [`health_routes`].
#[derive(Clone, Copy)]
enum Probe {
    Health,
    Live,
    Ready,
    Startup,
}

impl FromStr for Probe {
    type Err = ();

    fn from_str(segment: &str) -> Result<Self, ()> {
        match segment {
            "health" => Ok(Self::Health),
            "livez" | "live" => Ok(Self::Live),
            "readyz" | "ready" => Ok(Self::Ready),
            "startupz" => Ok(Self::Startup),
            _ => Err(()),
        }
    }
}

/// `/health`, `/livez`, `/live`, `/readyz`, `/ready` and `/startupz`.
///
/// Rejects every other path as not found. On its own paths a method other than GET and HEAD is
/// answered here, with 405.
pub(crate) fn health_routes(
    context: Context,
) -> impl Filter<Extract = (Response,), Error = Rejection> + Clone + Send + Sync + 'static {
    warp::path::param::<Probe>()
        .and(warp::path::end())
        .and(warp::method())
        .and(warp::header::headers_cloned())
        .and(peer())
        .map(move |probe, method, headers: warp::http::HeaderMap, peer| {
            if !is_read(&method) {
                return Answer::not_allowed().answer(&method);
            }
            let details = || may_see_details(&headers, peer, context.token.as_deref());
            context.probe(probe, details).answer(&method)
        })
}

impl Context {
    fn probe(&self, probe: Probe, may_see_details: impl FnOnce() -> bool) -> Answer {
        let refusal = match probe {
            Probe::Health => return self.health_page(may_see_details()),
            Probe::Live => (!self.health.live()).then(|| "not live".to_owned()),
            Probe::Ready => self.health.ready().err().map(|reason| reason.to_string()),
            Probe::Startup => (!self.health.started()).then(|| NotReady::Starting.to_string()),
        };
        match refusal {
            None => Answer::text(StatusCode::OK, "ok\n"),
            Some(refusal) => Answer::text(StatusCode::SERVICE_UNAVAILABLE, refusal + "\n"),
        }
    }

    fn health_page(&self, details: bool) -> Answer {
        let report = self.health.report();
        let body = if details {
            serde_json::to_string(&report)
        } else {
            serde_json::to_string(&serde_json::json!({ "status": report.status }))
        };
        Answer {
            status: match report.status {
                Status::Ok | Status::Warn => StatusCode::OK,
                Status::Fail => StatusCode::SERVICE_UNAVAILABLE,
            },
            content_type: HEALTH_JSON,
            body: body.expect("strings and numbers always serialise"),
        }
    }
}
