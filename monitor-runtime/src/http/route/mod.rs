//! Finds the route template that a request matched.

pub(crate) mod template;

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use http::{Extensions, Request};

use super::metrics;
use super::traffic::{self, Traffic};
use crate::traces::span::Described;

/// The route of a request that no template matched.
pub(super) const UNMATCHED: &str = "unmatched";
/// The route of all requests beyond the first [`MAX_ROUTES`] routes.
const OTHER: &str = "other";
/// The number of different routes that are told apart.
const MAX_ROUTES: usize = 1000;

type Rule = dyn Fn(&Extensions) -> Option<&str> + Send + Sync;

/// The rules by which a layer finds the route of a request.
#[derive(Clone, Default)]
pub(super) struct Rules {
    templates: Arc<[&'static str]>,
    rule: Option<Arc<Rule>>,
}

impl Rules {
    pub(super) fn add_templates(&mut self, more: impl IntoIterator<Item = impl AsRef<str>>) {
        let mut templates = self.templates.to_vec();
        for template in more {
            let template = template.as_ref();
            if !template::check(template, &templates) {
                continue;
            }
            let template = keep(template);
            metrics::declare(template);
            templates.push(template);
        }
        self.templates = templates.into();
    }

    pub(super) fn set_rule<F>(&mut self, rule: F)
    where
        F: Fn(&Extensions) -> Option<&str> + Send + Sync + 'static,
    {
        self.rule = Some(Arc::new(rule));
    }

    /// Returns the route, if it can be known before the service sees the request.
    pub(super) fn find<B>(&self, request: &Request<B>) -> Option<&'static str> {
        let path = request.uri().path();
        let mut templates = self.templates.iter().copied();
        if let Some(template) = templates.find(|template| matches(template, path)) {
            return Some(template);
        }
        let extensions = request.extensions();
        let ruled = self.rule.as_ref().and_then(|rule| rule(extensions));
        ruled.or_else(|| matched_path(extensions)).map(keep)
    }
}

#[cfg(feature = "axum")]
fn matched_path(extensions: &Extensions) -> Option<&str> {
    let path = extensions.get::<axum::extract::MatchedPath>();
    path.map(axum::extract::MatchedPath::as_str)
}

#[cfg(not(feature = "axum"))]
fn matched_path(_: &Extensions) -> Option<&str> {
    None
}

pub(super) fn matches(template: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    for expected in template.split('/') {
        let Some(segment) = segments.next() else {
            return false;
        };
        let any = expected.starts_with('{') && expected.ends_with('}') && !segment.is_empty();
        if any && expected.starts_with("{*") {
            return true;
        }
        if !any && segment != expected {
            return false;
        }
    }
    segments.next().is_none()
}

/// Returns the one copy of a route's name, which lives as long as its series: for ever.
fn keep(route: &str) -> &'static str {
    static KEPT: RwLock<Option<HashSet<&'static str>>> = RwLock::new(None);
    let known = KEPT.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(kept) = known.as_ref().and_then(|kept| kept.get(route)) {
        return kept;
    }
    drop(known);
    let mut kept = KEPT.write().unwrap_or_else(PoisonError::into_inner);
    let kept = kept.get_or_insert_default();
    if let Some(kept) = kept.get(route) {
        return kept;
    }
    if kept.len() == MAX_ROUTES {
        return OTHER;
    }
    let route: &'static str = Box::leak(route.into());
    kept.insert(route);
    route
}

/// The route of one request, which may be known only once its handler is found.
pub(super) struct Slot(Mutex<Place>);

/// The counters of a request's route.
struct Place {
    traffic: Arc<Traffic>,
    has_ended: bool,
}

/// Counts a request as in flight on a route. A known route has its series from then on.
fn enter(method: &'static str, route: &'static str) -> Arc<Traffic> {
    if route != UNMATCHED {
        metrics::begin_route(method, route);
    }
    Traffic::enter(method, route)
}

impl Described for Slot {
    fn method(&self) -> &'static str {
        self.place().traffic.method
    }

    fn route(&self) -> &'static str {
        self.get()
    }
}

impl Slot {
    pub(super) fn new(method: &'static str, route: Option<&'static str>) -> Self {
        let traffic = enter(method, route.unwrap_or(UNMATCHED));
        Self(Mutex::new(Place {
            traffic,
            has_ended: false,
        }))
    }

    pub(super) fn get(&self) -> &'static str {
        self.place().traffic.route
    }

    /// Sets the route. Returns `true` if it has changed.
    pub(super) fn set(&self, route: &'static str) -> bool {
        let mut place = self.place();
        let is_news = place.traffic.route != route;
        // A task of the request may name its route after the end.
        if is_news && !place.has_ended {
            let other = enter(place.traffic.method, route);
            std::mem::replace(&mut place.traffic, other).leave();
        }
        is_news
    }

    /// Counts the request, which has ended, on its current route.
    pub(super) fn end(&self, outcome: traffic::Outcome, seconds: f64) {
        let mut place = self.place();
        if !std::mem::replace(&mut place.has_ended, true) {
            place.traffic.leave();
            place.traffic.count(outcome, seconds);
        }
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_of_another_framework_matches_nothing_as_the_log_says() {
        let mut rules = Rules::default();
        rules.add_templates(["/{*rest}/x", "/orders/{id?}", "/orders/:id", "/orders/{id}"]);
        let route = |path: &str| {
            let request = Request::builder().uri(path).body(()).expect("a request");
            rules.find(&request)
        };
        assert_eq!(route("/orders/7"), Some("/orders/{id}"));
        assert_eq!(route("/files/a/b"), None);
        assert_eq!(route("/orders/:id"), Some("/orders/{id}"));
    }

    #[test]
    fn a_template_matches_whole_segments() {
        let cases = [
            ("/", "/", true),
            ("/", "/a", false),
            ("/a", "/a", true),
            ("/a", "/a/", false),
            ("/a", "/A", false),
            ("/a/{id}", "/a/7", true),
            ("/a/{id}", "/a/{id}", true),
            ("/a/{id}", "/a/", false),
            ("/a/{id}", "/a", false),
            ("/a/{id}", "/a/7/b", false),
            ("/a/{id}/b", "/a/7/b", true),
            ("/f/{*rest}", "/f/a/b/c", true),
            ("/f/{*rest}", "/f/", false),
            ("/f/{*rest}", "/f", false),
            ("/greet.Greeter/{method}", "/greet.Greeter/SayHello", true),
            ("/a", "*", false),
        ];
        for (template, path, expected) in cases {
            assert_eq!(matches(template, path), expected, "{template} {path}");
        }
    }

    #[test]
    fn a_request_is_in_flight_on_the_route_it_has_and_counted_there() {
        let read = |route: &str| {
            let all = traffic::all();
            let found = all
                .iter()
                .find(|one| one.route == route && one.method == "PUT");
            found.map(|one| one.read())
        };
        let slot = Slot::new("PUT", Some("/first"));
        assert_eq!(read("/first").expect("it is there").in_flight, 1);
        assert!(slot.set("/second") && !slot.set("/second"));
        slot.end(traffic::Outcome::Error, 0.2);
        slot.end(traffic::Outcome::Ok, 0.2);
        slot.set("/late");
        let (first, second) = (read("/first").unwrap(), read("/second").unwrap());
        assert_eq!((first.in_flight, first.ended), (0, [0, 0, 0]));
        assert_eq!((second.in_flight, second.ended), (0, [0, 1, 0]));
        assert!((second.seconds - 0.2).abs() < 1e-6);
        assert_eq!(second.buckets.iter().position(|calls| *calls == 1), Some(6));
        assert!(read("/late").is_none(), "it had ended");
    }

    #[test]
    fn the_first_template_wins_and_the_rule_comes_after() {
        let mut rules = Rules::default();
        rules.add_templates(["/a/new", "/a/{id}"]);
        rules.set_rule(|extensions| extensions.get::<&'static str>().copied());
        let find = |path: &str| {
            let request = Request::get(path).extension("ruled").body(());
            rules.find(&request.expect("a request"))
        };
        assert_eq!(find("/a/new"), Some("/a/new"));
        assert_eq!(find("/a/7?x=/a/new"), Some("/a/{id}"));
        assert_eq!(find("/b"), Some("ruled"));
        let plain = Request::get("/b").body(()).expect("a request");
        assert_eq!(rules.find(&plain), None);
    }
}
