//! Turns: the requests of many connections are begun one of each peer at a time.
//!
//! The server has one thread. A peer with hundreds of connections, each with the next request sent
//! already, would have hundreds of tasks ready at every moment, and a probe would wait for all of them.
//! So a request asks for its turn first, and the tasks of those that wait are not ready.

use std::collections::VecDeque;
use std::net::IpAddr;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

/// Hands out turns; each connection asks for one at a time, which bounds those that wait.
#[derive(Clone)]
pub(super) struct Turns(UnboundedSender<Asked>);

type Asked = (IpAddr, oneshot::Sender<()>);

impl Turns {
    /// Hands out turns on a task of its own, until the last clone is dropped.
    pub(super) fn new() -> Self {
        let (ask, asked) = unbounded_channel();
        tokio::spawn(hand_out(asked));
        Self(ask)
    }

    /// Waits for a turn of this peer's.
    pub(super) async fn take(&self, peer: IpAddr) {
        let (turn, taken) = oneshot::channel();
        if self.0.send((peer, turn)).is_ok() {
            // Without a sender the server ends, and has time for a last answer.
            let _ = taken.await;
        }
    }
}

async fn hand_out(mut asked: UnboundedReceiver<Asked>) {
    let mut peers: VecDeque<(IpAddr, VecDeque<oneshot::Sender<()>>)> = VecDeque::new();
    loop {
        let next = if peers.is_empty() {
            match asked.recv().await {
                Some(next) => Some(next),
                None => return,
            }
        } else {
            asked.try_recv().ok()
        };
        if let Some((peer, turn)) = next {
            match peers.iter_mut().find(|(known, _)| *known == peer) {
                Some((_, waiting)) => waiting.push_back(turn),
                None => peers.push_back((peer, VecDeque::from([turn]))),
            }
            continue;
        }
        for _ in 0..peers.len() {
            let Some((peer, mut waiting)) = peers.pop_front() else {
                break;
            };
            // One whose connection has ended meanwhile takes nothing.
            while let Some(turn) = waiting.pop_front() {
                if turn.send(()).is_ok() {
                    break;
                }
            }
            if !waiting.is_empty() {
                peers.push_back((peer, waiting));
            }
        }
        // Until the tasks that are ready now have been polled, and sockets have been looked at.
        tokio::task::yield_now().await;
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[tokio::test]
    async fn a_peer_with_one_request_does_not_wait_for_one_with_many() {
        let turns = Turns::new();
        let order = Arc::new(Mutex::new(Vec::new()));
        let tasks: Vec<_> = (0..101_u8)
            .map(|number| {
                let peer = Ipv4Addr::new(127, 0, 0, 1 + number / 100).into();
                let (turns, order) = (turns.clone(), Arc::clone(&order));
                tokio::spawn(async move {
                    turns.take(peer).await;
                    order.lock().unwrap().push(number);
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let order = order.lock().unwrap();
        let place = order.iter().position(|number| *number == 100).unwrap();
        assert!(place <= 2, "{order:?}");
    }
}
