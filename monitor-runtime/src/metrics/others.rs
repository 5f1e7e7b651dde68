//! Families that somebody else rendered, made fit to stand beside ours in either format.
//!
//! The exporter of the `metrics` facade writes text 0.0.4 and lets through what a scraper refuses a
//! whole page for: a family twice, samples of one family in another, a label twice, no name at all.
//! Where two families want a name, ours keeps it, and else the one whose name sorts first.

use std::collections::BTreeSet;
use std::ops::Range;

use super::FAMILIES;
use super::family::{Family, Format, Kind};
use super::line::{canonical, push};

/// What was rendered, and the families found in it.
#[derive(Default)]
pub(super) struct Others {
    text: String,
    /// By name.
    blocks: Vec<Block>,
}

/// A family, as stretches of the text.
struct Block {
    name: Range<usize>,
    help: Range<usize>,
    kind: Kind,
    samples: Range<usize>,
}

impl Others {
    /// Takes a page of text format 0.0.4, to stand beside `ours` and those that are always there.
    pub(super) fn new<'f>(text: String, ours: impl Iterator<Item = &'f Family<'f>>) -> Self {
        let mut blocks = blocks(&text);
        // The order they came in changes from page to page, and with it who would keep a name.
        blocks.sort_by(|a, b| text[a.name.clone()].cmp(&text[b.name.clone()]));
        let mut claimed: BTreeSet<String> = FAMILIES
            .into_iter()
            .chain(ours)
            .flat_map(Family::claims)
            .collect();
        let mut free = |block: &mut Block| {
            let mut claim = |family: Family<'_>| {
                let names: Vec<String> = family.claims().collect();
                let free = !names.iter().any(|name| claimed.contains(name));
                if free {
                    claimed.extend(names);
                }
                free
            };
            let family = block.family(&text);
            let unnamed = Family {
                kind: Kind::Unnamed,
                ..family
            };
            if !is_name(family.name) {
                return false;
            }
            // `x_total` beside `x`: to OpenMetrics both are a family `x`, unless it is no counter.
            let fits = claim(family);
            if !fits && family.kind == Kind::Counter && claim(unnamed) {
                block.kind = Kind::Unnamed;
                return true;
            }
            fits
        };
        blocks.retain_mut(|block| free(block));
        Self { text, blocks }
    }

    /// Writes the next line or so; false when there is no more.
    pub(super) fn next(&self, place: &mut Place, format: Format, out: &mut Vec<u8>) -> bool {
        let Some(block) = self.blocks.get(place.block) else {
            return false;
        };
        let family = block.family(&self.text);
        let Some(at) = place.at else {
            family.describe(format, out);
            place.at = Some(block.samples.start);
            return true;
        };
        let rest = &self.text[at..block.samples.end];
        let Some((line, _)) = rest.split_once('\n') else {
            *place = Place {
                block: place.block + 1,
                ..Place::default()
            };
            return true;
        };
        place.at = Some(at + line.len() + 1);
        if let Some(sample) = Sample::parse(line)
            && sample.is_of(&family)
            && (format == Format::Text || place.admits(&sample, &family))
        {
            sample.write(out);
        }
        true
    }
}

/// How far one has read.
#[derive(Default)]
pub(super) struct Place {
    block: usize,
    /// `None` before the family has been described.
    at: Option<usize>,
    /// Whether the last sum was left out.
    no_sum: bool,
}

impl Place {
    /// Whether OpenMetrics has room for a sample. A sum that is negative or no number may fall, so
    /// it has none there, and the count that stands behind it goes with it; nor for a quantile
    /// below zero.
    fn admits(&mut self, sample: &Sample<'_>, family: &Family<'_>) -> bool {
        match (family.kind, sample.name.strip_prefix(family.name)) {
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

/// The families of a text, in its order.
fn blocks(text: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut help = 0..0;
    let mut start = 0;
    // Not `lines`: it takes a carriage return for part of the line's end.
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

/// Whether a family may be called so.
fn is_name(name: &str) -> bool {
    is_key(&name.replace(':', "_"))
}

/// Whether a label may be called so.
fn is_key(key: &str) -> bool {
    !key.starts_with(|first: char| first.is_ascii_digit())
        && !key.is_empty()
        && key
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A line that says the value of a series.
struct Sample<'t> {
    name: &'t str,
    /// Values as they were, escaped.
    labels: Vec<(&'t str, &'t str)>,
    value: f64,
    /// As it was written.
    written: &'t str,
}

impl<'t> Sample<'t> {
    /// `None` for a line that a scraper would refuse.
    fn parse(line: &'t str) -> Option<Self> {
        let (name, mut rest) = line.split_at(line.find(['{', ' '])?);
        let mut labels: Vec<(&str, &str)> = Vec::new();
        if let Some(inner) = rest.strip_prefix('{') {
            rest = inner;
            while !rest.starts_with('}') {
                let (key, quoted) = rest.split_once("=\"")?;
                let (value, after) = quoted.split_at(closing_quote(quoted)?);
                if !is_key(key) || labels.iter().any(|(other, _)| *other == key) {
                    return None;
                }
                labels.push((key, value));
                rest = &after[1..];
                rest = rest.strip_prefix(',').unwrap_or(rest);
            }
            rest = &rest[1..];
        }
        let written = rest.strip_prefix(' ')?;
        Some(Self {
            name,
            labels,
            value: written.parse().ok()?,
            written,
        })
    }

    /// Whether such a sample belongs into the family.
    fn is_of(&self, family: &Family<'_>) -> bool {
        let has = |key: &str| self.labels.iter().any(|(other, _)| *other == key);
        match (family.kind, self.name.strip_prefix(family.name)) {
            (Kind::Histogram, Some("_bucket")) => has("le"),
            (Kind::Histogram, Some("_sum" | "_count")) => !has("le"),
            (Kind::Summary, Some("")) => has("quantile"),
            (Kind::Summary, Some("_sum" | "_count")) => !has("quantile"),
            (Kind::Counter | Kind::Unnamed | Kind::Gauge | Kind::Info, Some("")) => true,
            _ => false,
        }
    }

    /// Writes it, with bounds and quantiles spelled as ours are.
    fn write(&self, out: &mut Vec<u8>) {
        push(out, self.name);
        for (place, (key, value)) in self.labels.iter().enumerate() {
            push(out, if place == 0 { "{" } else { "," });
            push(out, key);
            push(out, "=\"");
            match value.parse() {
                Ok(number) if ["le", "quantile"].contains(key) => push(out, &canonical(number)),
                _ => push(out, value),
            }
            push(out, "\"");
        }
        push(out, if self.labels.is_empty() { " " } else { "} " });
        push(out, self.written);
        out.push(b'\n');
    }
}

/// Where a label's value ends, behind its opening quote.
fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}
