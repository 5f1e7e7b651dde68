use super::*;

fn call(text: &str) -> Call {
    Call {
        at: SystemTime::now(),
        seconds: Some(0.1),
        outcome: Outcome::Ok,
        trace: String::new(),
        fields: vec![Recorded::Text(text.into())].into(),
    }
}

fn failure(text: &str) -> Failure {
    Failure {
        call: call("field"),
        times: 1,
        first: true,
        expected: false,
        class: "",
        chain: vec![Link {
            type_name: "Error".into(),
            text: text.into(),
        }],
    }
}

fn texts(recent: &Recent) -> Vec<(String, u64)> {
    let failures = recent.failures().into_iter();
    failures
        .map(|failure| (failure.chain[0].text.clone(), failure.times))
        .collect()
}

#[test]
fn the_slowest_are_kept_and_others_turned_away() {
    let recent = Recent::default();
    for ticks in [3, 9, 1, 7, 5] {
        assert!(recent.admits(1000, ticks), "there is room");
        recent.keep_slow(ticks, 1000 + ticks, call(&ticks.to_string()));
    }
    assert!(!recent.admits(1000, 1), "no slower than the fastest kept");
    assert!(recent.admits(1000, 2));
    recent.keep_slow(8, 1008, call("8"));
    let kept: Vec<String> = recent
        .slow()
        .iter()
        .map(|c| c.fields[0].to_string())
        .collect();
    assert_eq!(kept, ["9", "8", "7", "5", "3"]);
}

#[test]
fn calls_of_ten_minutes_ago_make_room() {
    let recent = Recent::default();
    let minutes = |n: u64| clock::ticks_of(n * 60_000_000_000);
    for _ in 0..SLOW {
        recent.keep_slow(minutes(1), minutes(1), call("start-up"));
    }
    assert!(!recent.admits(minutes(10), 5));
    let later = minutes(11) + minutes(1);
    assert!(recent.admits(later, 5), "they are no recent ones any more");
    recent.keep_slow(5, later + 5, call("now"));
    let kept: Vec<String> = recent
        .slow()
        .iter()
        .map(|c| c.fields[0].to_string())
        .collect();
    assert_eq!(kept, ["now"]);
}

#[test]
fn a_storm_of_one_error_leaves_the_others() {
    let recent = Recent::default();
    let before = failed();
    recent.keep_failure(failure("rare"));
    for _ in 0..1000 {
        recent.keep_failure(failure("again"));
    }
    assert!(failed() >= before + 1001);
    assert_eq!(texts(&recent), [("again".into(), 1000), ("rare".into(), 1)]);
    for n in 0..10 {
        recent.keep_failure(failure(&n.to_string()));
    }
    assert_eq!(texts(&recent).len(), FAILURES);
    assert_eq!(texts(&recent)[0], ("9".into(), 1));
}

#[test]
fn what_is_kept_is_bounded_in_bytes() {
    let recent = Recent::default();
    let mut huge = failure(&"é".repeat(10_000));
    huge.call = call(&"x".repeat(10_000));
    huge.chain = vec![huge.chain[0].clone(); 20];
    recent.keep_failure(huge.clone());
    recent.keep_slow(1, 1, huge.call);
    let kept = &recent.failures()[0];
    assert_eq!(kept.chain.len(), LINKS);
    for link in &kept.chain {
        assert!(link.text.len() <= LINK_BYTES + '…'.len_utf8() && link.text.ends_with('…'));
    }
    for call in [&kept.call, &recent.slow()[0]] {
        assert!(call.fields[0].to_string().len() <= FIELD_BYTES + '…'.len_utf8());
    }
}
