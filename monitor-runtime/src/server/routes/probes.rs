//! The probes for orchestrators, and `/health` for people.

use std::fmt::Write;
use std::str::FromStr;

use warp::Filter;
use warp::http::{Method, StatusCode};
use warp::path::Tail;

use super::answer::{Answer, Body};
use super::{Routes, asker, bad_request, is_read};
use crate::health::{Point, ProbeKind, Selection, Status};
use crate::server::Context;
use crate::server::access::Asker;

const HEALTH_JSON: &str = "application/health+json";

/// A route of [`health_routes`].
#[derive(Clone, Copy)]
enum Probe {
    Health,
    Ask(ProbeKind),
}

impl FromStr for Probe {
    type Err = ();

    fn from_str(segment: &str) -> Result<Self, ()> {
        match segment {
            "health" | "healthz" => Ok(Self::Health),
            "livez" | "live" => Ok(Self::Ask(ProbeKind::Live)),
            "readyz" | "ready" => Ok(Self::Ask(ProbeKind::Ready)),
            "startupz" => Ok(Self::Ask(ProbeKind::Started)),
            _ => Err(()),
        }
    }
}

impl ProbeKind {
    /// Returns the name that Kubernetes uses in its verbose answers.
    fn name(self) -> &'static str {
        match self {
            Self::Live => "livez",
            Self::Ready => "readyz",
            Self::Started => "startupz",
        }
    }

    fn no(self) -> &'static str {
        match self {
            Self::Live => "not live",
            Self::Ready | Self::Started => "not ready",
        }
    }
}

/// The query of a probe, with the parameters that Kubernetes defines; others are ignored.
#[derive(Debug, Default)]
struct ProbeQuery {
    verbose: bool,
    selection: Selection,
}

impl ProbeQuery {
    fn from_query(query: Vec<(String, String)>) -> Self {
        let mut wish = Self::default();
        for (key, value) in query {
            match key.as_str() {
                "verbose" => wish.verbose = true,
                "exclude" => wish.selection.exclude.push(value),
                "group" => wish.selection.groups.push(value),
                _ => {}
            }
        }
        wish
    }
}

/// Serves `/health`, `/livez`, `/readyz` and `/startupz`, and the paths below them:
/// `/health/<group>` and `/readyz/<check>`. Aliases are `/healthz`, `/live` and `/health/liveness`,
/// `/ready` and `/health/readiness`.
///
/// Rejects every other path as not found, also that of a group or check that does not exist. On its
/// own paths a method other than GET and HEAD is answered here, with 405.
pub(crate) fn health_routes(context: Context) -> Routes {
    warp::path::param::<Probe>()
        .and(warp::path::tail())
        .and(warp::query::<Vec<(String, String)>>())
        .and(warp::method())
        .and(asker())
        .and_then(
            move |probe, tail: Tail, query, method: Method, asker: Asker| {
                let details = || context.access.may_see_details(&asker);
                let found =
                    context.probe(probe, tail.as_str(), ProbeQuery::from_query(query), details);
                let allowed = |answer| {
                    if is_read(&method) {
                        answer
                    } else {
                        Answer::not_allowed()
                    }
                };
                let answer = found.map(|answer| match asker.malformed() {
                    Some(problem) => bad_request(problem, &method),
                    None => allowed(answer).answer(&method),
                });
                std::future::ready(answer.ok_or_else(warp::reject::not_found))
            },
        )
        .boxed()
}

impl Context {
    /// Returns the answer to `probe`; `None` if `place` below it does not exist.
    fn probe(
        &self,
        probe: Probe,
        place: &str,
        mut wish: ProbeQuery,
        may_see_details: impl FnOnce() -> bool,
    ) -> Option<Answer> {
        // Spring's names, unless the service has groups of those names.
        let spring = match place {
            "liveness" => Some(ProbeKind::Live),
            "readiness" => Some(ProbeKind::Ready),
            _ => None,
        };
        if let (Probe::Health, Some(question)) = (probe, spring) {
            let group = Selection {
                groups: vec![place.to_owned()],
                ..Selection::default()
            };
            if !self.health.has_groups(&group) {
                return self.probe(Probe::Ask(question), "", wish, may_see_details);
            }
        }
        match probe {
            Probe::Health if place.is_empty() && self.health.has_groups(&wish.selection) => {
                Some(self.health_page(&wish, may_see_details()))
            }
            Probe::Health if !place.is_empty() => {
                wish.selection.groups = vec![place.to_owned()];
                let known = self.health.has_groups(&wish.selection);
                known.then(|| self.health_page(&wish, may_see_details()))
            }
            Probe::Ask(question) if !place.is_empty() => {
                let points = self.health.points(question, &Selection::default());
                let point = points.into_iter().find(|point| point.name == place)?;
                Some(one(&point, wish.verbose, may_see_details()))
            }
            Probe::Ask(question)
                if question == ProbeKind::Live || self.health.has_groups(&wish.selection) =>
            {
                let points = self.health.points(question, &wish.selection);
                let details = wish.verbose && may_see_details();
                Some(all(question, &points, &wish, details))
            }
            _ => Some(Answer::text(
                StatusCode::NOT_FOUND,
                "no health check is in this group\n",
            )),
        }
    }

    fn health_page(&self, wish: &ProbeQuery, details: bool) -> Answer {
        let report = self.health.report(&wish.selection, wish.verbose);
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
            body: Body::Plain(body.expect("strings and numbers always serialise")),
        }
    }
}

/// Returns the answer about one point, critical or not.
fn one(point: &Point, verbose: bool, details: bool) -> Answer {
    let status = status(point.failure.is_none());
    let body = match &point.failure {
        _ if verbose => line(point, details),
        None => "ok\n".to_owned(),
        Some((_, reason)) => format!("failed: {}\n", shown(reason, details)),
    };
    Answer::text(status, body)
}

/// Returns the answer to a question: short, or with a line for every point.
fn all(question: ProbeKind, points: &[Point], wish: &ProbeQuery, details: bool) -> Answer {
    let excluded = |point: &&Point| wish.selection.excludes(&point.name);
    let deciding = points.iter().filter(|point| point.decides);
    let mut counted = deciding.filter(|point| !excluded(point));
    let refusal = counted.find_map(|point| point.failure.as_ref().map(|(refusal, _)| refusal));
    if !wish.verbose {
        let body = match refusal {
            None => "ok\n".to_owned(),
            Some(refusal) => format!("{}: {refusal}\n", question.no()),
        };
        return Answer::text(status(refusal.is_none()), body);
    }
    let mut body = String::new();
    for point in points {
        if excluded(&point) {
            // The client itself has named it.
            let _ = writeln!(body, "[+]{} excluded: ok", point.name);
        } else {
            body.push_str(&line(point, details));
        }
    }
    let names: Vec<&str> = points.iter().map(|point| point.name.as_str()).collect();
    let unmatched = wish.selection.unmatched(&names);
    if !unmatched.is_empty() {
        let names: Vec<String> = unmatched.iter().map(|name| format!("{name:?}")).collect();
        let names = names.join(", ");
        let _ = writeln!(
            body,
            "warn: some health checks cannot be excluded: no matches for {names}"
        );
    }
    let verdict = if refusal.is_none() {
        "passed"
    } else {
        "failed"
    };
    let _ = writeln!(body, "{} check {verdict}", question.name());
    Answer::text(status(refusal.is_none()), body)
}

/// Formats a point as Kubernetes does. Without details a check, a runtime and a worker have no name.
fn line(point: &Point, details: bool) -> String {
    let Point { name, decides, .. } = point;
    let name = match name.split_once(':') {
        _ if details => name,
        None => "check",
        Some(("runtime", _)) => "runtime",
        Some(("worker", _)) => "worker",
        // Names that every process has.
        Some(_) => name,
    };
    match &point.failure {
        None => format!("[+]{name} ok\n"),
        Some((_, reason)) => {
            let not_critical = if *decides { "" } else { " (not critical)" };
            let reason = shown(reason, details);
            format!("[-]{name} failed{not_critical}: {reason}\n")
        }
    }
}

fn shown(reason: &str, details: bool) -> &str {
    if details { reason } else { "reason withheld" }
}

fn status(yes: bool) -> StatusCode {
    if yes {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    }
}
