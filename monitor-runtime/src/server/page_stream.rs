//! Sends a page of any length: it is made chunk by chunk, on the blocking pool, while the client
//! reads.
//!
//! A page holds the numbers of one moment, so only a few are made at once. They are begun one after
//! the other, because beginning a page takes the memory of all series of the `metrics` facade. The
//! next page goes to the peer that has fewest. A client that stops reading loses its place if
//! others wait for one.

use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures_core::Stream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::base::worker::{NoThread, on_a_thread};
use crate::metrics::Chunks;

/// Pages that are made at once. More than one, because Prometheus servers come in pairs.
const MAX_PAGES: usize = 4;

/// Scrapes that may wait for a place: of all peers, and of one.
const MAX_WAITING: usize = 32;
const MAX_WAITING_PER_PEER: usize = 4;

/// The time that a client may read nothing while others wait.
const STALL_TIMEOUT: Duration = Duration::from_secs(2);

/// The interval at which waiting scrapes check for a place that can be taken from another.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);

/// The address of a scraper; `None` if the server does not know it.
type Peer = Option<IpAddr>;

/// The places for pages, shared by all routes that serve them.
#[derive(Clone, Default)]
pub(super) struct PageSlots(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// The peer of each place that is taken.
    taken: Vec<Peer>,
    /// `true` while a page has its place and has not begun yet.
    beginning: bool,
    /// Oldest first.
    waiting: Vec<(Peer, oneshot::Sender<Permit>)>,
    sent: Vec<Weak<Place>>,
}

/// A taken place, and the right to begin a page in it. Dropping it frees the place.
struct Permit {
    scrapes: PageSlots,
    peer: Peer,
    begun: bool,
}

/// A page between two chunks. Empty while a chunk is made, and for good once the page has lost its
/// place.
struct Place {
    peer: Peer,
    page: Mutex<Option<Page>>,
}

struct Page {
    chunks: Chunks,
    /// The time at which its client last asked for a chunk.
    asked: Instant,
    _permit: Permit,
}

/// A reason why a scrape gets no page.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoPage {
    #[error("other scrapes held all places for {0:?}")]
    Busy(Duration),
    #[error("too many scrapes are waiting for this page")]
    Queue,
    /// The panic hook has logged the reason.
    #[error("rendering the metrics failed; the log says why")]
    Panicked,
    #[error(transparent)]
    NoThread(#[from] NoThread),
}

impl PageSlots {
    /// Begins a page once there is a place for it.
    pub(super) async fn begin<M>(
        &self,
        peer: Peer,
        limit: Duration,
        make: M,
    ) -> Result<Body, NoPage>
    where
        M: FnOnce() -> Chunks + Send + 'static,
    {
        let begun = timeout(limit, async {
            let mut permit = self.permit(peer).await?;
            // The permit moves along: a page that was begun keeps its place even if its client has
            // left.
            let making = on_a_thread(move || {
                let chunks = make();
                permit.begin();
                Page {
                    chunks,
                    asked: Instant::now(),
                    _permit: permit,
                }
            });
            making?.await.map_err(|_| NoPage::Panicked)
        });
        let page = begun.await.map_err(|_| NoPage::Busy(limit))??;
        Ok(self.send(peer, page))
    }

    async fn permit(&self, peer: Peer) -> Result<Permit, NoPage> {
        let (grant, granted) = oneshot::channel();
        {
            let mut state = lock(&self.0);
            state.waiting.retain(|(_, grant)| !grant.is_closed());
            let of_peer = state.waiting.iter().filter(|(other, _)| *other == peer);
            if of_peer.count() >= MAX_WAITING_PER_PEER || state.waiting.len() >= MAX_WAITING {
                return Err(NoPage::Queue);
            }
            state.waiting.push((peer, grant));
        }
        self.grant();
        let mut granted = pin!(granted);
        loop {
            match timeout(LOOK_INTERVAL, granted.as_mut()).await {
                Ok(permit) => return Ok(permit.expect("kept until it is granted or given up")),
                Err(_) => self.give_one_away(peer),
            }
        }
    }

    /// Gives the next place to the peer that has fewest.
    fn grant(&self) {
        let (peer, grant) = {
            let mut state = lock(&self.0);
            if state.beginning || state.taken.len() >= MAX_PAGES {
                return;
            }
            state.waiting.retain(|(_, grant)| !grant.is_closed());
            let waiting = state.waiting.iter().enumerate();
            let next = waiting.min_by_key(|(_, (peer, _))| state.taken_by(*peer));
            let Some((next, _)) = next else { return };
            state.beginning = true;
            let (peer, grant) = state.waiting.remove(next);
            state.taken.push(peer);
            (peer, grant)
        };
        let scrapes = self.clone();
        // If its client has left meanwhile, the permit is dropped, which grants it to the next.
        let _ = grant.send(Permit {
            scrapes,
            peer,
            begun: false,
        });
    }

    fn send(&self, peer: Peer, page: Page) -> Body {
        let page = Mutex::new(Some(page));
        let place = Arc::new(Place { peer, page });
        let mut state = lock(&self.0);
        state.sent.retain(|place| place.strong_count() > 0);
        state.sent.push(Arc::downgrade(&place));
        Body {
            place,
            making: None,
        }
    }

    /// Takes a place from a client that stopped reading, or from a peer that has two more than `peer`.
    fn give_one_away(&self, peer: Peer) {
        let longest = {
            let state = lock(&self.0);
            let own = state.taken_by(peer);
            let full = state.taken.len() >= MAX_PAGES;
            let places = state.sent.iter().filter_map(Weak::upgrade);
            let found = places.filter_map(|place| {
                let idle = lock(&place.page).as_ref()?.asked.elapsed();
                let has_more = full && state.taken_by(place.peer) > own + 1;
                (idle > STALL_TIMEOUT || has_more).then_some((idle, place))
            });
            found.max_by_key(|(idle, _)| *idle)
        };
        if let Some((_, place)) = longest {
            // Dropped after the lock is free, because the drop grants the place to the next.
            let page = lock(&place.page).take();
            drop(page);
        }
    }
}

impl State {
    fn taken_by(&self, peer: Peer) -> usize {
        self.taken.iter().filter(|other| **other == peer).count()
    }
}

impl Permit {
    /// Notes that the page has begun, so that the next one may begin.
    fn begin(&mut self) {
        self.begun = true;
        lock(&self.scrapes.0).beginning = false;
        self.scrapes.grant();
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        {
            let mut state = lock(&self.scrapes.0);
            let place = state.taken.iter().position(|peer| *peer == self.peer);
            if let Some(place) = place {
                state.taken.swap_remove(place);
            }
            state.beginning &= self.begun;
        }
        self.scrapes.grant();
    }
}

/// A page that is being sent.
pub(super) struct Body {
    place: Arc<Place>,
    making: Option<JoinHandle<(Page, Option<Vec<u8>>)>>,
}

/// A reason why a page ends too early.
#[derive(Debug, thiserror::Error)]
pub(super) enum Cut {
    #[error(
        "the client read nothing for {STALL_TIMEOUT:?} while others waited for the metrics page"
    )]
    Stalled,
    #[error("rendering the metrics failed; the log says why")]
    Panicked,
    #[error(transparent)]
    NoThread(#[from] NoThread),
}

impl Stream for Body {
    type Item = Result<Vec<u8>, Cut>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(making) = &mut self.making {
                let made = ready!(Pin::new(making).poll(context));
                self.making = None;
                match made {
                    Ok((_, None)) => return Poll::Ready(None),
                    Ok((page, Some(chunk))) => {
                        *lock(&self.place.page) = Some(page);
                        // gzip may have buffered the whole chunk.
                        if !chunk.is_empty() {
                            return Poll::Ready(Some(Ok(chunk)));
                        }
                    }
                    Err(_) => return Poll::Ready(Some(Err(Cut::Panicked))),
                }
            }
            let Some(mut page) = lock(&self.place.page).take() else {
                return Poll::Ready(Some(Err(Cut::Stalled)));
            };
            page.asked = Instant::now();
            let making = on_a_thread(move || {
                let chunk = page.chunks.next();
                (page, chunk)
            });
            match making {
                Ok(making) => self.making = Some(making),
                Err(problem) => return Poll::Ready(Some(Err(problem.into()))),
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic under these locks leaves nothing inconsistent.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
