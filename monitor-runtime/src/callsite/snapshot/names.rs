//! Groups call sites by the name under which they are counted.

use std::collections::BTreeMap;

use super::Source;
use crate::callsite::Site;

/// The name of a series: a function's name with the values of its labels.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    pub(crate) module: &'static str,
    pub(crate) function: &'static str,
    /// The labels that the attribute declares.
    pub(crate) labels: Vec<(&'static str, &'static str)>,
}

impl Name {
    /// Returns the name of a function, whatever its labels.
    pub(crate) fn of_function(site: &'static Site) -> Self {
        Self {
            module: site.module(),
            function: site.function(),
            labels: Vec::new(),
        }
    }

    pub(crate) fn without_labels(&self) -> Self {
        Self {
            labels: Vec::new(),
            ..*self
        }
    }
}

/// Returns the sources of a site's series: the label sets it was called with, and those that are on
/// a page before that.
pub(crate) fn sources(site: &'static Site) -> impl Iterator<Item = Source> {
    let called = site
        .label_sets()
        .map(move |label_set| Source::new(site, label_set));
    let uncalled = site.sets().uncalled();
    called.chain(uncalled.map(move |label_set| Source::uncalled(site, label_set)))
}

/// Groups call sites, and the label sets they were called with, by name.
///
/// If a function's label sets are few and known by type, all of them are included from its first
/// call on.
///
/// Several sources have one name if functions share it, or if two label sets read the same: values
/// that a bounded label has no room for are `other`, and so are label sets beyond the process's
/// limit. A source with an objective comes first, because it stands for all of them.
pub(crate) fn by_name(sites: impl Iterator<Item = &'static Site>) -> BTreeMap<Name, Vec<Source>> {
    let mut all: BTreeMap<Name, Vec<Source>> = BTreeMap::new();
    for site in sites.filter(|site| site.is_counted()) {
        for source in sources(site) {
            let name = Name {
                module: site.module(),
                function: site.function(),
                labels: site.label_values(source.label_set).collect(),
            };
            all.entry(name).or_default().push(source);
        }
    }
    for sources in all.values_mut() {
        sources.sort_by_key(|source| source.site.objective.is_none());
    }
    all
}
