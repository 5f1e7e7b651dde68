//! Room for so many connections at once, and who has to leave when there are more.
//!
//! A client that connects and sends nothing costs nothing to make, so thousands of them must not keep
//! a probe out. When all places are taken, a new connection gets that of one without a request: the
//! oldest, of the peer that has most. One that is being answered is never sent away.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The places of a server.
#[derive(Clone)]
pub(super) struct Places(Arc<Inner>);

struct Inner {
    most: usize,
    /// Oldest first.
    taken: Mutex<Vec<Arc<Place>>>,
    /// Told when one has become free, or may be taken from its connection again.
    changed: Notify,
}

struct Place {
    peer: IpAddr,
    /// Requests that are being answered.
    requests: AtomicUsize,
    given_away: Notify,
}

/// A place, as long as it is kept.
pub(super) struct Seat {
    place: Arc<Place>,
    places: Places,
}

/// A request that is being answered, as long as it is kept.
pub(super) struct InRequest(Arc<Seat>);

impl Places {
    pub(super) fn new(most: usize) -> Self {
        Self(Arc::new(Inner {
            most,
            taken: Mutex::default(),
            changed: Notify::new(),
        }))
    }

    /// A place for a connection of this peer, when there is one; one task at a time may wait.
    pub(super) async fn take(&self, peer: IpAddr) -> Seat {
        loop {
            if let Some(place) = self.try_take(peer) {
                return Seat {
                    place,
                    places: self.clone(),
                };
            }
            self.0.changed.notified().await;
        }
    }

    /// Waits until all places are free.
    pub(super) async fn all_free(&self) {
        while !self.taken().is_empty() {
            self.0.changed.notified().await;
        }
    }

    fn try_take(&self, peer: IpAddr) -> Option<Arc<Place>> {
        let mut taken = self.taken();
        if taken.len() >= self.0.most {
            let mut of_peer: HashMap<IpAddr, usize> = HashMap::new();
            for place in taken.iter() {
                *of_peer.entry(place.peer).or_default() += 1;
            }
            let idle = |place: &&Arc<Place>| place.requests.load(Ordering::Acquire) == 0;
            // Of equals the last is found, and the oldest is to go first.
            let idle = taken.iter().rev().filter(idle);
            let leaving = Arc::clone(idle.max_by_key(|place| of_peer[&place.peer])?);
            leaving.given_away.notify_one();
            taken.retain(|place| !Arc::ptr_eq(place, &leaving));
        }
        let place = Arc::new(Place {
            peer,
            requests: AtomicUsize::new(0),
            given_away: Notify::new(),
        });
        taken.push(Arc::clone(&place));
        Some(place)
    }

    fn taken(&self) -> MutexGuard<'_, Vec<Arc<Place>>> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Waits until the place was given to another connection.
    pub(super) async fn given_away(&self) {
        self.place.given_away.notified().await;
    }

    /// Keeps the place while a request is answered.
    pub(super) fn request(self: &Arc<Self>) -> InRequest {
        self.place.requests.fetch_add(1, Ordering::AcqRel);
        InRequest(Arc::clone(self))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let place = &self.place;
        self.places
            .taken()
            .retain(|other| !Arc::ptr_eq(other, place));
        self.places.0.changed.notify_one();
    }
}

impl Drop for InRequest {
    fn drop(&mut self) {
        let Self(seat) = self;
        seat.place.requests.fetch_sub(1, Ordering::AcqRel);
        seat.places.0.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const FEW: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    /// Peers in the order of their places.
    fn peers(places: &Places) -> Vec<IpAddr> {
        places.taken().iter().map(|place| place.peer).collect()
    }

    #[tokio::test]
    async fn the_oldest_idle_one_of_the_peer_with_most_leaves() {
        let places = Places::new(4);
        let few = places.take(FEW).await;
        let busy = Arc::new(places.take(MANY).await);
        let request = busy.request();
        let oldest = places.take(MANY).await;
        let newer = places.take(MANY).await;
        let newest = places.take(FEW).await;
        assert_eq!(peers(&places), [FEW, MANY, MANY, FEW]);
        oldest.given_away().await;
        drop(oldest);
        assert_eq!(peers(&places).len(), 4, "its place was another's already");
        drop(newer);
        let again = places.take(MANY).await;
        // Both have two places now, and the oldest of all is idle.
        let last = places.take(FEW).await;
        few.given_away().await;
        assert_eq!(peers(&places), [MANY, FEW, MANY, FEW]);
        drop(request);
        let _next = places.take(MANY).await;
        busy.given_away().await;
        drop((few, busy, newest, again, last));
    }

    #[tokio::test]
    async fn whoever_is_answered_stays_and_the_next_one_waits() {
        let places = Places::new(1);
        let seat = Arc::new(places.take(MANY).await);
        let request = seat.request();
        let mut next = std::pin::pin!(places.take(FEW));
        let polled = std::future::poll_fn(|context| {
            std::task::Poll::Ready(next.as_mut().poll(context).is_pending())
        });
        assert!(polled.await);
        drop(request);
        let next = next.await;
        seat.given_away().await;
        drop((seat, next));
        places.all_free().await;
    }
}
