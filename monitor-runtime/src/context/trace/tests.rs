use std::collections::HashSet;

use super::*;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn headers(given: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        headers.append(
            *name,
            HeaderValue::from_str(value).expect("a header's value"),
        );
    }
    headers
}

fn extract(parent: &str) -> Option<TraceContext> {
    TraceContext::extract(&headers(&[("traceparent", parent)]))
}

fn state(values: &[&str]) -> Option<String> {
    let mut given = vec![("traceparent", PARENT)];
    given.extend(values.iter().map(|value| ("tracestate", *value)));
    let context = TraceContext::extract(&headers(&given)).expect("the parent counts");
    context.tracestate().map(str::to_owned)
}

#[test]
fn a_parent_is_read_and_written_alike() {
    let context = extract(PARENT).expect("valid");
    assert_eq!(
        context.trace_id().to_string(),
        "0af7651916cd43dd8448eb211c80319c"
    );
    assert_eq!(context.span_id().to_string(), "b7ad6b7169203331");
    assert!(context.is_sampled());
    assert_eq!(context.traceparent(), PARENT);
    let child = context.child();
    assert_eq!(child.trace_id(), context.trace_id());
    assert_ne!(child.span_id(), context.span_id());
}

#[test]
fn flags_beside_sampled_are_not_passed_on() {
    let with = |flags: &str| format!("{}{flags}", &PARENT[..53]);
    for (flags, expected) in [("00", "00"), ("02", "00"), ("03", "01"), ("ff", "01")] {
        let context = extract(&with(flags)).expect("valid");
        assert_eq!(context.traceparent(), with(expected));
    }
}

#[test]
fn later_versions_are_read_as_the_first() {
    let later = |version: &str, more: &str| format!("{version}{}{more}", &PARENT[2..]);
    for (version, more) in [
        ("01", ""),
        ("cc", ""),
        ("cc", "-"),
        ("fe", "-what-the-future-will-be"),
    ] {
        let context = extract(&later(version, more)).expect("valid");
        assert_eq!(context.traceparent(), PARENT, "{version} {more}");
    }
    for (version, more) in [
        ("00", "-"),
        ("00", "-x"),
        ("ff", ""),
        ("cc", ".x"),
        ("cc", "0"),
    ] {
        assert_eq!(extract(&later(version, more)), None, "{version} {more}");
    }
}

#[test]
fn a_malformed_parent_is_no_parent() {
    let malformed = [
        "",
        "00",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "0-00af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "..-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319-cb7ad6b7169203331-01",
    ];
    for parent in malformed {
        assert_eq!(extract(parent), None, "{parent:?}");
    }
    let twice = headers(&[("traceparent", PARENT), ("traceparent", PARENT)]);
    assert_eq!(TraceContext::extract(&twice), None);
    let mut bytes = HeaderMap::new();
    let noise: Vec<u8> = (0x80..0x80 + 55).collect();
    bytes.insert(
        "traceparent",
        HeaderValue::from_bytes(&noise).expect("opaque bytes"),
    );
    assert_eq!(TraceContext::extract(&bytes), None);
}

#[test]
fn a_state_is_one_list() {
    let read = |values: &[&str]| state(values).unwrap_or_default();
    assert_eq!(read(&["a=1"]), "a=1");
    assert_eq!(read(&["a=1,b=2", "c=3"]), "a=1,b=2,c=3");
    assert_eq!(read(&[" a=1 ,\tb=2,, "]), "a=1,b=2");
    assert_eq!(read(&["0t@v=x y", "a*/_-z=~"]), "0t@v=x y,a*/_-z=~");
    assert_eq!(state(&["", " , "]), None);
}

#[test]
fn a_malformed_state_is_none() {
    for value in [
        "a", "=1", "a=", "A=1", "a=1=2", "a =1", "-a=1", "a=1,b", "a=\u{e9}",
    ] {
        assert_eq!(state(&[value]), None, "{value}");
    }
    let member = |key: usize, value: usize| format!("{}={}", "k".repeat(key), "v".repeat(value));
    assert_eq!(state(&[&member(257, 1)]), None);
    assert_eq!(state(&[&member(1, 257)]), None);
    let many = |count: usize| {
        (0..count)
            .map(|n| format!("k{n}=v"))
            .collect::<Vec<_>>()
            .join(",")
    };
    assert_eq!(state(&[&many(32)]), Some(many(32)));
    assert_eq!(state(&[&many(33)]), None);
}

#[test]
fn a_long_state_is_cut_between_members() {
    let member = |key: char, length: usize| format!("{key}={}", "v".repeat(length - 2));
    let [a, b, c, d] = ['a', 'b', 'c', 'd'].map(|key| member(key, 128));
    let long = member('l', 129);
    assert_eq!(
        state(&[&[a.as_str(), &b, &c, &d].join(",")]),
        Some([a.as_str(), &b, &c].join(",")),
        "the last goes",
    );
    assert_eq!(
        state(&[&[long.as_str(), &a, &b, &c].join(",")]),
        Some([a.as_str(), &b, &c].join(",")),
        "a long one goes first",
    );
}

#[test]
fn a_context_is_there_where_it_was_put() {
    let outer = TraceContext::new();
    let inner = TraceContext::extract(&headers(&[("traceparent", PARENT), ("tracestate", "a=1")]));
    let inner = inner.expect("valid");
    assert_eq!(trace_context(), None);
    outer.scope(|| {
        inner.scope(|| {
            assert_eq!(trace_context().as_ref(), Some(&inner));
            assert_eq!(current_ids(), Some(inner.ids()));
        });
        assert_eq!(
            trace_context().as_ref(),
            Some(&outer),
            "its state is gone too"
        );
        let unwound = std::panic::catch_unwind(|| inner.scope(|| panic!("on purpose")));
        assert!(unwound.is_err());
        assert_eq!(current_trace_id(), Some(outer.trace_id()));
    });
    assert_eq!(trace_context(), None);
    assert_eq!(current_ids(), None);
}

#[test]
fn what_is_injected_replaces_what_was_there() {
    let mut request = headers(&[
        ("traceparent", "x"),
        ("tracestate", "old=1"),
        ("tracestate", "b=2"),
    ]);
    let before = request.clone();
    inject(&mut request);
    assert_eq!(request, before, "there is no context");
    let context = TraceContext::new();
    context.scope(|| inject(&mut request));
    assert_eq!(TraceContext::extract(&request), Some(context));
    assert!(!request.contains_key("tracestate"));
}

#[test]
fn ids_are_random() {
    let ids: HashSet<_> = (0..1000)
        .map(|_| TraceContext::new())
        .map(|context| (context.trace_id(), context.span_id()))
        .collect();
    assert_eq!(ids.len(), 1000);
    // Each bit is set in about half of them: 6 standard deviations allow for 95 more or less.
    for bit in 0..128 {
        let set = ids
            .iter()
            .filter(|(id, _)| id.0[bit / 8] >> (bit % 8) & 1 == 1);
        let set = set.count();
        assert!(
            (405..=595).contains(&set),
            "bit {bit} is set in {set} of 1000"
        );
    }
}
