//! The problem of reaching a peer, for a log that has one line when it begins or changes, and one when it is
//! over.

/// The problem now, if there is one.
#[derive(Debug, Default)]
pub(crate) struct Outage(Option<String>);

/// A change that is worth a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Change {
    Begun(String),
    Over,
}

impl Outage {
    /// Notes the problem of an attempt, `None` for one that succeeded.
    pub(crate) fn note(&mut self, problem: Option<String>) -> Option<Change> {
        if problem == self.0 {
            return None;
        }
        self.0 = problem;
        Some(self.0.clone().map_or(Change::Over, Change::Begun))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_change_is_told_once() {
        let mut outage = Outage::default();
        let refused = || Some("refused".to_owned());
        assert_eq!(outage.note(None), None);
        assert_eq!(outage.note(refused()), refused().map(Change::Begun));
        assert_eq!(outage.note(refused()), None);
        assert_eq!(outage.note(None), Some(Change::Over));
        assert_eq!(outage.note(None), None);
    }
}
