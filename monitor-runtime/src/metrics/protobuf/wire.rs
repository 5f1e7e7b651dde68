//! Fields of protobuf messages, see <https://protobuf.dev/programming-guides/encoding/>.
//!
//! Written directly into the page instead of by `prost`: its messages own each label's name and
//! value, so a page would allocate a hundred texts for each function.

const VARINT: u32 = 0;
const FIXED_64: u32 = 1;
const LENGTH_DELIMITED: u32 = 2;

fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

fn key(out: &mut Vec<u8>, field: u32, kind: u32) {
    varint(out, (field << 3 | kind).into());
}

/// Writes a field of the type `uint32`, `uint64`, `int64` (not negative) or of an enumeration.
pub(super) fn unsigned(out: &mut Vec<u8>, field: u32, value: u64) {
    key(out, field, VARINT);
    varint(out, value);
}

/// Writes a field of the type `sint32` or `sint64`.
pub(super) fn signed(out: &mut Vec<u8>, field: u32, value: i64) {
    unsigned(out, field, (value << 1 ^ value >> 63).cast_unsigned());
}

pub(super) fn double(out: &mut Vec<u8>, field: u32, value: f64) {
    key(out, field, FIXED_64);
    out.extend_from_slice(&value.to_le_bytes());
}

pub(super) fn text(out: &mut Vec<u8>, field: u32, value: &str) {
    key(out, field, LENGTH_DELIMITED);
    varint(out, value.len() as u64);
    out.extend_from_slice(value.as_bytes());
}

/// Writes a field that is a message.
#[inline]
pub(super) fn message(out: &mut Vec<u8>, field: u32, write: impl FnOnce(&mut Vec<u8>)) {
    key(out, field, LENGTH_DELIMITED);
    // Most messages are shorter than 128 bytes, so that one byte has their length.
    out.push(0);
    let start = out.len();
    write(out);
    if let Ok(length @ ..0x80) = u8::try_from(out.len() - start) {
        out[start - 1] = length;
    } else {
        delimit(out, start);
        out.copy_within(start.., start - 1);
        out.pop();
    }
}

/// Puts the length of what was written since `start` before it.
pub(super) fn delimit(out: &mut Vec<u8>, start: usize) {
    let end = out.len();
    varint(out, (end - start) as u64);
    let length = out.len() - end;
    out[start..].rotate_right(length);
}

/// Splits messages that each have their length before them; `None` if the last one is cut off.
#[cfg(any(test, feature = "fuzzing"))]
pub(in crate::metrics) fn split(mut rest: &[u8]) -> Option<Vec<&[u8]>> {
    let mut messages = Vec::new();
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte < 0x80)?;
        let (length, after) = rest.split_at(end + 1);
        let digits = length.iter().rev();
        let length = digits.fold(0, |sum, byte| sum << 7 | usize::from(byte & 0x7f));
        let (message, after) = after.split_at_checked(length)?;
        messages.push(message);
        rest = after;
    }
    Some(messages)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out);
        out
    }

    #[test]
    fn numbers_are_as_the_encoding_says() {
        for (value, expected) in [
            (0, &[8, 0][..]),
            (1, &[8, 1]),
            (127, &[8, 127]),
            (128, &[8, 128, 1]),
            (150, &[8, 0x96, 1]),
            (
                u64::MAX,
                &[8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1],
            ),
        ] {
            assert_eq!(written(|out| unsigned(out, 1, value)), expected, "{value}");
        }
        for (value, expected) in [(0, 0), (-1, 1), (1, 2), (-2, 3), (63, 126)] {
            assert_eq!(written(|out| signed(out, 1, value)), [8, expected]);
        }
        let least = written(|out| signed(out, 1, i64::MIN));
        assert_eq!(least, written(|out| unsigned(out, 1, u64::MAX)));
        assert_eq!(
            written(|out| double(out, 2, 1.0)),
            [17, 0, 0, 0, 0, 0, 0, 240, 63]
        );
        assert_eq!(
            written(|out| text(out, 16, "ab")),
            [130, 1, 2, b'a', b'b'],
            "a key of two bytes"
        );
    }

    #[test]
    fn delimited_messages_are_split_where_they_end() {
        let mut page = Vec::new();
        let contents = [vec![1; 5], vec![], vec![2; 20_000]];
        for content in &contents {
            let start = page.len();
            page.extend_from_slice(content);
            delimit(&mut page, start);
        }
        assert_eq!(
            split(&page),
            Some(contents.iter().map(|it| &**it).collect())
        );
        assert_eq!(split(&page[..page.len() - 1]), None);
    }

    #[test]
    fn a_message_has_its_length_before_it() {
        for length in [0, 1, 127, 128, 300, 20_000] {
            let content = vec![7; length];
            let message = written(|out| message(out, 3, |out| out.extend_from_slice(&content)));
            let expected = written(|out| {
                out.push(3 << 3 | 2);
                varint(out, length as u64);
                out.extend_from_slice(&content);
            });
            assert_eq!(message, expected, "{length}");
        }
    }
}
