//! What lines are made of: labels, their escapes, and numbers.

/// `key="value"`, escaped.
pub(super) fn label(key: &str, value: &str) -> String {
    format!(r#"{key}="{}""#, escape(value))
}

/// A label value with backslash, quote and newline escaped.
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

/// A bound or quantile as OpenMetrics and Prometheus 3 write it: `1.0`, `0.0005`, `1e-06`.
///
/// They are label values: another spelling would be another series.
/// <https://prometheus.io/docs/specs/om/open_metrics_spec/#considerations-canonical-numbers>
pub(crate) fn canonical(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    // As Go's `%g`: an exponent of two digits and its sign, below 1e-4 and from 1e6 on.
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

#[inline]
pub(super) fn push(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

#[inline]
pub(super) fn push_number(out: &mut Vec<u8>, number: u64) {
    push(out, itoa::Buffer::new().format(number));
}

/// Seconds to the nanosecond, which takes a tenth of what the shortest exact decimal does.
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
    // Its first digit holds the place of the point.
    push_number(out, SECOND + nanoseconds % SECOND);
    out[point] = b'.';
}
