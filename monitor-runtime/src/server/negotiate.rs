//! Chooses the format and coding of a page by `Accept` and `Accept-Encoding` (RFC 9110 §12.5).

use warp::http::HeaderMap;
use warp::http::header::{ACCEPT, ACCEPT_ENCODING, HeaderName};

use crate::metrics::Format;

/// A weight in thousandths, since a header has up to three digits: 0 is "not acceptable", 1000 the
/// default.
type Weight = u16;

/// The one encoding of protobuf that the page has.
const DELIMITED: (&str, &str) = ("io.prometheus.client.MetricFamily", "delimited");

/// Returns the format that the client prefers; text if it likes all as much, or none.
///
/// A client that accepts none gets text instead of status 406, because scrapers read text no
/// matter what they ask for.
pub(super) fn format(headers: &HeaderMap) -> Format {
    let accepted: Vec<Range<'_>> = items(headers, &ACCEPT).filter_map(Range::parse).collect();
    let open_metrics = liking(&accepted, "application/openmetrics-text", "1.0.0");
    let text = liking(&accepted, "text/plain", "0.0.4");
    let asks = accepted.iter().filter(|range| range.is_delimited());
    let protobuf = asks.map(|range| (range.weight, 2)).max();
    if protobuf.is_some_and(|it| it.0 > 0 && it > open_metrics && it > text) {
        return Format::Protobuf;
    }
    // A named type wins over a match by wildcard: `*/*` alone is sent by browsers and curl.
    if open_metrics.0 > 0 && open_metrics > text {
        Format::OpenMetrics
    } else {
        Format::Text
    }
}

/// Returns `true` if the client prefers plain text to JSON, as a terminal does that asks for it.
pub(super) fn prefers_text(headers: &HeaderMap) -> bool {
    let accepted: Vec<Range<'_>> = items(headers, &ACCEPT).filter_map(Range::parse).collect();
    let text = liking(&accepted, "text/plain", "");
    text.0 > 0 && text > liking(&accepted, "application/json", "")
}

/// Returns `true` if the client prefers an answer compressed by gzip.
pub(super) fn gzip(headers: &HeaderMap) -> bool {
    let weight_of = |names: &[&str]| {
        let mut found = items(headers, &ACCEPT_ENCODING).filter_map(|item| {
            let (coding, mut parameters) = parts(item);
            let named = names.iter().any(|name| name.eq_ignore_ascii_case(coding));
            named
                .then(|| parameters.find_map(weight))
                .map(|weight| weight.unwrap_or(1000))
        });
        found.next()
    };
    let any = weight_of(&["*"]);
    let (gzip, plain) = (weight_of(&["gzip", "x-gzip"]), weight_of(&["identity"]));
    let plain = plain.or(any).unwrap_or(0);
    match gzip {
        Some(weight) => weight > 0 && weight >= plain,
        None => any.unwrap_or(0) > plain,
    }
}

/// Returns the items of a list, which may stand in several headers.
fn items<'h>(headers: &'h HeaderMap, name: &'h HeaderName) -> impl Iterator<Item = &'h str> {
    let values = headers.get_all(name).iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
}

/// Splits an item into its name and parameters. A quoted comma or semicolon is not supported; the
/// parameters that matter here never contain one.
fn parts(item: &str) -> (&str, impl Iterator<Item = (&str, &str)>) {
    let mut parts = item.split(';').map(str::trim);
    let first = parts.next().unwrap_or_default();
    let parameters = parts.filter_map(|part| part.split_once('='));
    (
        first,
        parameters.map(|(key, value)| (key.trim(), value.trim().trim_matches('"'))),
    )
}

/// Returns the weight if this parameter is one; a malformed weight is ignored.
fn weight((key, value): (&str, &str)) -> Option<Weight> {
    if !key.eq_ignore_ascii_case("q") {
        return None;
    }
    let weight: f32 = value
        .parse()
        .ok()
        .filter(|weight| (0.0..=1.0).contains(weight))?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "0 to 1000"
    )]
    Some((weight * 1000.0).round() as Weight)
}

/// A media range: the types it covers, and its weight.
struct Range<'h> {
    media: &'h str,
    version: Option<&'h str>,
    proto: Option<&'h str>,
    encoding: Option<&'h str>,
    weight: Weight,
}

impl<'h> Range<'h> {
    fn parse(item: &'h str) -> Option<Self> {
        let (media, parameters) = parts(item);
        let mut range = Self {
            media,
            version: None,
            proto: None,
            encoding: None,
            weight: 1000,
        };
        for parameter in parameters {
            let (key, value) = parameter;
            if let Some(weight) = weight(parameter) {
                range.weight = weight;
            } else if key.eq_ignore_ascii_case("version") {
                range.version = Some(value);
            } else if key.eq_ignore_ascii_case("proto") {
                range.proto = Some(value);
            } else if key.eq_ignore_ascii_case("encoding") {
                range.encoding = Some(value);
            }
        }
        media.contains('/').then_some(range)
    }

    /// Returns `true` if it names the page's protobuf. Old clients also ask for the encodings `text`
    /// and `compact-text`.
    fn is_delimited(&self) -> bool {
        let (proto, encoding) = DELIMITED;
        self.media
            .eq_ignore_ascii_case("application/vnd.google.protobuf")
            && self.proto == Some(proto)
            && self
                .encoding
                .is_some_and(|it| it.eq_ignore_ascii_case(encoding))
    }

    /// Returns how closely the range describes a type: 3 with the version, 0 for `*/*`. `None` if
    /// it does not cover the type.
    fn closeness(&self, media: &str, version: &str) -> Option<u8> {
        let kind = media.split('/').next().unwrap_or_default();
        match self.version {
            Some(other) if other != version => None,
            _ if self.media.eq_ignore_ascii_case(media) => {
                Some(2 + u8::from(self.version.is_some()))
            }
            _ if self.media == "*/*" => Some(0),
            _ => {
                let any = self.media.strip_suffix("/*")?;
                any.eq_ignore_ascii_case(kind).then_some(1)
            }
        }
    }
}

/// Returns the weight of a type by the range that describes it most closely, and the closeness of
/// that range.
fn liking(accepted: &[Range<'_>], media: &str, version: &str) -> (Weight, u8) {
    let found = accepted
        .iter()
        .filter_map(|range| Some((range.closeness(media, version)?, range.weight)));
    found
        .max()
        .map_or((0, 0), |(closeness, weight)| (weight, closeness))
}

#[cfg(test)]
mod tests;
