//! Measures the time between the wake of a task and its next poll, by a waker around that of the
//! executor.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Wake, Waker};

use crate::base::clock;

/// Something that shows at once that its task was woken.
pub(crate) trait ShowsWakes: Send + Sync + 'static {
    /// Shows that the task was woken at a time, in ticks of the clock.
    fn show(&self, woken: u64);
}

impl<S: ShowsWakes> ShowsWakes for Option<S> {
    fn show(&self, woken: u64) {
        if let Some(shows) = self {
            shows.show(woken);
        }
    }
}

/// The wakes of one task, whose waker is wrapped once.
pub(crate) struct Wakes<S> {
    wrapped: Option<Wrapped<S>>,
    /// The time at which the task was handed to the executor; 0 if it was not, and after its first poll.
    handed: u64,
}

struct Wrapped<S> {
    waker: Waker,
    noted: Arc<Noted<S>>,
}

/// A waker that notes when it was first used since the last poll.
struct Noted<S> {
    inner: Waker,
    /// In ticks of the clock; 0 before it.
    woken: AtomicU64,
    shows: S,
}

impl<S: ShowsWakes> Wake for Noted<S> {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.woken.load(Relaxed) == 0 {
            let now = clock::now().max(1);
            let first = self.woken.compare_exchange(0, now, Relaxed, Relaxed);
            if first.is_ok() {
                self.shows.show(now);
            }
        }
        self.inner.wake_by_ref();
    }
}

impl<S> Default for Wakes<S> {
    fn default() -> Self {
        Self {
            wrapped: None,
            handed: 0,
        }
    }
}

impl<S: ShowsWakes> Wakes<S> {
    /// Notes that an executor has the task, and owes it a poll.
    pub(crate) fn hand_over(&mut self, shows: &S) {
        self.handed = clock::now();
        shows.show(self.handed);
    }

    /// Returns the time at which the task was woken for the poll that begins; 0 if it is not known.
    pub(crate) fn begin_poll(&mut self) -> u64 {
        let handed = std::mem::take(&mut self.handed);
        let wrapped = self.wrapped.as_ref();
        wrapped.map_or(handed, |wrapped| wrapped.noted.woken.swap(0, Relaxed))
    }

    /// Returns the waker for a poll with this context. A new one shows its wakes.
    pub(crate) fn waker(&mut self, context: &Context<'_>, shows: impl FnOnce() -> S) -> &Waker {
        let inner = context.waker();
        let known = self.wrapped.take();
        let known = known.filter(|wrapped| wrapped.noted.inner.will_wake(inner));
        let wrapped = known.unwrap_or_else(|| {
            let noted = Arc::new(Noted {
                inner: inner.clone(),
                woken: AtomicU64::new(0),
                shows: shows(),
            });
            Wrapped {
                waker: Waker::from(Arc::clone(&noted)),
                noted,
            }
        });
        &self.wrapped.insert(wrapped).waker
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counted(AtomicU64);

    impl Wake for Counted {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    fn counted() -> (Arc<Counted>, Waker) {
        let counted = Arc::new(Counted(AtomicU64::new(0)));
        (Arc::clone(&counted), Waker::from(counted))
    }

    /// The last wake that was shown.
    impl ShowsWakes for Arc<AtomicU64> {
        fn show(&self, woken: u64) {
            self.store(woken, Relaxed);
        }
    }

    #[test]
    fn the_first_wake_since_a_poll_counts_and_each_is_passed_on() {
        let (count, outer) = counted();
        let context = Context::from_waker(&outer);
        let mut wakes = Wakes::default();
        let shown = Arc::new(AtomicU64::new(0));
        assert_eq!(wakes.begin_poll(), 0);
        let inner = wakes.waker(&context, || Arc::clone(&shown)).clone();
        assert_eq!(wakes.begin_poll(), 0, "polled without a wake");
        let before = clock::now();
        inner.wake_by_ref();
        let first = clock::now();
        inner.wake_by_ref();
        inner.wake();
        assert_eq!(count.0.load(Relaxed), 3);
        let early = shown.load(Relaxed);
        let woken = wakes.begin_poll();
        assert!(
            (before..=first).contains(&woken),
            "{before} {woken} {first}"
        );
        assert_eq!(early, woken, "shown before the poll");
        assert_eq!(wakes.begin_poll(), 0);
    }

    #[test]
    fn a_task_has_one_waker_until_its_executor_has_another() {
        let ((first, one), (second, two)) = (counted(), counted());
        let mut wakes = Wakes::<Option<Arc<AtomicU64>>>::default();
        let mut of_executor = |outer| wakes.waker(&Context::from_waker(outer), || None).clone();
        let early = of_executor(&one);
        assert!(of_executor(&one).will_wake(&early));
        let late = of_executor(&two);
        assert!(!late.will_wake(&early));
        early.wake();
        late.wake();
        assert_eq!((first.0.load(Relaxed), second.0.load(Relaxed)), (1, 1));
    }

    #[test]
    fn a_spawned_task_is_owed_its_first_poll() {
        let mut wakes = Wakes::default();
        let shown = Arc::new(AtomicU64::new(0));
        wakes.hand_over(&shown);
        assert_ne!(shown.load(Relaxed), 0);
        assert_eq!(wakes.begin_poll(), shown.load(Relaxed));
        assert_eq!(wakes.begin_poll(), 0);
    }
}
