//! Limits the number of connections, and decides which one has to leave if there are more.
//!
//! A client that connects and sends nothing costs its sender nothing, and one that asks and reads
//! nothing hardly more. Thousands of them must not keep a probe out. If all places are taken, a new
//! connection gets one of the peer that has most, see [`leaving`].

use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::timeout;

/// The time after which a client that is being answered and takes nothing has stopped reading.
const STALL_TIMEOUT: Duration = Duration::from_secs(2);

/// The interval at which a connection without a place checks for one that has stalled meanwhile.
const LOOK_INTERVAL: Duration = Duration::from_millis(100);

/// The places of a server.
#[derive(Clone)]
pub(super) struct Slots(Arc<Inner>);

struct Inner {
    most: usize,
    /// The number of connections that may wait for a place at once.
    most_waiting: usize,
    began: Instant,
    waiting: AtomicUsize,
    /// Oldest first.
    taken: Mutex<Vec<Arc<Place>>>,
    /// Notifies when a place has become free, or may be taken from its connection again.
    changed: Notify,
    /// Notifies when a place has become free.
    freed: Notify,
}

struct Place {
    peer: IpAddr,
    /// The number of places of this peer, shared by all of them.
    of_peer: Arc<AtomicUsize>,
    /// The number of requests that are being answered.
    requests: AtomicUsize,
    /// The time at which its client last took something, in milliseconds since the server began.
    progress: AtomicU64,
    given_away: Notify,
}

/// A taken place. Dropping it frees the place.
pub(super) struct Slot {
    place: Arc<Place>,
    places: Slots,
}

/// A request that is being answered. Dropping it ends that.
pub(super) struct InRequest(Arc<Slot>);

/// A connection that waits for a place. Dropping it ends the wait.
pub(super) struct Waiting(Slots);

impl Slots {
    pub(super) fn new(most: usize, most_waiting: usize) -> Self {
        Self(Arc::new(Inner {
            most,
            most_waiting,
            began: Instant::now(),
            waiting: AtomicUsize::new(0),
            taken: Mutex::default(),
            changed: Notify::new(),
            freed: Notify::new(),
        }))
    }

    /// Returns a permit to wait for a place, unless too many connections wait already.
    pub(super) fn wait(&self) -> Option<Waiting> {
        let before = self.0.waiting.fetch_add(1, Ordering::AcqRel);
        let waiting = Waiting(self.clone());
        (before < self.0.most_waiting).then_some(waiting)
    }

    /// Waits for a place for a connection of this peer.
    pub(super) async fn take(&self, peer: IpAddr) -> Slot {
        loop {
            if let Some(seat) = self.try_take(peer) {
                return seat;
            }
            // A client becomes stalled by the mere passing of time, without a notification.
            let _ = timeout(LOOK_INTERVAL, self.0.changed.notified()).await;
        }
    }

    /// Returns a place for a connection of this peer, if there is one now.
    pub(super) fn try_take(&self, peer: IpAddr) -> Option<Slot> {
        let mut taken = self.taken();
        if taken.len() >= self.0.most {
            self.send_away(&mut taken, peer)?;
        }
        let own = taken.iter().find(|place| place.peer == peer);
        let of_peer = own.map(|place| Arc::clone(&place.of_peer));
        let of_peer = of_peer.unwrap_or_default();
        of_peer.fetch_add(1, Ordering::Relaxed);
        let place = Arc::new(Place {
            peer,
            of_peer,
            requests: AtomicUsize::new(0),
            progress: AtomicU64::new(self.now()),
            given_away: Notify::new(),
        });
        taken.push(Arc::clone(&place));
        Some(Slot {
            place,
            places: self.clone(),
        })
    }

    /// Makes room for a connection of this peer because the system has no descriptor left, unless
    /// only `few` places are taken.
    pub(super) fn make_room(&self, peer: IpAddr, few: usize) {
        let mut taken = self.taken();
        if taken.len() > few {
            self.send_away(&mut taken, peer);
        }
    }

    /// Waits until all places are free.
    pub(super) async fn all_free(&self) {
        while !self.taken().is_empty() {
            let _ = timeout(LOOK_INTERVAL, self.0.freed.notified()).await;
        }
    }

    fn send_away(&self, taken: &mut Vec<Arc<Place>>, newcomer: IpAddr) -> Option<()> {
        let leaving = leaving(taken, newcomer, self.now())?;
        leaving.given_away.notify_one();
        remove(taken, &leaving);
        Some(())
    }

    /// Returns the milliseconds since the server began.
    fn now(&self) -> u64 {
        u64::try_from(self.0.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn taken(&self) -> MutexGuard<'_, Vec<Arc<Place>>> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the place that a newcomer gets, if one has to leave for it:
///
/// 1. the oldest without a request, of the peer that has most;
/// 2. else, of the peer that has most and more than the newcomer's, the one whose client has taken
///    nothing for the longest time;
/// 3. else one whose client has stopped reading.
///
/// A peer never loses a place to one that has more.
fn leaving(taken: &[Arc<Place>], newcomer: IpAddr, now: u64) -> Option<Arc<Place>> {
    let has = |place: &Arc<Place>| place.of_peer.load(Ordering::Relaxed);
    let own = taken.iter().find(|place| place.peer == newcomer);
    let own = own.map_or(0, has);
    let idle = |place: &&Arc<Place>| place.requests.load(Ordering::Acquire) == 0;
    let progress = |place: &Arc<Place>| place.progress.load(Ordering::Relaxed);
    // `max_by_key` returns the last of equals, and the oldest is to go first.
    let candidates = || taken.iter().rev().filter(|place| has(place) >= own);
    let found = candidates().filter(idle).max_by_key(|place| has(place));
    let found = found.or_else(|| {
        let key = |place: &&Arc<Place>| (has(place), u64::MAX - progress(place));
        let slowest = candidates().max_by_key(key)?;
        (has(slowest) > own + 1).then_some(slowest)
    });
    let found = found.or_else(|| {
        let slowest = candidates().min_by_key(|place| progress(place))?;
        let still = Duration::from_millis(now.saturating_sub(progress(slowest)));
        (still > STALL_TIMEOUT).then_some(slowest)
    });
    found.cloned()
}

fn remove(taken: &mut Vec<Arc<Place>>, place: &Arc<Place>) {
    let known = taken.iter().position(|other| Arc::ptr_eq(other, place));
    if let Some(known) = known {
        taken.remove(known);
        place.of_peer.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Slot {
    /// Waits until the place has been given to another connection.
    pub(super) async fn given_away(&self) {
        self.place.given_away.notified().await;
    }

    /// Keeps the place while a request is answered.
    pub(super) fn request(self: &Arc<Self>) -> InRequest {
        self.progressed();
        self.place.requests.fetch_add(1, Ordering::AcqRel);
        InRequest(Arc::clone(self))
    }

    /// Notes that the client has read something.
    pub(super) fn progressed(&self) {
        let now = self.places.now();
        self.place.progress.store(now, Ordering::Relaxed);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        remove(&mut self.places.taken(), &self.place);
        self.places.0.changed.notify_one();
        self.places.0.freed.notify_one();
    }
}

impl Drop for InRequest {
    fn drop(&mut self) {
        let Self(seat) = self;
        seat.place.requests.fetch_sub(1, Ordering::AcqRel);
        seat.places.0.changed.notify_one();
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANY: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));
    const FEW: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2));

    /// Peers in the order of their places.
    fn peers(places: &Slots) -> Vec<IpAddr> {
        places.taken().iter().map(|place| place.peer).collect()
    }

    #[tokio::test]
    async fn the_oldest_idle_one_of_the_peer_with_most_leaves() {
        let places = Slots::new(4, 1);
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
    async fn a_connection_that_is_answered_stays_and_the_next_one_waits() {
        let places = Slots::new(1, 1);
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

    #[tokio::test]
    async fn a_peer_that_has_all_places_gives_one_up_for_another_and_gets_none_from_it() {
        let places = Slots::new(3, 1);
        let mut seats = Vec::new();
        for _ in 0..3 {
            seats.push(Arc::new(places.take(MANY).await));
        }
        let requests: Vec<_> = seats.iter().map(Slot::request).collect();
        // The second and the third take what they are sent; the first does not.
        std::thread::sleep(Duration::from_millis(5));
        seats[1].progressed();
        seats[2].progressed();
        let probe = places.try_take(FEW).expect("it is another peer's turn");
        seats[0].given_away().await;
        assert_eq!(peers(&places), [MANY, MANY, FEW]);
        assert!(
            places.try_take(MANY).is_none(),
            "the probe has no request yet"
        );
        drop((probe, requests));
    }

    #[tokio::test]
    async fn a_client_that_stops_reading_makes_way_for_its_own_peer() {
        let places = Slots::new(1, 1);
        let seat = Arc::new(places.take(MANY).await);
        let _request = seat.request();
        assert!(places.try_take(MANY).is_none());
        let begin = Instant::now();
        let _next = places.take(MANY).await;
        assert!(begin.elapsed() > STALL_TIMEOUT);
    }

    #[test]
    fn so_many_connections_wait_and_no_more() {
        let places = Slots::new(1, 3);
        let mut waiting: Vec<_> = (0..3).map(|_| places.wait()).collect();
        assert!(waiting.iter().all(Option::is_some));
        assert!(places.wait().is_none());
        waiting.pop();
        assert!(places.wait().is_some());
    }
}
