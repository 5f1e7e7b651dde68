//! Tests of the room that urgent lines have beside a flood of others.

use super::*;

#[test]
fn a_flood_of_lines_leaves_the_room_of_urgent_ones() {
    let queue = Queue::new(Small::default(), 1000, 20);
    for _ in 0..200 {
        queue.push(b"ordinary\n");
    }
    let flood = queue.dropped();
    assert_eq!(200 - flood, 1000 / 9);
    queue.push_urgent(b"urgent\n");
    queue.push_urgent(b"urgent\n");
    assert_eq!(queue.dropped(), flood, "they have room");
    queue.push(b"ordinary\n");
    assert_eq!(queue.dropped(), flood + 1, "the flood has none");
    queue.push_urgent(b"too urgent\n");
    assert_eq!(queue.dropped(), flood + 2, "the reserve has an end, too");
    queue.sink.room.store(10_000, Ordering::Relaxed);
    queue.push_through(b"last\n");
    assert_eq!(queue.dropped(), flood + 2, "it has room as well");
    let text = String::from_utf8(queue.sink.text.lock().unwrap().clone()).expect("UTF-8");
    assert!(text.ends_with("ordinary\nurgent\nurgent\nlast\n"), "{text}");
}
