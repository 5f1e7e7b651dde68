//! The models: each runs in every order there is, up to three preemptions.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use loom::thread;

use crate::base::outcome::Outcome;
use crate::base::sync;
use crate::callsite::counters::Shard;
use crate::callsite::site_snapshot::SiteSnapshot;
use crate::callsite::{FineCells, Site};
use crate::traces::slots::{Entry, Slots, SpanKey};

fn check(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    builder.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        model();
    });
    let runs = runs.load(Ordering::Relaxed);
    assert!(runs > 5, "{runs} orders are no model");
}

/// Checks a model of scrapes in which each cell has one owner.
fn check_scrape(model: impl Fn() + Send + Sync + 'static) {
    sync::owners_look(false);
    check(model);
}

fn site() -> &'static Site {
    Box::leak(Box::new(Site::new()))
}

/// Makes one call on a thread that ends after it.
fn thread_of_one_call(site: &'static Site, outcome: Outcome, class: Option<usize>) {
    let cells = Shard::claim(site, 0);
    cells.started();
    cells.ended(outcome, class, 7, None);
    cells.release();
}

fn scrape(site: &Site) -> SiteSnapshot {
    let mut sum = SiteSnapshot::default();
    site.store(0).add_to(site, &mut sum);
    let ended: u64 = sum.ended.iter().sum();
    assert!(
        ended <= sum.started,
        "nothing ends before it begins: {sum:?}"
    );
    sum
}

fn nothing_fell(before: &SiteSnapshot, after: &SiteSnapshot) {
    let pairs = before.ended.iter().zip(&after.ended);
    assert!(pairs.into_iter().all(|(before, after)| before <= after));
    let ticks = before.ticks.iter().zip(&after.ticks);
    assert!(ticks.into_iter().all(|(before, after)| before <= after));
    assert!(before.started <= after.started);
    assert!(before.polls <= after.polls && before.busy <= after.busy);
    assert!(before.classed <= after.classed && before.errors <= after.errors);
    let reasons = before.reasons.iter().zip(&after.reasons);
    assert!(reasons.into_iter().all(|(before, after)| before <= after));
}

#[test]
fn first_calls_that_race_are_all_counted() {
    check(|| {
        let site = site();
        let call = move || thread_of_one_call(site, Outcome::Ok, None);
        let (one, two) = (thread::spawn(call), thread::spawn(call));
        one.join().unwrap();
        two.join().unwrap();
        let sum = scrape(site);
        assert_eq!(
            (sum.started, sum.ended, sum.ticks),
            (2, [2, 0, 0], [14, 0, 0])
        );
    });
}

#[test]
fn a_thread_that_ends_while_it_is_scraped_loses_nothing() {
    check_scrape(|| {
        let site = site();
        thread_of_one_call(site, Outcome::Ok, None);
        let other = thread::spawn(move || thread_of_one_call(site, Outcome::Ok, None));
        let (first, second) = (scrape(site), scrape(site));
        nothing_fell(&first, &second);
        assert!((1..=2).contains(&second.ended[0]), "{second:?}");
        other.join().unwrap();
        assert_eq!(scrape(site).ended, [2, 0, 0]);
    });
}

#[test]
fn cells_given_back_are_counted_in_by_one_thread_at_a_time() {
    check(|| {
        let site = site();
        thread_of_one_call(site, Outcome::Cancelled, None);
        let call = move || thread_of_one_call(site, Outcome::Cancelled, None);
        let other = thread::spawn(call);
        call();
        other.join().unwrap();
        let sum = scrape(site);
        assert_eq!((sum.started, sum.ended[2], sum.ticks[2]), (3, 3, 21));
    });
}

#[test]
fn a_future_that_moves_to_another_thread_is_never_seen_to_end_first() {
    check_scrape(|| {
        let site = site();
        let (here, there) = (Shard::claim(site, 0), Shard::claim(site, 0));
        here.started();
        let elsewhere = thread::spawn(move || {
            there.ended_quickly(7);
            there.release();
        });
        // `scrape` holds what ended against what began.
        let seen = scrape(site);
        assert_eq!(seen.started, 1);
        elsewhere.join().unwrap();
        assert_eq!(scrape(site).ended, [1, 0, 0]);
    });
}

#[test]
fn a_call_that_was_suspended_takes_no_time_back() {
    check_scrape(|| {
        let site = site();
        thread_of_one_call(site, Outcome::Ok, None);
        let (here, there) = (Shard::claim(site, 0), Shard::claim(site, 0));
        here.started();
        here.suspended(3);
        there.suspended(4);
        let elsewhere = thread::spawn(move || {
            there.ended(Outcome::Ok, None, 100, Some(5));
            there.release();
        });
        let (first, second) = (scrape(site), scrape(site));
        nothing_fell(&first, &second);
        elsewhere.join().unwrap();
        let sum = scrape(site);
        assert_eq!((sum.polls, sum.busy), (4, 7 + 3 + 4 + 5), "{sum:?}");
        assert_eq!(sum.ticks, [107, 0, 0]);
    });
}

#[test]
fn a_call_that_failed_is_seen_whatever_else_ends_well() {
    check_scrape(|| {
        let site = site();
        thread_of_one_call(site, Outcome::Error, None);
        let other = thread::spawn(move || thread_of_one_call(site, Outcome::Ok, None));
        let seen = scrape(site);
        assert_eq!((seen.ended[1], seen.errors), (1, 1), "{seen:?}");
        other.join().unwrap();
        assert_eq!(scrape(site).ended, [1, 1, 0]);
    });
}

#[test]
fn classes_add_up_to_the_errors_of_a_page() {
    check_scrape(|| {
        let site = site();
        thread_of_one_call(site, Outcome::Error, None);
        let other = thread::spawn(move || thread_of_one_call(site, Outcome::Error, Some(0)));
        let seen = scrape(site);
        let counted = seen.errors + seen.classed;
        assert!(counted >= seen.ended[1], "{seen:?}");
        other.join().unwrap();
        let sum = scrape(site);
        nothing_fell(&seen, &sum);
        assert_eq!((sum.errors, sum.classed, sum.ended[1]), (1, 1, 2));
    });
}

#[test]
fn reasons_add_up_to_the_cancelled_calls_of_a_page() {
    check_scrape(|| {
        let site = site();
        thread_of_one_call(site, Outcome::Cancelled, None);
        let other = thread::spawn(move || thread_of_one_call(site, Outcome::Cancelled, Some(2)));
        let seen = scrape(site);
        assert!(
            seen.reasons.iter().sum::<u64>() >= seen.ended[2],
            "{seen:?}"
        );
        other.join().unwrap();
        let sum = scrape(site);
        nothing_fell(&seen, &sum);
        assert_eq!((sum.reasons, sum.ended[2]), ([0, 0, 1, 0, 1], 2));
    });
}

/// Begins a span whose values all tell its number.
fn begin(slots: &Slots, key: SpanKey) {
    let parent = SpanKey {
        number: key.number + 100,
        ..SpanKey::ROOT
    };
    slots.begin(key, parent, None, key.number + 10);
}

/// Asserts that each span a reader sees is one that began, whole.
fn read(slots: &Slots) -> Vec<(u64, bool)> {
    let whole = |entry: Entry| {
        let number = entry.key.number;
        assert_eq!(
            (entry.began, entry.parent.number),
            (number + 10, number + 100)
        );
        if let Some((ended, outcome)) = entry.ended {
            assert_eq!((ended, outcome), (number + 20, Outcome::Cancelled));
        }
        (number, entry.ended.is_some())
    };
    slots.read().map(whole).collect()
}

#[test]
fn a_reader_sees_a_span_whole_or_not_at_all() {
    check(|| {
        let slots = Arc::new(Slots::new());
        let other = Arc::clone(&slots);
        let call = thread::spawn(move || {
            let key = other.take().expect("a fresh place");
            begin(&other, key);
            other.end(key, key.number + 20, Outcome::Cancelled);
        });
        read(&slots);
        call.join().unwrap();
        assert_eq!(read(&slots), [(0, true)]);
    });
}

#[test]
fn spans_that_begin_at_once_have_places_of_their_own() {
    check(|| {
        let slots = Arc::new(Slots::new());
        let other = Arc::clone(&slots);
        let begin = |slots: &Slots| begin(slots, slots.take().expect("a fresh place"));
        let call = thread::spawn(move || begin(&other));
        begin(&slots);
        read(&slots);
        call.join().unwrap();
        assert_eq!(read(&slots), [(0, false), (1, false)]);
    });
}

#[test]
fn a_place_that_is_used_again_shows_no_mixture() {
    check(|| {
        let slots = Arc::new(Slots::new());
        let old = slots.take().expect("a fresh place");
        begin(&slots, old);
        slots.end(old, old.number + 20, Outcome::Cancelled);
        slots.vacate(old);
        let other = Arc::clone(&slots);
        let call = thread::spawn(move || begin(&other, SpanKey { number: 7, ..old }));
        let seen = read(&slots);
        assert!(seen.is_empty() || seen == [(7, false)], "{seen:?}");
        call.join().unwrap();
        assert_eq!(read(&slots), [(7, false)]);
    });
}

#[test]
fn a_span_is_read_whole_while_its_place_changes_hands() {
    check(|| {
        let slots = Arc::new(Slots::new());
        let old = slots.take().expect("a fresh place");
        begin(&slots, old);
        slots.end(old, old.number + 20, Outcome::Cancelled);
        let other = Arc::clone(&slots);
        let call = thread::spawn(move || {
            other.vacate(old);
            begin(&other, SpanKey { number: 7, ..old });
        });
        let seen = read(&slots);
        assert!(
            seen.is_empty() || seen == [(0, true)] || seen == [(7, false)],
            "{seen:?}"
        );
        call.join().unwrap();
    });
}

#[test]
fn a_call_that_waits_for_its_fine_cell_is_read_once() {
    check_scrape(|| {
        let cells = Arc::new(FineCells::new());
        // Both cells have had a call, and one waits.
        [7, 900, 7].into_iter().for_each(|ticks| cells.count(ticks));
        let owners = Arc::clone(&cells);
        let owner = thread::spawn(move || {
            owners.count(900);
            owners.count(7);
        });
        let first = cells.read();
        let second = cells.read();
        for (cell, calls) in &first {
            assert!(second.get(cell) >= Some(calls), "{first:?} {second:?}");
        }
        for sum in [&first, &second].map(|cells| cells.values().sum::<u64>()) {
            assert!((3..=5).contains(&sum), "{first:?} {second:?}");
        }
        owner.join().unwrap();
        let all = cells.read();
        assert!(
            second.iter().all(|(cell, calls)| all[cell] >= *calls),
            "{second:?} {all:?}"
        );
        assert_eq!(all.values().sum::<u64>(), 5);
    });
}
