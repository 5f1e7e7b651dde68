//! Code whose log lines were asked for, whatever the log's filter says: one request, or one future.
//!
//! `tracing` asks the filter about a line that the filter hides once, and never again. While there is
//! such code, [`raised`] tells the filter to be asked about each line. The filter then looks at the
//! context of the thread.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

use tracing::Level;
use tracing::level_filters::LevelFilter;

/// The number of those who ask, and the level up to which lines are asked about.
struct Asked {
    active: usize,
    level: u8,
}

static ASKED: Mutex<Asked> = Mutex::new(Asked {
    active: 0,
    level: 0,
});
/// A copy of the level, which the filter reads.
static LEVEL: AtomicU8 = AtomicU8::new(0);

/// Code that asks for its log lines. It asks until this is dropped.
#[derive(Debug)]
pub(crate) struct Asking(());

impl Asking {
    /// Makes `tracing` ask the filter about each line up to a level.
    pub(crate) fn begin(level: Level) -> Self {
        let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
        asked.active += 1;
        let is_news = rank(level) > asked.level;
        asked.level = asked.level.max(rank(level));
        LEVEL.store(asked.level, Ordering::Relaxed);
        drop(asked);
        if is_news {
            tracing_core::callsite::rebuild_interest_cache();
        }
        Self(())
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
        asked.active -= 1;
    }
}

/// Makes `tracing` stop asking if no code asks. The upkeep calls it now and then, because each
/// change visits every call site of the process.
pub(crate) fn settle() {
    let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
    if asked.active > 0 || asked.level == 0 {
        return;
    }
    asked.level = 0;
    LEVEL.store(0, Ordering::Relaxed);
    drop(asked);
    tracing_core::callsite::rebuild_interest_cache();
}

/// Returns `true` while lines of a level are asked about.
#[inline]
pub(crate) fn is_raised(level: Level) -> bool {
    rank(level) <= LEVEL.load(Ordering::Relaxed)
}

/// Returns the level up to which lines are asked about.
pub(crate) fn raised() -> LevelFilter {
    match LEVEL.load(Ordering::Relaxed) {
        0 => LevelFilter::OFF,
        1 => LevelFilter::ERROR,
        2 => LevelFilter::WARN,
        3 => LevelFilter::INFO,
        4 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    }
}

fn rank(level: Level) -> u8 {
    match level {
        Level::ERROR => 1,
        Level::WARN => 2,
        Level::INFO => 3,
        Level::DEBUG => 4,
        Level::TRACE => 5,
    }
}
