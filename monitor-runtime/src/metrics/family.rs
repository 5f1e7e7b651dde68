//! Metric families, and their form in the two text formats of the page.

/// A format of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text format 0.0.4.
    Text,
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// Messages `io.prometheus.client.MetricFamily`, each behind its length.
    Protobuf,
}

impl Format {
    /// Returns the media type, for `Content-Type`.
    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Self::Protobuf => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            }
        }
    }
}

/// The type of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Its name ends in `_total`.
    Counter,
    /// A counter of another exporter whose name does not end so. OpenMetrics has no counter of such
    /// a name.
    Unnamed,
    Gauge,
    Histogram,
    Summary,
    /// Its name ends in `_info`.
    Info,
}

impl Kind {
    fn as_str(self, format: Format) -> &'static str {
        match (self, format) {
            (Self::Unnamed, Format::OpenMetrics) => "unknown",
            (Self::Counter | Self::Unnamed, _) => "counter",
            (Self::Info, Format::OpenMetrics) => "info",
            (Self::Gauge | Self::Info, _) => "gauge",
            (Self::Histogram, _) => "histogram",
            (Self::Summary, _) => "summary",
        }
    }

    /// Returns the suffix that OpenMetrics removes from a sample's name to get the family's.
    fn suffix(self) -> &'static str {
        match self {
            Self::Counter => "_total",
            Self::Info => "_info",
            Self::Unnamed | Self::Gauge | Self::Histogram | Self::Summary => "",
        }
    }
}

/// A family of the page.
#[derive(Clone, Copy)]
pub(crate) struct Family<'a> {
    /// The name of its samples, or their common prefix; the same in all formats.
    pub(crate) name: &'a str,
    pub(super) kind: Kind,
    /// The unit at the end of its name, if there is one.
    pub(super) unit: Option<&'a str>,
    /// With backslash and newline escaped; may be empty.
    pub(super) help: &'a str,
}

impl<'a> Family<'a> {
    /// Creates a counter. `name` ends in `_total`, preceded by `unit`; `help` has no backslash or
    /// newline.
    pub(super) const fn counter(name: &'a str, unit: Option<&'a str>, help: &'a str) -> Self {
        Self {
            name,
            kind: Kind::Counter,
            unit,
            help,
        }
    }

    /// Creates a gauge. `name` ends in `unit`; `help` has no backslash or newline.
    pub(super) const fn gauge(name: &'a str, unit: Option<&'a str>, help: &'a str) -> Self {
        Self {
            name,
            kind: Kind::Gauge,
            unit,
            help,
        }
    }

    /// Returns `true` for a family of numbers that only grow.
    pub(crate) fn is_counter(&self) -> bool {
        self.kind == Kind::Counter
    }

    /// Returns the name in the lines that describe it.
    fn described(&self, format: Format) -> &'a str {
        match format {
            Format::Text | Format::Protobuf => self.name,
            Format::OpenMetrics => {
                let short = self.name.strip_suffix(self.kind.suffix());
                short.unwrap_or(self.name)
            }
        }
    }

    /// Writes the lines that describe it in a text format.
    pub(super) fn describe(&self, format: Format, out: &mut Vec<u8>) {
        let name = self.described(format);
        let mut say = |words: [&str; 4]| {
            for word in words {
                out.extend_from_slice(word.as_bytes());
            }
            out.push(b'\n');
        };
        if !self.help.is_empty() {
            match format {
                Format::OpenMetrics => say(["# HELP ", name, " ", &quotes_escaped(self.help)]),
                _ => say(["# HELP ", name, " ", self.help]),
            }
        }
        say(["# TYPE ", name, " ", self.kind.as_str(format)]);
        if let (Some(unit), Format::OpenMetrics) = (self.unit, format) {
            say(["# UNIT ", name, " ", unit]);
        }
    }

    /// Returns every name that no other family may have, or have samples of, in either format.
    pub(super) fn claims(&self) -> impl Iterator<Item = String> + use<'_, 'a> {
        let suffixes: &[&str] = match self.kind {
            Kind::Counter => &["", "_total", "_created"],
            Kind::Unnamed | Kind::Gauge => &[""],
            Kind::Histogram => &["", "_bucket", "_sum", "_count", "_created"],
            Kind::Summary => &["", "_sum", "_count", "_created"],
            Kind::Info => &["", "_info"],
        };
        let name = self.described(Format::OpenMetrics);
        suffixes.iter().map(move |suffix| format!("{name}{suffix}"))
    }
}

/// Escapes the quotes of a text, as OpenMetrics requires in HELP and text 0.0.4 does not.
fn quotes_escaped(help: &str) -> String {
    help.replace('"', r#"\""#)
}
