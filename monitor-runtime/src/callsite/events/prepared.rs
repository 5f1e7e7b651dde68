//! The line of a call that succeeds, as far as it is the same for all calls of a function.

use tracing::field::Field;
use tracing::{Level, Metadata};

use super::{EVENT_FIELDS, Events, SPAN_FIELDS};
use crate::base::outcome::Outcome;
use crate::callsite::Site;

/// The constant parts of a line, in the form of the log.
pub(crate) struct Prepared {
    /// All before the duration.
    pub(crate) head: Box<[u8]>,
    /// The names of the declared fields, each with its colon.
    pub(crate) names: Box<[Box<[u8]>]>,
    /// The names of the declared fields among the `spans`, if one is different there.
    pub(crate) names_in_span: Option<Box<[Box<[u8]>]>>,
    /// The target.
    pub(crate) target: Box<[u8]>,
    /// The end of the function's span among the `spans`.
    pub(crate) span: Box<[u8]>,
}

/// The answer of the subscriber to the line of a call that succeeds.
pub(crate) enum Wanted {
    Always(&'static Metadata<'static>),
    Never,
    /// It has to be asked about each line.
    Sometimes,
}

impl Events {
    /// Returns `Never` for a function without lines.
    pub(crate) fn ok_line(&self, site: &Site) -> Wanted {
        if !site.log {
            Wanted::Never
        } else if self.has_odd_names || self.finished.interest().is_sometimes() {
            Wanted::Sometimes
        } else if self.finished.enabled() {
            Wanted::Always(self.finished.metadata())
        } else {
            Wanted::Never
        }
    }

    /// Returns the constant parts of the line, which `prepare` makes of the values before the duration.
    pub(crate) fn prepared(
        &self,
        site: &'static Site,
        prepare: impl FnOnce(Level, [(&'static str, &str); 3]) -> Prepared,
    ) -> &Prepared {
        self.prepared.get_or_init(|| {
            let values = [self.messages.ok(), site.function(), Outcome::Ok.as_str()];
            let values = std::array::from_fn(|at| (EVENT_FIELDS[at], values[at]));
            prepare(site.level, values)
        })
    }

    /// Returns the fields of the line that the function declares.
    pub(crate) fn declared_fields(&self) -> impl Iterator<Item = Field> + use<> {
        let all = self.span.metadata().fields().iter();
        all.skip(SPAN_FIELDS.len())
    }
}
