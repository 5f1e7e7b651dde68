//! Reads a page of OpenMetrics back as points, for an exporter of another format.
//!
//! So whatever else exports metrics has the names, labels and values of the page. A page is read as it is
//! made, chunk by chunk. It is the runtime's own, so a line that cannot be read does not occur; it is left
//! out.

mod line;

use std::mem;

use self::line::Line;
use super::Chunks;
use super::text_format::unescape;

/// The end of the samples of an info, which other formats have in the name of the family.
const INFO: &str = "_info";

/// The type of a family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum PointKind {
    Counter,
    /// A gauge, an info, or a family of unknown type.
    #[default]
    Gauge,
    Histogram,
    Summary,
}

/// A family as the page describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Described {
    /// The name that its samples begin with, without `_total`; that of an info ends with `_info`.
    pub(crate) name: String,
    pub(crate) kind: PointKind,
    /// The unit at the end of its name; empty without one.
    pub(crate) unit: String,
    pub(crate) help: String,
}

/// A number as the page shows it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Int(i64),
    Float(f64),
}

/// One series of a family; of a histogram or a summary all its samples.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Point {
    /// Names and values, without `le` and `quantile`.
    pub(crate) labels: Vec<(String, String)>,
    /// The value of a counter or gauge.
    pub(crate) value: Option<Number>,
    /// Upper bounds and cumulative counts, or quantiles and their values.
    pub(crate) parts: Vec<(f64, f64)>,
    pub(crate) sum: Option<f64>,
    pub(crate) count: u64,
    pub(crate) exemplars: Vec<PointExemplar>,
}

/// An exemplar of a bucket.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PointExemplar {
    pub(crate) labels: Vec<(String, String)>,
    pub(crate) value: f64,
    /// In seconds since the Unix epoch.
    pub(crate) at: f64,
}

/// Reads a page. `each` gets every point with its family; points of a family follow one another.
pub(crate) fn read(page: Chunks, mut each: impl FnMut(&Described, Point)) {
    let mut reader = Reader::default();
    let mut rest: Vec<u8> = Vec::new();
    for chunk in page {
        rest.extend_from_slice(&chunk);
        let whole = rest
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let lines = rest[..whole].split(|byte| *byte == b'\n');
        for line in lines.filter_map(|line| str::from_utf8(line).ok()) {
            reader.line(line, &mut each);
        }
        rest.drain(..whole);
    }
    reader.end_point(&mut each);
}

#[derive(Default)]
struct Reader {
    family: Described,
    /// The point whose samples are being read.
    point: Option<Point>,
}

impl Reader {
    fn line(&mut self, line: &str, each: &mut impl FnMut(&Described, Point)) {
        let Some(described) = line.strip_prefix("# ") else {
            if let Some(line) = Line::parse(line) {
                self.sample(&line, each);
            }
            return;
        };
        let mut words = described.splitn(3, ' ');
        let (Some(what), Some(name), Some(text)) = (words.next(), words.next(), words.next())
        else {
            return;
        };
        if self.family.name != name {
            self.end_point(each);
            self.family = Described {
                name: name.to_owned(),
                ..Described::default()
            };
        }
        match what {
            "HELP" => self.family.help = unescape(text).into_owned(),
            "UNIT" => text.clone_into(&mut self.family.unit),
            "TYPE" => {
                self.family.kind = match text {
                    "counter" => PointKind::Counter,
                    "histogram" => PointKind::Histogram,
                    "summary" => PointKind::Summary,
                    _ => PointKind::Gauge,
                };
            }
            _ => {}
        }
    }

    fn sample(&mut self, line: &Line<'_>, each: &mut impl FnMut(&Described, Point)) {
        let Some(end) = line.name.strip_prefix(self.family.name.as_str()) else {
            return;
        };
        let (key, end) = match (self.family.kind, end) {
            (PointKind::Histogram, "_bucket") => ("le", end),
            (PointKind::Summary, "") => ("quantile", end),
            (PointKind::Histogram | PointKind::Summary, "_sum" | "_count") => ("", end),
            (PointKind::Counter | PointKind::Gauge, _) => {
                if end == INFO {
                    self.family.name.push_str(INFO);
                }
                let point = Point {
                    labels: line.labels(""),
                    value: line.number(),
                    exemplars: line.exemplar().into_iter().collect(),
                    ..Point::default()
                };
                return each(&self.family, point);
            }
            _ => return,
        };
        let labels = line.labels(key);
        if self
            .point
            .as_ref()
            .is_none_or(|point| point.labels != labels)
        {
            self.end_point(each);
        }
        let point = self.point.get_or_insert_with(|| Point {
            labels,
            ..Point::default()
        });
        let value = line.float();
        match end {
            "_sum" => point.sum = Some(value),
            "_count" => point.count = line.count(),
            _ => {
                let part = line.label(key).and_then(|text| text.parse().ok());
                point.parts.extend(part.map(|part| (part, value)));
                point.exemplars.extend(line.exemplar());
            }
        }
    }

    /// Passes on the point whose samples have been read.
    fn end_point(&mut self, each: &mut impl FnMut(&Described, Point)) {
        if let Some(point) = mem::take(&mut self.point) {
            each(&self.family, point);
        }
    }
}

#[cfg(test)]
mod tests;
