//! Tests of the room that urgent lines have beside a flood of others.

use super::*;

#[test]
fn a_flood_of_lines_leaves_the_room_of_urgent_ones() {
    let queue = Queue::new(Small::default(), 1000, 20);
    for _ in 0..200 {
        queue.push(b"ordinary\n", Room::Ordinary);
    }
    let flood = queue.dropped();
    assert_eq!(200 - flood, 1000 / 9);
    queue.push(b"urgent\n", Room::Urgent);
    queue.push(b"urgent\n", Room::Urgent);
    assert_eq!(queue.dropped(), flood, "they have room");
    queue.push(b"ordinary\n", Room::Ordinary);
    assert_eq!(queue.dropped(), flood + 1, "the flood has none");
    queue.push(b"too urgent\n", Room::Urgent);
    assert_eq!(queue.dropped(), flood + 2, "the reserve has an end, too");
    queue.sink.room.store(10_000, Ordering::Relaxed);
    queue.push_through(b"last\n", Room::Urgent);
    assert_eq!(queue.dropped(), flood + 2, "it has room as well");
    let text = String::from_utf8(queue.sink.text.lock().unwrap().clone()).expect("UTF-8");
    assert!(text.ends_with("ordinary\nurgent\nurgent\nlast\n"), "{text}");
}

#[test]
fn threads_that_log_little_leave_most_of_the_room() {
    const THREADS: usize = 100;
    let queue = Queue::new(Small::default(), THREADS * 1024, 0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| queue.push(&[b'x'; 512], Room::Ordinary));
        }
    });
    assert_eq!(queue.dropped(), 0, "half of the room is left");
}

#[test]
fn a_line_that_is_longer_than_the_room_is_written_if_none_waits() {
    let queue = Queue::new(Small::default(), 100, 0);
    queue.sink.room.store(1_000, Ordering::Relaxed);
    queue.push(&[b'x'; 300], Room::Ordinary);
    queue.push(&[b'y'; 300], Room::Ordinary);
    assert_eq!(queue.dropped(), 1, "another one waits");
    queue.push_through(b"z", Room::Urgent);
    assert_eq!(queue.dropped(), 1);
    queue.push_through(&[b'z'; 300], Room::Urgent);
    assert_eq!(queue.dropped(), 1);
    let text = queue.sink.text.lock().unwrap().clone();
    assert_eq!(text, [&[b'x'; 300][..], &[b'z'; 301]].concat());
}
