//! Families that another exporter rendered, repaired so that they can share a page with the
//! runtime's own, in every format.
//!
//! The exporter of the `metrics` facade writes text 0.0.4 and lets through faults for which a
//! scraper refuses a whole page: a family twice, samples of one family in another, a label twice,
//! no name at all. If two families want one name, the runtime's keeps it; between two others, the
//! one whose name sorts first does.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::family::{Family, Format, Kind};
use super::foreign_names::FAMILIES;
use super::foreign_names::{Names, Placed};
use super::sample::Sample;
use super::{BUILD_INFO, CALLS, CONCURRENT, DURATION};
use crate::base::unwind::quietly;

/// A rendered page, and the families found in it.
#[derive(Default)]
pub(super) struct ForeignFamilies {
    text: String,
    /// By name.
    blocks: Vec<Block>,
    /// Families with the name and type of a runtime family, whose samples become part of it.
    joined: Vec<Block>,
}

/// A family, as ranges of the text.
#[derive(Clone)]
struct Block {
    name: Range<usize>,
    help: Range<usize>,
    kind: Kind,
    samples: Range<usize>,
}

impl ForeignFamilies {
    /// Parses a page of text format 0.0.4, to stand beside `ours` and the families that are always
    /// there.
    pub(super) fn new<'f>(text: String, ours: impl Iterator<Item = &'f Family<'f>>) -> Self {
        let mut blocks = blocks(&text);
        // The order of the page changes from scrape to scrape. Sorted, the same family always keeps
        // a name.
        blocks.sort_by(|a, b| text[a.name.clone()].cmp(&text[b.name.clone()]));
        let mut joined = Vec::new();
        let always = [&BUILD_INFO, &CALLS, &DURATION, &CONCURRENT];
        let mut names = Names::new(always.into_iter().chain(ours));
        for family in FAMILIES {
            names.take(family);
        }
        blocks.retain_mut(|block| {
            let family = block.family(&text);
            match names.place(&family) {
                Placed::As(kind) => {
                    block.kind = kind;
                    return true;
                }
                Placed::InOurs => joined.push(block.clone()),
                Placed::Nowhere(reason) => tell(family.name, &reason),
            }
            false
        });
        Self {
            text,
            blocks,
            joined,
        }
    }

    /// Passes on the service's samples that belong to a runtime family, to stand behind the runtime's
    /// own. A sample with the labels of one of those is left out.
    pub(super) fn join(
        &self,
        ours: &Family<'_>,
        is_ours: impl Fn(&Sample<'_>) -> bool,
        mut take: impl FnMut(&Family<'_>, &Sample<'_>),
    ) {
        let its = |block: &&Block| self.text[block.name.clone()] == *ours.name;
        for block in self.joined.iter().filter(its) {
            let family = block.family(&self.text);
            for line in self.text[block.samples.clone()].split_terminator('\n') {
                match Sample::parse(line).map(|sample| sample.within(&family)) {
                    Ok(sample) if is_ours(&sample) => {
                        tell(ours.name, "the runtime has a series with these labels");
                    }
                    Ok(sample) if ours.kind == Kind::Info && (sample.value - 1.0).abs() > 0.0 => {
                        tell(ours.name, "a sample of an info is always 1");
                    }
                    Ok(sample) if sample.is_of(&family) => take(&family, &sample),
                    Ok(_) => tell(ours.name, STRAY),
                    Err(reason) => tell(ours.name, reason),
                }
            }
        }
    }

    /// Writes the next line, if it is to be written; returns `false` at the end of the page.
    pub(super) fn next(&self, place: &mut Place, format: Format, out: &mut Vec<u8>) -> bool {
        match self.piece(place) {
            None => return false,
            Some(Piece::Begin(family)) => family.describe(format, out),
            Some(Piece::Sample(family, sample)) => {
                if format == Format::Text || place.admits(&sample, &family) {
                    sample.write(out);
                }
            }
            Some(Piece::Nothing | Piece::End(_)) => {}
        }
        true
    }

    /// Returns what stands at a place, and moves on; `None` at the end of the page.
    pub(super) fn piece(&self, place: &mut Place) -> Option<Piece<'_>> {
        let block = self.blocks.get(place.block)?;
        let family = block.family(&self.text);
        let Some(at) = place.at else {
            place.at = Some(block.samples.start);
            return Some(Piece::Begin(family));
        };
        let rest = &self.text[at..block.samples.end];
        let Some((line, _)) = rest.split_once('\n') else {
            *place = Place {
                block: place.block + 1,
                ..Place::default()
            };
            return Some(Piece::End(family));
        };
        place.at = Some(at + line.len() + 1);
        match Sample::parse(line).map(|sample| sample.within(&family)) {
            Ok(sample) if sample.is_of(&family) => return Some(Piece::Sample(family, sample)),
            Ok(_) => tell(family.name, STRAY),
            Err(reason) => tell(family.name, reason),
        }
        Some(Piece::Nothing)
    }
}

/// A part of the rendered page.
pub(super) enum Piece<'t> {
    Begin(Family<'t>),
    Sample(Family<'t>, Sample<'t>),
    /// A line that is left out.
    Nothing,
    End(Family<'t>),
}

/// The reason to leave out a sample of another name.
const STRAY: &str = "a sample below the name is not one of its type";

/// Warns once for each name that some of its series are not on the page, with the reason.
fn tell(name: &str, reason: &str) {
    /// Names that get a line in the log, at most.
    const MAX_WARNINGS: usize = 1000;
    static TOLD: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
    if told.len() == MAX_WARNINGS || !told.insert(name.to_owned()) {
        return;
    }
    drop(told);
    quietly(|| {
        tracing::warn!(
            family = name,
            reason,
            "series of this name are left out of /metrics"
        );
    });
}

/// The position of a reader of the page.
#[derive(Default)]
pub(super) struct Place {
    block: usize,
    /// `None` before the family has been described.
    at: Option<usize>,
    /// `true` if the last sum was left out.
    no_sum: bool,
}

impl Place {
    /// Returns `true` if OpenMetrics allows the sample.
    ///
    /// It forbids a quantile below zero. It also forbids a sum that is negative or not a number,
    /// because such a sum may fall; the count that stands behind it is then left out as well.
    fn admits(&mut self, sample: &Sample<'_>, family: &Family<'_>) -> bool {
        match (family.kind, sample.end(family)) {
            (Kind::Summary, Some("")) => sample.value.is_nan() || sample.value >= 0.0,
            (Kind::Summary | Kind::Histogram, Some("_sum")) => {
                self.no_sum = sample.value.is_nan() || sample.value < 0.0;
                !self.no_sum
            }
            (Kind::Summary | Kind::Histogram, Some("_count")) => !self.no_sum,
            _ => true,
        }
    }
}

impl Block {
    fn family<'t>(&self, text: &'t str) -> Family<'t> {
        Family {
            name: &text[self.name.clone()],
            kind: self.kind,
            unit: None,
            help: &text[self.help.clone()],
        }
    }
}

/// Finds the families of a text, in its order.
fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut help = 0..0;
    let mut start = 0;
    // Not `lines`, which treats a carriage return as part of the line's end.
    for line in text.split_inclusive('\n') {
        let end = start + line.len();
        let words = |prefix: &str| {
            let rest = line.strip_suffix('\n')?.strip_prefix(prefix)?;
            let (name, words) = rest.split_once(' ')?;
            let first = start + prefix.len();
            let name = first..first + name.len();
            Some((name.clone(), name.end + 1..name.end + 1 + words.len()))
        };
        if let Some((_, words)) = words("# HELP ") {
            help = words;
        } else if let Some((name, kind)) = words("# TYPE ") {
            let kind = match &text[kind] {
                "counter" if text[name.clone()].ends_with("_total") => Kind::Counter,
                "gauge" => Kind::Gauge,
                "histogram" => Kind::Histogram,
                "summary" => Kind::Summary,
                _ => Kind::Unnamed,
            };
            blocks.push(Block {
                name,
                help: std::mem::take(&mut help),
                kind,
                samples: end..end,
            });
        } else if let Some(block) = blocks.last_mut().filter(|_| line != "\n") {
            block.samples.end = end;
        }
        start = end;
    }
    blocks
}
