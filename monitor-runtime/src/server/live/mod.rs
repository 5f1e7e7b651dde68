//! The numbers behind the live page: every function now, and over the last ten minutes.
//!
//! A call does nothing for this page. Every five seconds, and at most once a second while a browser
//! shows the page, the counters are read as for a page of metrics. The page shows the difference of
//! two readings. Memory is bounded: readings of the last minute, in which functions without calls
//! share one copy, and 120 columns that hold only functions with calls. A function that is called
//! all the time takes about 8 KB.

mod counts;
mod detail;
mod document;
mod failures;
mod history;
mod oldest;
mod parts;
mod print;
#[cfg(test)]
mod tests;
mod totals;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use self::counts::Counts;
pub(super) use self::detail::class;
pub(crate) use self::document::Known;
use self::document::Shown;
use self::history::{Column, History};
use self::oldest::Oldest;
pub(crate) use self::parts::Around;
pub(super) use self::totals::{Class, Minute, Totals};
use crate::callsite;
use crate::callsite::Site;
use crate::callsite::snapshot::{Snapshot, Source};
use crate::metrics::Service;

/// The length of a column, and the time between readings that are kept.
const COLUMN: Duration = Duration::from_secs(5);
/// The shortest time between readings that are kept. A timer of five seconds may fire a little
/// early.
const TICK: Duration = Duration::from_millis(4500);
/// The greatest age of a reading that a document shows.
const FRESH: Duration = Duration::from_millis(900);
/// The windows of rates and quantiles.
const WINDOWS: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(60)];

/// The sources and the state of the live page.
pub(crate) struct Live {
    service: Service,
    /// Distinguishes one start of the service from the next.
    process: String,
    began: SystemTime,
    functions: Vec<Function>,
    around: Around,
    state: Mutex<State>,
}

/// All annotated functions of one name.
struct Function {
    module: &'static str,
    name: String,
    /// The first determines the buckets.
    sites: Vec<&'static Site>,
}

struct State {
    /// The latest reading.
    now: Reading,
    /// Readings to compare it with: one every five seconds, the oldest first, never empty.
    before: VecDeque<Reading>,
    history: History,
    oldest: Oldest,
    shown: Shown,
    /// Counts readings; a document has the number of the one it shows.
    number: u64,
}

/// The counts of all functions at one moment.
struct Reading {
    at: Instant,
    /// By function. A function without calls since the previous reading shares its counts.
    counts: Vec<Arc<Counts>>,
    /// By method and route of the HTTP edge, likewise.
    routes: Vec<Arc<Counts>>,
}

impl Live {
    pub(crate) fn new(service: &Service, around: Around) -> Self {
        Self::for_sites(service, around, callsite::all())
    }

    pub(in crate::server) fn for_sites(
        service: &Service,
        around: Around,
        sites: impl Iterator<Item = &'static Site>,
    ) -> Self {
        let mut by_name: BTreeMap<(&str, &str), Vec<&'static Site>> = BTreeMap::new();
        for site in sites.filter(|site| site.is_counted()) {
            let name = (site.module(), site.function());
            by_name.entry(name).or_default().push(site);
        }
        // As on the page of metrics, a site with an objective stands for all.
        for sites in by_name.values_mut() {
            sites.sort_by_key(|site| site.objective.is_none());
        }
        let functions: Vec<Function> = by_name
            .into_values()
            .map(|sites| Function {
                module: sites[0].module(),
                name: sites[0].function().to_owned(),
                sites,
            })
            .collect();
        let began = SystemTime::now();
        let now = Reading::take(&functions, None);
        let first = now.clone();
        Self {
            service: service.clone(),
            process: format!("{}-{}", std::process::id(), milliseconds(began)),
            began,
            functions,
            around,
            state: Mutex::new(State {
                now,
                before: VecDeque::from([first]),
                history: History::default(),
                oldest: Oldest::default(),
                shown: Shown::default(),
                number: 1,
            }),
        }
    }

    /// Takes the reading of a column if the last one is old enough.
    pub(in crate::server) fn tick(&self) {
        let mut state = self.state();
        let since = state.last().at.elapsed();
        // The caller may tick more often.
        if since >= TICK {
            state.read(&self.functions);
            state.close_column();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn read(&mut self, functions: &[Function]) {
        self.now = Reading::take(functions, Some(&self.now));
        self.number += 1;
    }

    /// Takes a new reading if the current one is too old to show.
    fn refresh(&mut self, functions: &[Function]) {
        if self.now.at.elapsed() >= FRESH {
            self.read(functions);
        }
    }

    fn last(&self) -> &Reading {
        self.before.back().unwrap_or(&self.now)
    }

    /// Keeps this reading, and the difference to the last one that was kept.
    fn close_column(&mut self) {
        let last = self.last();
        let mut column = Column::new(self.number, self.now.at - last.at);
        for (function, (now, before)) in self.now.counts.iter().zip(&last.counts).enumerate() {
            if !Arc::ptr_eq(now, before) {
                column.push(function, &now.since(before));
            }
        }
        self.history.push(column);
        self.find_oldest();
        self.before.push_back(self.now.clone());
        let longest = WINDOWS[1];
        // If the second is old enough for the longest window, the first is not needed any more.
        while self
            .before
            .get(1)
            .is_some_and(|next| self.now.at - next.at >= longest)
        {
            self.before.pop_front();
        }
    }

    /// Returns the latest reading that is as old as the window, or else the oldest there is.
    fn base(&self, window: Duration) -> &Reading {
        let old = self.before.iter().rev();
        let mut old = old.filter(|reading| self.now.at - reading.at >= window);
        old.next().or(self.before.front()).unwrap_or(&self.now)
    }
}

impl Clone for Reading {
    fn clone(&self) -> Self {
        Self {
            at: self.at,
            counts: self.counts.clone(),
            routes: self.routes.clone(),
        }
    }
}

impl Reading {
    fn take(functions: &[Function], before: Option<&Self>) -> Self {
        let mut tally = Snapshot::default();
        let mut sources = Vec::new();
        let read = |(place, function): (usize, &Function)| {
            sources.clear();
            sources.extend(function.sources());
            tally.read_in(function.bounds(), &sources);
            let counts = Counts::from_snapshot(&tally);
            let before = before.and_then(|before| before.counts.get(place));
            match before.filter(|before| ***before == counts) {
                Some(before) => Arc::clone(before),
                None => Arc::new(counts),
            }
        };
        let at = Instant::now();
        Self {
            at,
            counts: functions.iter().enumerate().map(read).collect(),
            routes: parts::read_routes(before),
        }
    }
}

impl Function {
    /// Returns the sources of all its sites, under all their labels.
    fn sources(&self) -> impl Iterator<Item = Source> {
        self.sites.iter().flat_map(|site| {
            site.label_sets()
                .map(|label_set| Source::new(site, label_set))
        })
    }

    /// Returns the duration of its slowest recent call, in seconds.
    fn slowest(&self) -> Option<f64> {
        let slowest = self.sites.iter().map(|site| site.recent().slowest());
        slowest.flatten().reduce(f64::max)
    }

    /// Returns the upper bounds of its buckets but the last, in seconds.
    fn bounds(&self) -> &'static [f64] {
        self.sites[0].bounds()
    }
}

/// Returns the milliseconds since 1970.
fn milliseconds(at: SystemTime) -> u64 {
    let since = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
