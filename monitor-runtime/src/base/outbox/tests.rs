use std::sync::Arc;
use std::thread;

use super::*;

fn outbox(max_bytes: usize) -> (Outbox<u32>, Turn) {
    let outbox = Outbox::new(max_bytes);
    let turn = outbox.open();
    (outbox, turn)
}

#[test]
fn an_item_that_does_not_fit_is_given_back() {
    let (outbox, turn) = outbox(10);
    assert_eq!(outbox.put(1, 6), Ok(()));
    assert_eq!(outbox.put(2, 5), Err(2));
    assert_eq!(outbox.put(3, 4), Ok(()));
    assert_eq!(outbox.take(turn, 1, Duration::ZERO), Some(vec![1]));
    assert!(!outbox.is_empty(), "it is being sent");
    assert_eq!(outbox.put(4, 6), Ok(()), "its bytes are free");
    outbox.sent(turn);
    assert_eq!(outbox.close(), [3, 4]);
    assert!(outbox.is_empty());
    assert_eq!(outbox.put(5, 1), Err(5));
    assert_eq!(outbox.take(turn, 1, Duration::ZERO), None);
    let next = outbox.open();
    assert_eq!(outbox.put(6, 10), Ok(()), "it can be opened again");
    assert_eq!(
        outbox.take(turn, 1, Duration::ZERO),
        None,
        "the late sender ends"
    );
    assert_eq!(outbox.take(next, 1, Duration::ZERO), Some(vec![6]));
}

#[test]
fn a_batch_waits_for_more_but_not_for_a_flush() {
    let (outbox, turn) = outbox(100);
    let outbox = Arc::new(outbox);
    let sender = Arc::clone(&outbox);
    let (batches, taken) = std::sync::mpsc::channel();
    let sender = thread::spawn(move || {
        while let Some(batch) = sender.take(turn, 20, Duration::from_secs(600)) {
            batches.send(batch).expect("the test waits");
            sender.sent(turn);
        }
    });
    outbox.put(1, 10).expect("there is room");
    outbox.put(2, 10).expect("there is room");
    let next = || {
        taken
            .recv_timeout(Duration::from_secs(60))
            .expect("a batch")
    };
    assert_eq!(next(), [1, 2], "enough");
    outbox.put(3, 1).expect("there is room");
    assert!(outbox.flush(Duration::from_secs(60)));
    assert_eq!(next(), [3], "flushed");
    assert!(outbox.flush(Duration::ZERO), "nothing waits");
    outbox.put(4, 1).expect("there is room");
    assert_eq!(outbox.close(), [4]);
    sender.join().expect("the sender ends");
}

#[test]
fn a_flush_gives_up_after_its_time() {
    let (outbox, _) = outbox(10);
    outbox.put(1, 1).expect("there is room");
    assert!(!outbox.flush(Duration::from_millis(10)));
    assert_eq!(outbox.retain(|_| false), [1]);
    assert!(outbox.flush(Duration::ZERO));
}
