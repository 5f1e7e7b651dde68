//! Sending a page of any length: made chunk by chunk, on the blocking pool, while the client reads.
//!
//! A page in the making holds the numbers of one moment, so there are only so many at a time. A
//! client that stops reading loses its place when others wait for one.

use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use futures_core::Stream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::worker::{NoThread, on_a_thread};

/// A page: chunks that are made when they are asked for, which may take its time and may panic.
pub(crate) type Chunks = Box<dyn Iterator<Item = Vec<u8>> + Send>;

/// Pages in the making at once; more than one, because Prometheus servers come in pairs.
const MOST: usize = 4;

/// How long a client may read nothing while others wait.
const STALL: Duration = Duration::from_secs(2);

/// How often those who wait look for somebody who reads nothing.
const LOOK: Duration = Duration::from_millis(500);

/// The places for pages in the making, shared by all who serve them.
#[derive(Clone)]
pub(super) struct Scrapes {
    places: Arc<Semaphore>,
    taken: Arc<Mutex<Vec<Weak<Place>>>>,
}

/// A page between two chunks; empty while one is made, and for good when it has lost its place.
struct Place(Mutex<Option<Page>>);

struct Page {
    chunks: Chunks,
    /// When its client last asked for a chunk.
    asked: Instant,
    _permit: OwnedSemaphorePermit,
}

/// Why there is no page.
pub(super) enum NoPage {
    /// All places were taken for too long.
    Busy,
    /// Making it panicked; the hook has said why.
    Panicked,
    NoThread,
}

impl Scrapes {
    pub(super) fn new() -> Self {
        Self {
            places: Arc::new(Semaphore::new(MOST)),
            taken: Arc::default(),
        }
    }

    /// Begins a page when there is a place for it.
    pub(super) async fn begin<M>(&self, limit: Duration, make: M) -> Result<Body, NoPage>
    where
        M: FnOnce() -> Chunks + Send + 'static,
    {
        let begun = timeout(limit, async {
            let permit = self.place().await;
            // The permit goes along: what was begun keeps its place even if its client has left.
            let making = on_a_thread(move || Page {
                chunks: make(),
                asked: Instant::now(),
                _permit: permit,
            });
            let page = making.map_err(|NoThread| NoPage::NoThread)?.await;
            page.map_err(|_| NoPage::Panicked)
        });
        let page = begun.await.map_err(|_| NoPage::Busy)??;
        Ok(self.seat(page))
    }

    async fn place(&self) -> OwnedSemaphorePermit {
        let mut free = pin!(Arc::clone(&self.places).acquire_owned());
        loop {
            match timeout(LOOK, free.as_mut()).await {
                Ok(Ok(permit)) => return permit,
                Ok(Err(_)) => unreachable!("nobody closes this semaphore"),
                Err(_) => self.give_away_a_stalled_one(),
            }
        }
    }

    fn seat(&self, page: Page) -> Body {
        let place = Arc::new(Place(Mutex::new(Some(page))));
        let mut taken = lock(&self.taken);
        taken.retain(|place| place.strong_count() > 0);
        taken.push(Arc::downgrade(&place));
        Body {
            place,
            making: None,
        }
    }

    fn give_away_a_stalled_one(&self) {
        let taken = lock(&self.taken);
        let places = taken.iter().filter_map(Weak::upgrade);
        let idle = |place: &Arc<Place>| Some(lock(&place.0).as_ref()?.asked.elapsed());
        let longest = places
            .filter_map(|place| Some((idle(&place)?, place)))
            .max_by_key(|(idle, _)| *idle);
        if let Some((idle, place)) = longest
            && idle > STALL
        {
            lock(&place.0).take();
        }
    }
}

/// A page on its way to a client.
pub(super) struct Body {
    place: Arc<Place>,
    making: Option<JoinHandle<(Page, Option<Vec<u8>>)>>,
}

/// Why a page ends too early.
#[derive(Debug, thiserror::Error)]
pub(super) enum Cut {
    #[error("the client read nothing for {STALL:?} while others waited for the metrics page")]
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
                        *lock(&self.place.0) = Some(page);
                        // gzip may have kept all of it back.
                        if !chunk.is_empty() {
                            return Poll::Ready(Some(Ok(chunk)));
                        }
                    }
                    Err(_) => return Poll::Ready(Some(Err(Cut::Panicked))),
                }
            }
            let Some(mut page) = lock(&self.place.0).take() else {
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
    // Nothing under these locks can leave anything half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
