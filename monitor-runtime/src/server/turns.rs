//! Lets each peer begin one request at a time, so that many connections of one peer do not delay a
//! probe.
//!
//! The server has one thread. A peer with hundreds of connections, each with the next request
//! already sent, would have hundreds of ready tasks at every moment, and a probe would wait for all
//! of them. So a request asks for its turn first, and the tasks of waiting requests are not ready.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

/// Grants turns. Each connection asks for one at a time, which bounds the number that wait.
#[derive(Clone)]
pub(super) struct Turns(Arc<Round>);

/// One round: every peer has one turn in it.
#[derive(Default)]
struct Round {
    /// Peers that have had their turn, and their requests that wait for the next round.
    peers: Mutex<HashMap<IpAddr, VecDeque<oneshot::Sender<()>>>>,
    /// Notifies when a peer has had the first turn of a round.
    begun: Notify,
}

impl Turns {
    /// Starts the rounds on a task of the current runtime, which ends with the runtime.
    pub(super) fn new() -> Self {
        let round = Arc::new(Round::default());
        tokio::spawn(go_round(Arc::clone(&round)));
        Self(round)
    }

    /// Waits for a turn of this peer.
    ///
    /// The first turn of a round is granted at once. A probe that waited would wait for all ready
    /// tasks, and then once more to continue.
    pub(super) async fn take(&self, peer: IpAddr) {
        let Some(taken) = self.0.ask(peer) else {
            return;
        };
        // Without a sender the server is ending, and has time for a last answer.
        let _ = taken.await;
    }
}

impl Round {
    /// Returns the receiver of a later turn, if this peer has already had its turn of this round.
    fn ask(&self, peer: IpAddr) -> Option<oneshot::Receiver<()>> {
        let mut peers = self.peers();
        if let Some(waiting) = peers.get_mut(&peer) {
            let (turn, taken) = oneshot::channel();
            waiting.push_back(turn);
            return Some(taken);
        }
        if peers.is_empty() {
            self.begun.notify_one();
        }
        peers.insert(peer, VecDeque::new());
        None
    }

    /// Begins the next round. Returns `false` if nothing happened in the last one.
    fn next(&self) -> bool {
        let mut peers = self.peers();
        peers.retain(|_, waiting| {
            // A request whose connection has ended meanwhile does not take its turn.
            std::iter::from_fn(|| waiting.pop_front()).any(|turn| turn.send(()).is_ok())
        });
        !peers.is_empty()
    }

    fn peers(&self) -> MutexGuard<'_, HashMap<IpAddr, VecDeque<oneshot::Sender<()>>>> {
        self.peers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn go_round(round: Arc<Round>) {
    loop {
        round.begun.notified().await;
        // Returns once the tasks that are ready now have been polled, and sockets checked.
        tokio::task::yield_now().await;
        while round.next() {
            tokio::task::yield_now().await;
        }
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

    #[tokio::test]
    async fn the_first_turn_of_a_round_is_had_at_once_and_the_second_is_not() {
        let turns = Turns::new();
        let many: IpAddr = Ipv4Addr::LOCALHOST.into();
        let probe: IpAddr = Ipv4Addr::new(127, 0, 0, 2).into();
        let is_ready = |peer| {
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            let taken = std::pin::pin!(turns.take(peer));
            taken.poll(&mut context).is_ready()
        };
        assert!(is_ready(many) && !is_ready(many) && !is_ready(many));
        assert!(is_ready(probe) && !is_ready(probe));
        // Turns that were asked for above are not wanted any more.
        turns.take(probe).await;
        assert!(!is_ready(probe));
        // A round without a request is the last one.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        assert!(is_ready(probe) && is_ready(many));
    }
}
