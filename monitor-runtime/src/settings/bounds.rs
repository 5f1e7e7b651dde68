//! Inserts the threshold of an objective into the buckets of a function, at compile time.

use crate::settings::objective::Objective;

/// The most bounds of a function: those that the attribute accepts, and a threshold.
const MAX_BOUNDS: usize = 41;

/// Upper bounds in seconds, in rising order.
pub struct Bounds {
    bounds: [f64; MAX_BOUNDS],
    count: usize,
}

impl Bounds {
    /// Returns these bounds, with the threshold of the objective in its place unless it is one of
    /// them.
    pub const fn of(bounds: &[f64], objective: &Objective) -> Self {
        let mut all = Self {
            bounds: [0.0; MAX_BOUNDS],
            count: 0,
        };
        let mut threshold = match objective.latency {
            Some(latency) => Some(latency.seconds),
            None => None,
        };
        let mut at = 0;
        while at < bounds.len() {
            if let Some(seconds) = threshold
                && seconds <= bounds[at]
            {
                if seconds < bounds[at] {
                    all.push(seconds);
                }
                threshold = None;
            }
            all.push(bounds[at]);
            at += 1;
        }
        if let Some(seconds) = threshold {
            all.push(seconds);
        }
        all
    }

    const fn push(&mut self, bound: f64) {
        self.bounds[self.count] = bound;
        self.count += 1;
    }

    pub(crate) const fn as_slice(&self) -> &[f64] {
        self.bounds.split_at(self.count).0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_threshold_takes_its_place() {
        let with = |milliseconds| {
            let objective =
                Objective::new("api").latency(Duration::from_millis(milliseconds), 99.0);
            Bounds::of(&[0.1, 0.25], &objective).as_slice().to_vec()
        };
        assert_eq!(with(50), [0.05, 0.1, 0.25]);
        assert_eq!(with(100), [0.1, 0.25]);
        assert_eq!(with(200), [0.1, 0.2, 0.25]);
        assert_eq!(with(250), [0.1, 0.25]);
        assert_eq!(with(300), [0.1, 0.25, 0.3]);
        let none = Objective::new("api").success_rate(99.0);
        assert_eq!(Bounds::of(&[0.1], &none).as_slice(), [0.1]);
    }
}
