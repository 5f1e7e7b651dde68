//! Measures the time between the wake of a task and its next poll, by a waker around that of the
//! executor.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Wake, Waker};

use crate::base::clock;

/// The wakes of one task, whose waker is wrapped once.
#[derive(Default)]
pub(crate) struct Wakes {
    wrapped: Option<Wrapped>,
    /// The time at which the task was handed to the executor; 0 if it was not, and after its first poll.
    handed: u64,
}

struct Wrapped {
    waker: Waker,
    noted: Arc<Noted>,
}

/// A waker that notes when it was first used since the last poll.
struct Noted {
    inner: Waker,
    /// In ticks of the clock; 0 before it.
    woken: AtomicU64,
}

impl Wake for Noted {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.woken.load(Relaxed) == 0 {
            let _ = self
                .woken
                .compare_exchange(0, clock::now().max(1), Relaxed, Relaxed);
        }
        self.inner.wake_by_ref();
    }
}

impl Wakes {
    /// Notes that an executor has the task, and owes it a poll.
    pub(crate) fn hand_over(&mut self) {
        self.handed = clock::now();
    }

    /// Returns the time at which the task was woken for the poll that begins; 0 if it is not known.
    pub(crate) fn begin_poll(&mut self) -> u64 {
        let handed = std::mem::take(&mut self.handed);
        let wrapped = self.wrapped.as_ref();
        wrapped.map_or(handed, |wrapped| wrapped.noted.woken.swap(0, Relaxed))
    }

    /// Returns the waker for a poll with this context.
    pub(crate) fn waker(&mut self, context: &Context<'_>) -> &Waker {
        let inner = context.waker();
        let known = self.wrapped.take();
        let known = known.filter(|wrapped| wrapped.noted.inner.will_wake(inner));
        let wrapped = known.unwrap_or_else(|| {
            let noted = Arc::new(Noted {
                inner: inner.clone(),
                woken: AtomicU64::new(0),
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

    #[test]
    fn the_first_wake_since_a_poll_counts_and_each_is_passed_on() {
        let (count, outer) = counted();
        let context = Context::from_waker(&outer);
        let mut wakes = Wakes::default();
        assert_eq!(wakes.begin_poll(), 0);
        let inner = wakes.waker(&context).clone();
        assert_eq!(wakes.begin_poll(), 0, "polled without a wake");
        let before = clock::now();
        inner.wake_by_ref();
        let first = clock::now();
        inner.wake_by_ref();
        inner.wake();
        assert_eq!(count.0.load(Relaxed), 3);
        let woken = wakes.begin_poll();
        assert!(
            (before..=first).contains(&woken),
            "{before} {woken} {first}"
        );
        assert_eq!(wakes.begin_poll(), 0);
    }

    #[test]
    fn a_task_has_one_waker_until_its_executor_has_another() {
        let ((first, one), (second, two)) = (counted(), counted());
        let mut wakes = Wakes::default();
        let early = wakes.waker(&Context::from_waker(&one)).clone();
        assert!(wakes.waker(&Context::from_waker(&one)).will_wake(&early));
        let late = wakes.waker(&Context::from_waker(&two)).clone();
        assert!(!late.will_wake(&early));
        early.wake();
        late.wake();
        assert_eq!((first.0.load(Relaxed), second.0.load(Relaxed)), (1, 1));
    }

    #[test]
    fn a_spawned_task_is_owed_its_first_poll() {
        let mut wakes = Wakes::default();
        wakes.hand_over();
        assert_ne!(wakes.begin_poll(), 0);
        assert_eq!(wakes.begin_poll(), 0);
    }
}
