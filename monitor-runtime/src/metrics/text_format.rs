//! The parts of a line of a page: labels, their escapes, and numbers.

use std::borrow::Cow;

/// Formats `key="value"`, escaped.
pub(super) fn label(key: &str, value: &str) -> String {
    format!(r#"{key}="{}""#, escape(value))
}

/// Escapes backslash, quote and newline in a label's value.
pub(crate) fn escape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '\\' => out.push_str(r"\\"),
            '"' => out.push_str(r#"\""#),
            '\n' => out.push_str(r"\n"),
            other => out.push(other),
        }
    }
    out
}

/// Reverses [`escape`].
pub(super) fn unescape(value: &str) -> Cow<'_, str> {
    if !value.contains('\\') {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len());
    let mut rest = value.chars();
    while let Some(character) = rest.next() {
        match character {
            '\\' => out.push(match rest.next() {
                Some('n') => '\n',
                Some(other) => other,
                None => '\\',
            }),
            other => out.push(other),
        }
    }
    Cow::Owned(out)
}

/// Splits labels, without braces, into their keys and their escaped values; ends at a mistake.
pub(super) fn labels_of(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text.strip_prefix(',').unwrap_or(text);
    std::iter::from_fn(move || {
        let (label, after) = first_label(rest)?;
        rest = after;
        Some(label)
    })
}

/// Splits a text into the label that it begins with, as key and escaped value, and the rest behind
/// the comma.
pub(super) fn first_label(text: &str) -> Option<((&str, &str), &str)> {
    let (key, quoted) = text.split_once("=\"")?;
    let (value, after) = quoted.split_at(closing_quote(quoted)?);
    let rest = &after[1..];
    Some(((key, value), rest.strip_prefix(',').unwrap_or(rest)))
}

/// Returns the position of the quote that ends a label's value; `text` begins behind the opening
/// one.
fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}

/// Formats a bound or quantile as OpenMetrics and Prometheus 3 do: `1.0`, `0.0005`, `1e-06`.
///
/// They are label values: another spelling would be another series.
/// <https://prometheus.io/docs/specs/om/open_metrics_spec/#considerations-canonical-numbers>
pub(crate) fn canonical(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    // Like Go's `%g`: an exponent of two digits and its sign, below 1e-4 and from 1e6 on.
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if number != 0.0 && !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
        }
        _ => format!("{number:?}"),
    }
}

/// The capacity of a short text, in bytes.
const SHORT: usize = 32;

/// A text of at most 32 bytes. It is copied without a function call: as 32 bytes, of which the end
/// is cut off.
#[derive(Clone, Copy)]
pub(super) struct InlineStr {
    bytes: [u8; SHORT],
    length: usize,
}

impl InlineStr {
    /// Joins texts.
    ///
    /// # Panics
    ///
    /// If that is longer than 32 bytes; a number has at most 24.
    pub(super) const fn join<const N: usize>(texts: [&str; N]) -> Self {
        let (mut bytes, mut length, mut next) = ([0; SHORT], 0, 0);
        while next < N {
            let text = texts[next].as_bytes();
            let (_, rest) = bytes.split_at_mut(length);
            rest.split_at_mut(text.len()).0.copy_from_slice(text);
            length += text.len();
            next += 1;
        }
        Self { bytes, length }
    }

    #[inline]
    pub(super) fn push_to(&self, out: &mut Vec<u8>) {
        let end = out.len() + self.length;
        out.extend_from_slice(&self.bytes);
        out.truncate(end);
    }
}

#[inline]
pub(super) fn push(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

#[inline]
pub(super) fn push_number(out: &mut Vec<u8>, number: u64) {
    match u8::try_from(number) {
        // The common case for counts of errors and for calls in flight.
        Ok(digit @ 0..=9) => out.push(b'0' + digit),
        _ => push(out, itoa::Buffer::new().format(number)),
    }
}

/// Writes seconds to the nanosecond, in a tenth of the time that the shortest exact decimal takes.
pub(super) fn push_seconds(out: &mut Vec<u8>, seconds: f64) {
    const SECOND: u64 = 1_000_000_000;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive, and 2^64 nanoseconds are 584 years"
    )]
    let nanoseconds = (seconds * 1e9) as u64;
    push_number(out, nanoseconds / SECOND);
    let point = out.len();
    // The first digit keeps leading zeros; the decimal point replaces it.
    push_number(out, SECOND + nanoseconds % SECOND);
    out[point] = b'.';
}

/// Returns an index in the form that a page keeps.
pub(super) fn index(place: usize) -> u32 {
    u32::try_from(place).expect("fewer than 2^32 of them on a page")
}
