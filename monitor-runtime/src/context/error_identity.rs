//! Recognizes an error that comes out of a further function as the same one.
//!
//! An error that is passed on through further functions is one failure. Another error that a
//! function returns after it has handled the first is a second failure. Only the errors themselves
//! tell the two apart, so they are compared by text and type. Time does not count: a future that
//! waits in between changes nothing. In doubt there is one event too many, linked by its trace id.

use crate::base::verdict::{ErrorView, Link, text};

/// The features an error is known by.
pub(super) struct Known {
    /// `true` if it is part of its function's work, and not of an earlier failure: no line and no
    /// event reports it.
    pub(super) expected: bool,
    /// `true` if Sentry has an event of it, or would have one without the throttle.
    pub(super) sent: bool,
    /// `true` if the line of a function reports it, or none is to.
    pub(super) logged: bool,
    /// The name at the beginning of its `Debug` text, which is all that is known of a source's
    /// type.
    shown_type: Option<String>,
    /// Its `Debug` text, if that contains more than a name.
    debug: Option<String>,
    /// The error and its sources, outermost first.
    chain: Vec<Link>,
}

/// Bytes of a text that are compared.
const COMPARED: usize = 512;
/// The length from which a text is searched inside other texts without punctuation around it.
const TELLING: usize = 16;

fn cut(text: &str) -> &str {
    let mut ends = (0..=COMPARED.min(text.len())).rev();
    let end = ends.find(|at| text.is_char_boundary(*at));
    &text[..end.unwrap_or_default()]
}

/// Returns `true` if a text is part of another one as a whole: `disk full` in `cannot save: disk
/// full`.
fn mentions(whole: &str, part: &str) -> bool {
    let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let telling = part.len() >= TELLING && part.contains(char::is_whitespace);
    let stands_at = |at: usize| {
        let (before, after) = (&whole[..at], &whole[at + part.len()..]);
        let is_cut = is_word(before.chars().next_back()) || is_word(after.chars().next());
        let is_apart = !is_word(before.trim_end().chars().next_back())
            && !is_word(after.trim_start().chars().next());
        !is_cut && (telling || is_apart)
    };
    let mut places = whole.match_indices(part).map(|(at, _)| at);
    whole == part || part.len() > 3 && places.any(stands_at)
}

/// Returns `true` if a `Debug` text is more than a name: many errors print `Timeout`, but
/// `Timeout(3)` is specific.
fn holds_more(debug: &str) -> bool {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    !debug.chars().all(is_name)
}

impl Known {
    pub(super) fn new(view: &ErrorView<'_>, chain: &[Link]) -> Self {
        let debug = view.error().map(|error| text(format_args!("{error:?}")));
        let debug = debug.filter(|debug| holds_more(debug));
        let links = chain.iter().map(|link| Link {
            type_name: link.type_name.clone(),
            text: cut(&link.text).to_owned(),
        });
        Self {
            expected: view.expected,
            sent: false,
            logged: false,
            shown_type: view.shown_type(),
            debug: debug.map(|debug| cut(&debug).to_owned()),
            chain: links.collect(),
        }
    }

    /// Notes how it was reported.
    pub(super) fn told(self, expected: bool, sent: bool, logged: bool) -> Self {
        Self {
            expected,
            sent,
            logged,
            ..self
        }
    }

    fn text(&self) -> &str {
        self.chain.first().map_or("", |link| &link.text)
    }

    /// Returns `true` if the other error was made from this one and continues it.
    pub(super) fn goes_on_as(&self, view: &ErrorView<'_>, next: &Self) -> bool {
        self.is_link_of(view, next)
            || next.is_source_of(self)
            || next.chain.iter().any(|link| self.stands_in(&link.text))
            || next.debug.iter().any(|debug| self.stands_in(debug))
    }

    /// Returns `true` if this error is a link of the other one's chain.
    ///
    /// A transparent wrapper has the text of its content but another type; its `Debug` text reveals
    /// the content.
    fn is_link_of(&self, view: &ErrorView<'_>, next: &Self) -> bool {
        let mut same_text = next.chain.iter().filter(|link| link.text == self.text());
        same_text.any(|link| match &self.shown_type {
            None => true,
            Some(shown_type) => self.is_of_type(link) || view.may_hold(shown_type),
        })
    }

    /// Returns `true` if this error is a source of another one, which was taken out of it.
    fn is_source_of(&self, whole: &Self) -> bool {
        let mut sources = whole.chain.iter().skip(1);
        sources.any(|link| {
            link.text == self.text() && (self.shown_type.is_none() || self.is_of_type(link))
        })
    }

    fn is_of_type(&self, link: &Link) -> bool {
        let own = self.chain.first().map(|own| &own.type_name);
        [own, self.shown_type.as_ref()].contains(&Some(&link.type_name))
    }

    /// Returns `true` if a longer text contains this error.
    fn stands_in(&self, told: &str) -> bool {
        let by_text = told.len() > self.text().len() && mentions(told, self.text());
        by_text || self.debug.iter().any(|debug| mentions(told, debug))
    }

    /// Returns `true` if a line of the log reports this error in one of its texts.
    pub(super) fn is_told_by(&self, line: &str) -> bool {
        let by_name = self.debug.is_none() && self.shown_type.as_deref() == Some(line);
        !self.text().is_empty() && line == self.text() || by_name || self.stands_in(line)
    }

    /// Returns `true` if a chain has no other sources than this error.
    pub(super) fn has_sources(&self, chain: &[Link]) -> bool {
        let sources = self.chain.iter().zip(chain).skip(1);
        sources
            .into_iter()
            .all(|(own, other)| own.text == cut(&other.text))
    }
}

#[cfg(test)]
mod tests {
    use super::mentions;

    #[test]
    fn a_text_is_found_where_it_stands_whole() {
        let found = [
            ("disk full", "disk full"),
            ("cannot save: disk full", "disk full"),
            ("Db(NotFound(7))", "NotFound(7)"),
            ("cannot load because no row with key 7", "no row with key 7"),
            ("\"é\"", "é"),
            ("Save { source: \"disk full\" }", "disk full"),
        ];
        for (whole, part) in &found[..4] {
            assert!(mentions(whole, part), "{part} in {whole}");
        }
        assert!(mentions(found[5].0, found[5].1));
        let absent = [
            ("no row with key 70", "no row with key 7"),
            ("the store timed out", "timed out"),
            ("Timeouts(7)", "Timeout"),
            (found[4].0, found[4].1),
            ("anything", ""),
            ("", "anything"),
        ];
        for (whole, part) in absent {
            assert!(!mentions(whole, part), "{part} in {whole}");
        }
    }
}
