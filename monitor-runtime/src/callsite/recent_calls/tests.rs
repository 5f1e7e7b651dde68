use super::kinds::{MAX_KINDS, MAX_LINK_BYTES, MAX_LINKS};
use super::*;

fn call(text: &str) -> Call {
    Call {
        at: SystemTime::now(),
        seconds: Some(0.1),
        outcome: Outcome::Ok,
        cancelled: None,
        trace: String::new(),
        fields: vec![FieldValue::Text(text.into())].into(),
    }
}

fn failure(text: &str) -> Failure {
    Failure {
        call: Call {
            outcome: Outcome::Error,
            ..call("field")
        },
        times: 1,
        since: SystemTime::now(),
        first: true,
        expected: false,
        class: "",
        chain: vec![Link {
            type_name: "Error".into(),
            text: text.into(),
        }],
        kind: 0,
        version: 0,
    }
}

fn of_class(class: &'static str, text: &str) -> Failure {
    Failure {
        class,
        ..failure(text)
    }
}

fn of_type(class: &'static str, name: &str) -> Failure {
    let mut failure = of_class(class, "it failed");
    failure.chain[0].type_name = name.into();
    failure
}

fn panic_at(message: &str, line: u32) -> Failure {
    let mut failure = failure(&format!("panic: {message} at src/main.rs:{line}"));
    failure.call.outcome = Outcome::Panic;
    failure
}

/// The class, the latest text and the count of each kind, the latest first.
fn kinds(recent: &Recent) -> Vec<(&'static str, String, u64)> {
    let failures = recent.failures().into_iter();
    failures
        .map(|failure| (failure.class, failure.chain[0].text.clone(), failure.times))
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
fn a_text_with_an_id_makes_no_kind() {
    let recent = Recent::default();
    let before = failed();
    for _ in 0..500 {
        recent.keep_failure(of_class("BankDown", "bank unavailable"));
    }
    for n in 0..201 {
        let mut declined = of_class("Declined", &format!("card {n} declined"));
        declined.expected = true;
        recent.keep_failure(declined);
    }
    for n in 0..1000 {
        recent.keep_failure(of_class("Missing", &format!("row {n} is not there")));
    }
    assert!(failed() >= before + 1701);
    let expected = [
        ("Missing", "row 999 is not there".to_owned(), 1000),
        ("Declined", "card 200 declined".to_owned(), 201),
        ("BankDown", "bank unavailable".to_owned(), 500),
    ];
    assert_eq!(kinds(&recent), expected);
    let missing = &recent.failures()[0];
    assert!(missing.since <= missing.call.at);
    assert!(missing.version > recent.failures()[1].version);
    assert_ne!(missing.kind, recent.failures()[1].kind);
}

#[test]
fn no_kind_takes_the_last_place_of_another_class() {
    let recent = Recent::default();
    recent.keep_failure(of_class("Rare", "once"));
    recent.keep_failure(panic_at("once too", 1));
    for n in 0..100 {
        recent.keep_failure(of_type("Common", &format!("Type{n}")));
    }
    let kept = recent.failures();
    assert_eq!(kept.len(), MAX_KINDS);
    let types = kept.iter().map(|kind| kind.chain[0].type_name.as_str());
    let common: Vec<&str> = types.filter(|name| name.starts_with("Type")).collect();
    let latest = ["99", "98", "97", "96", "95", "94", "93", "92"].map(|n| format!("Type{n}"));
    assert_eq!(common, latest, "the one that failed longest ago leaves");
    assert_eq!(kinds(&recent)[8].1, "panic: once too at src/main.rs:1");
    assert_eq!(kinds(&recent)[9].0, "Rare");

    // Each class of a function with many has one kind at least.
    let classes: Vec<&'static str> = (0..64).map(|n| &*format!("c{n}").leak()).collect();
    let recent = Recent::default();
    for round in 0..3 {
        for class in &classes {
            recent.keep_failure(of_type(class, &format!("Type{round}")));
        }
    }
    let kept = kinds(&recent);
    assert_eq!(kept.len(), 64);
    assert!(
        classes
            .iter()
            .all(|class| kept.iter().any(|kind| kind.0 == *class))
    );
}

#[test]
fn a_kind_is_its_class_its_types_and_what_became_of_it() {
    let recent = Recent::default();
    let mut passed_on = of_type("", "Io");
    passed_on.first = false;
    let mut wrapped = of_type("", "Io");
    wrapped.chain.push(wrapped.chain[0].clone());
    for failure in [
        of_type("", "Io"),
        of_type("", "Parse"),
        of_type("Io", "Io"),
        passed_on,
        wrapped,
    ] {
        recent.keep_failure(failure.clone());
        recent.keep_failure(failure);
    }
    let times: Vec<u64> = kinds(&recent).iter().map(|kind| kind.2).collect();
    assert_eq!(times, [2; 5]);
    // A panic is known by its line, however long its message is.
    let recent = Recent::default();
    for n in 0..10 {
        recent.keep_failure(panic_at(&format!("order {n} {}", "x".repeat(1000)), 7));
        recent.keep_failure(panic_at(&format!("order {n} at home"), 8));
    }
    let times: Vec<u64> = kinds(&recent).iter().map(|kind| kind.2).collect();
    assert_eq!(times, [10, 10]);
}

#[test]
fn what_is_kept_is_bounded_in_bytes() {
    let recent = Recent::default();
    let mut huge = failure(&"é".repeat(10_000));
    huge.call = call(&"x".repeat(10_000));
    huge.chain = vec![huge.chain[0].clone(); 20];
    recent.keep_failure(huge.clone());
    recent.keep_slow(1, 1, huge.call.clone());
    let kept = &recent.failures()[0];
    assert_eq!(kept.chain.len(), MAX_LINKS);
    for link in &kept.chain {
        assert!(link.text.len() <= MAX_LINK_BYTES + '…'.len_utf8() && link.text.ends_with('…'));
    }
    for call in [&kept.call, &recent.slow()[0]] {
        assert!(call.fields[0].to_string().len() <= FIELD_BYTES + '…'.len_utf8());
    }
    for n in 0..66 {
        huge.class = Box::leak(format!("c{n}").into_boxed_str());
        recent.keep_failure(huge.clone());
    }
    let bytes = recent.failures().into_iter().map(|kind| {
        let chain = kind.chain.iter().map(|link| link.text.len()).sum::<usize>();
        chain + kind.call.fields[0].to_string().len()
    });
    let bytes: usize = bytes.sum();
    assert!(bytes < 80_000, "{bytes} bytes");
}
