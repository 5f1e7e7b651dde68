//! The lines that wait, in a lane for each thread that logs.
//!
//! A thread claims a lane with its first line and gives it back when it ends, so no two threads wait for
//! each other while they add lines. Each line has the time at which it was added, and the writer merges the
//! lanes by these times.

use std::cell::OnceCell;
use std::mem;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::batch::{Batch, Taken};
use crate::base::clock;

/// Bytes that a lane takes of the room at once, as long as most of the room is free: what a lane has taken and does
/// not use is missing to the others.
const PIECE: usize = 16 * 1024;

/// The room that a line may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    Ordinary,
    /// Also that of the reserve.
    Urgent,
    /// Any, whether it is there or not. Few lines may take it.
    Always,
}

/// The lanes of a queue.
pub(super) struct Lanes {
    /// The first one, which threads without a lane of their own share. The others follow.
    first: Arc<Lane>,
    /// Bytes that may wait, besides the reserve.
    room: usize,
    /// Bytes that are for urgent lines alone.
    reserve: usize,
    /// Bytes of both that lanes may still take.
    free: AtomicUsize,
}

/// The lines of one thread.
// Alone on its cache lines, which CPUs prefetch in pairs.
#[repr(align(128))]
struct Lane {
    waiting: Mutex<Waiting>,
    /// The number of lines that were added; written under the lock.
    added: AtomicU64,
    claimed: AtomicBool,
    next: OnceLock<Arc<Lane>>,
}

#[derive(Default)]
struct Waiting {
    lines: Batch,
    /// The time of the last line.
    last: u64,
    /// Bytes that the lane has taken and not used.
    room: usize,
    /// Bytes of lines for which it has taken none.
    without_room: usize,
}

thread_local! {
    static OWN: OnceCell<Claim> = const { OnceCell::new() };
}

/// The lane that a thread has claimed; given back when the thread ends.
struct Claim {
    lane: Arc<Lane>,
    /// The first lane of its queue.
    first: Arc<Lane>,
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.lane.claimed.store(false, Ordering::Release);
    }
}

impl Lanes {
    pub(super) fn new(room: usize, reserve: usize) -> Self {
        Self {
            first: Arc::new(Lane::new()),
            room,
            reserve,
            free: AtomicUsize::new(room + reserve),
        }
    }

    /// Adds a line to the lane of this thread and returns its time; `None` if there is no room.
    pub(super) fn add(&self, line: &[u8], room: Room) -> Option<u64> {
        self.with_own(|lane| match room {
            Room::Ordinary => lane.add(line, |missing| {
                let most = self.reserve + self.room / 4 * 3;
                let piece = self.take_room(missing.max(PIECE), most);
                piece.or_else(|| self.take_room(missing, self.reserve))
            }),
            Room::Urgent => lane.add(line, |missing| self.take_room(missing, 0)),
            Room::Always => Some(lane.add_always(line)),
        })
    }

    /// Returns `true` for a line that would not fit even if no other waited.
    pub(super) fn is_too_long(&self, line: &[u8]) -> bool {
        line.len() > self.room
    }

    /// Takes bytes of the room if it has so many, and leaves so many.
    fn take_room(&self, bytes: usize, left: usize) -> Option<usize> {
        let less = |free: usize| free.checked_sub(bytes).filter(|free| *free >= left);
        let order = Ordering::Relaxed;
        let taken = self.free.fetch_update(order, order, less);
        taken.is_ok().then_some(bytes)
    }

    fn with_own<R>(&self, code: impl Fn(&Lane) -> R) -> R {
        let run = |own: &OnceCell<Claim>| {
            if own.get().is_none() {
                // The allocator may log, too: then the claim of that line stays.
                let _ = own.set(self.claim());
            }
            let own = own.get().filter(|own| Arc::ptr_eq(&own.first, &self.first));
            own.map(|own| code(&own.lane))
        };
        let result = OWN.try_with(run).ok().flatten();
        result.unwrap_or_else(|| code(&self.first))
    }

    fn claim(&self) -> Claim {
        let mut lane = &self.first;
        loop {
            lane = lane.next.get_or_init(|| Arc::new(Lane::new()));
            if !lane.claimed.swap(true, Ordering::Acquire) {
                return Claim {
                    lane: Arc::clone(lane),
                    first: Arc::clone(&self.first),
                };
            }
        }
    }

    fn all(&self) -> impl Iterator<Item = &Arc<Lane>> {
        std::iter::successors(Some(&self.first), |lane| lane.next.get())
    }

    /// Returns the number of lanes.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.all().count()
    }

    /// Returns the number of lines that were added so far. Takes no lock.
    pub(super) fn added(&self) -> u64 {
        self.all()
            .map(|lane| lane.added.load(Ordering::Acquire))
            .sum()
    }

    /// Takes all lines that were added before now, in the order in which they were added. Lines of this very
    /// moment may have to wait for the next time.
    pub(super) fn take(&self, taken: &mut Taken) {
        // A line gets its time under the lock of its lane. So of the lines up to now, none is still to come.
        let now = clock::now();
        for lane in self.all() {
            let mut waiting = lane.lock();
            let unused = mem::take(&mut waiting.room);
            let mut bytes = unused;
            if !waiting.lines.is_empty() {
                bytes += waiting.lines.bytes.len() - mem::take(&mut waiting.without_room);
                let lines = mem::replace(&mut waiting.lines, taken.spare());
                drop(waiting);
                taken.parts.push(lines);
            }
            if bytes > 0 {
                self.free.fetch_add(bytes, Ordering::Relaxed);
            }
        }
        taken.until = now;
        taken.merge();
    }
}

impl Lane {
    fn new() -> Self {
        Self {
            waiting: Mutex::default(),
            added: AtomicU64::new(0),
            claimed: AtomicBool::new(false),
            next: OnceLock::new(),
        }
    }

    /// Adds a line, and takes the room that the lane misses, or more.
    fn add(&self, line: &[u8], take: impl Fn(usize) -> Option<usize>) -> Option<u64> {
        let mut waiting = self.lock();
        if waiting.room < line.len() {
            waiting.room += take(line.len() - waiting.room)?;
        }
        waiting.room -= line.len();
        Some(self.push(&mut waiting, line))
    }

    fn add_always(&self, line: &[u8]) -> u64 {
        let mut waiting = self.lock();
        waiting.without_room += line.len();
        self.push(&mut waiting, line)
    }

    fn push(&self, waiting: &mut Waiting, line: &[u8]) -> u64 {
        // Another core's clock may be a little behind.
        waiting.last = clock::now().max(waiting.last);
        let time = waiting.last;
        waiting.lines.push(time, line);
        let added = self.added.load(Ordering::Relaxed);
        self.added.store(added + 1, Ordering::Release);
        time
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
