//! Chooses the format and coding of a page by `Accept` and `Accept-Encoding` (RFC 9110 §12.5).

use warp::http::HeaderMap;
use warp::http::header::{ACCEPT, ACCEPT_ENCODING, HeaderName};

use crate::metrics::Format;

/// A weight in thousandths, since a header has up to three digits: 0 is "not acceptable", 1000 the
/// default.
type Weight = u16;

/// Returns the format that the client prefers; text if it likes both as much, or neither.
///
/// A client that accepts neither gets text instead of status 406, because scrapers read text no
/// matter what they ask for.
pub(super) fn format(headers: &HeaderMap) -> Format {
    let accepted: Vec<Range<'_>> = items(headers, &ACCEPT).filter_map(Range::parse).collect();
    let open_metrics = liking(&accepted, "application/openmetrics-text", "1.0.0");
    let text = liking(&accepted, "text/plain", "0.0.4");
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
    weight: Weight,
}

impl<'h> Range<'h> {
    fn parse(item: &'h str) -> Option<Self> {
        let (media, parameters) = parts(item);
        let mut range = Self {
            media,
            version: None,
            weight: 1000,
        };
        for parameter in parameters {
            if let Some(weight) = weight(parameter) {
                range.weight = weight;
            } else if parameter.0.eq_ignore_ascii_case("version") {
                range.version = Some(parameter.1);
            }
        }
        media.contains('/').then_some(range)
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
mod tests {
    use super::*;

    fn headers(name: &HeaderName, values: &[&str]) -> HeaderMap {
        let value = |value: &&str| (name.clone(), value.parse().expect("a header"));
        values.iter().map(value).collect()
    }

    /// Headers that Prometheus was seen to send, with native histograms on and off.
    const PROMETHEUS: [(&str, &str); 6] = [
        (
            "2.42, native histograms",
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        ),
        (
            "2.42",
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        ),
        (
            "2.53, native histograms",
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.5,application/openmetrics-text;version=1.0.0;q=0.4,application/openmetrics-text;version=0.0.1;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
        ),
        (
            "2.53",
            "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        ),
        (
            "3.5",
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        ),
        (
            "3.5, native histograms",
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
        ),
    ];

    #[test]
    fn every_prometheus_gets_open_metrics() {
        for (who, accept) in PROMETHEUS {
            let format = format(&headers(&ACCEPT, &[accept]));
            assert_eq!(format, Format::OpenMetrics, "{who}");
        }
    }

    #[test]
    fn the_format_is_the_one_liked_best() {
        use Format::{OpenMetrics, Text};
        let open = "application/openmetrics-text";
        for (accept, expected) in [
            ("", Text),
            ("*/*", Text),
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                Text,
            ),
            ("application/*", OpenMetrics),
            (&format!("{open};q=0.5, text/plain"), Text),
            (&format!("{open}, text/plain;q=0.5"), OpenMetrics),
            (
                &format!("{open}; Q = 0.5 , text/plain;q=0.499"),
                OpenMetrics,
            ),
            (&format!("{open}, text/plain"), Text),
            (&format!("{open}, */*"), OpenMetrics),
            (&format!("{open};version=\"1.0.0\",*/*"), OpenMetrics),
            (&format!("{open};version=0.0.1,text/plain;q=0.1"), Text),
            (&format!("{open};version=0.0.1"), Text),
            (&format!("{open};q=0"), Text),
            (&format!("{open};q=0, */*"), Text),
            (&format!("*/*;q=0.1, {open};q=0.05"), Text),
            (
                &format!("{open};q=0.2, {open};version=1.0.0;q=0.9, text/plain;q=0.5"),
                OpenMetrics,
            ),
            ("application/vnd.google.protobuf", Text),
            ("APPLICATION/OpenMetrics-Text;VERSION=1.0.0", OpenMetrics),
            (&format!("{open};q=nonsense,text/plain;q=0.3"), OpenMetrics),
            (",,;;q=,/", Text),
        ] {
            assert_eq!(format(&headers(&ACCEPT, &[accept])), expected, "{accept}");
        }
        let two = headers(&ACCEPT, &["text/plain;q=0.1", open]);
        assert_eq!(format(&two), OpenMetrics);
    }

    #[test]
    fn gzip_is_sent_to_those_who_ask_for_it() {
        for (accepted, expected) in [
            ("gzip", true),
            ("GZip", true),
            ("x-gzip", true),
            ("deflate, gzip;q=1.0, *;q=0.5", true),
            ("br;q=1.0, gzip;q=0.001", true),
            ("gzip, identity", true),
            ("gzip;q=0.5, identity;q=0.5", true),
            ("gzip;q=0.5, identity", false),
            ("gzip;q=0.5, *;q=0.7", false),
            ("gzip;q=0", false),
            ("gzip;q=0.000, *", false),
            ("*", false),
            ("*, identity;q=0", true),
            ("*;q=0", false),
            ("br", false),
            ("", false),
        ] {
            let asked = gzip(&headers(&ACCEPT_ENCODING, &[accepted]));
            assert_eq!(asked, expected, "{accepted:?}");
        }
        assert!(!gzip(&HeaderMap::new()));
    }
}
