//! An incident of a call that is stuck, over a real connection: who may see it, and in which form.

use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::{ask, ask_with, context, health};
use crate::base::clock;
use crate::base::outcome::Outcome;
use crate::callsite::{Settings, Site};
use crate::metrics::Service;
use crate::server::incidents::tests::alone;
use crate::server::incidents::{Moment, stuck};
use crate::server::live::{Around, Live};
use crate::server::serve;
use crate::traces::{Ids, LocalTrace, Origin, SpanEnd, SpanId, SpanKey, Subject, TraceId};

static LOAD: Site = Site::new(|| "", "shop").with(&const { Settings::new().name("Store::load") });
static SERVE: Site = Site::new(|| "", "shop").with(&const { Settings::new().name("serve") });

const MINUTE: Duration = Duration::from_secs(60);

#[track_caller]
fn task() -> Subject {
    Subject::Task(Location::caller())
}

#[test]
fn a_stuck_call_begins_an_incident_that_few_may_see() {
    let _alone = alone();
    let ids = Ids {
        trace: TraceId([9; 16]),
        span: SpanId::random(),
        sampled: false,
        shared: false,
        open: false,
    };
    let origin = Origin {
        ids,
        remote_parent: None,
        state: None,
    };
    let trace = LocalTrace::begin(origin, task());
    for site in [&SERVE, &LOAD] {
        trace.begin_call(SpanKey::ROOT, site, clock::now);
    }
    let sites = [&SERVE, &LOAD].into_iter();
    let live = Live::for_sites(&Service::default(), Around::default(), sites);
    let limit = MINUTE * 5;
    let later = |time: Duration| clock::now() + clock::ticks_of(time.as_secs() * 1_000_000_000);
    let ends = |function| live.name(function).0 == "Store::load";
    assert!(stuck(&live, later(MINUTE * 4), limit, ends).is_empty());
    assert!(stuck(&live, later(MINUTE * 6), limit, |_| false).is_empty());
    let now = later(Duration::from_secs(612));
    let found = stuck(&live, now, limit, ends);

    let context = context(&health(vec![]));
    let incidents = Arc::clone(&context.incidents);
    incidents.round(&live, found, Moment::now());
    let server = serve(super::any_port(), context).expect("a server");
    let (stranger, token) = ("Host: shop.example", "Authorization: Bearer s3cret");
    let get = |path: &str, headers: &[&str]| {
        ask_with(server.local_addr(), &format!("GET {path}"), headers)
    };
    let list = get("/incidents", &[stranger, token]);
    let list: Value = serde_json::from_str(&list.body).expect("JSON");
    let first = &list["incidents"][0];
    assert_eq!(first["trigger"]["kind"], "stuck");
    assert_eq!(
        first["trigger"]["said"],
        "`Store::load` has a call open for 612 s"
    );
    let path = format!("/incidents/{}", first["id"].as_str().expect("an id"));
    for path in ["/incidents", path.as_str(), "/incidents/schema.json"] {
        assert_eq!(get(path, &[stranger]).status, 401, "{path}");
        assert_eq!(get(path, &[stranger, token]).status, 200, "{path}");
        let posted = ask(server.local_addr(), &format!("POST {path}"));
        assert_eq!(posted.status, 405, "{path}");
    }
    let one: Value = serde_json::from_str(&get(&path, &[stranger, token]).body).expect("JSON");
    let calls = one["calls"]["requests"].as_array().expect("a list");
    let trace_id = trace.ids.trace.to_string();
    let of_it = calls
        .iter()
        .find(|one| one["trace_id"] == trace_id.as_str());
    assert_eq!(of_it.expect("in flight")["calls"][1]["name"], "Store::load");
    let text = get(&path, &[stranger, token, "Accept: text/plain"]);
    let kind = text.header("content-type");
    assert!(kind.is_some_and(|kind| kind.starts_with("text/plain")));
    assert!(
        text.body
            .contains("trigger   `Store::load` has a call open for 612 s\n")
    );
    assert_eq!(get("/incidents?format=xml", &[stranger, token]).status, 400);
    trace.end_root(SpanEnd::new(clock::now(), Outcome::Ok));
}
